"""What `doctor` finds: one row for each thing it has looked at. Data, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from rsachat.errors import Interrupted, RsachatError


class State(Enum):
    """How a thing stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """`what` was looked at, `found` says how it is, `todo` what to do ("" where nothing is)."""

    what: str
    about: str
    state: State
    found: str
    todo: str = ""

    @property
    def lines(self) -> list[str]:
        """`ok    port 127.0.0.1:8000: free`, and what to do on a line of its own."""
        head = f"{self.state.value:<4}  {self.what} {self.about}: {self.found}"
        return [head, *([f"      do: {self.todo}"] if self.todo else [])]

    def as_json(self) -> dict[str, object]:
        return {
            "check": self.what,
            "about": self.about,
            "state": self.state.value,
            "found": self.found,
            "todo": self.todo or None,
        }


@dataclass(slots=True)
class Report:
    """The rows so far; `show` has each as soon as it was found."""

    show: Callable[[Check], object]
    checks: list[Check] = field(default_factory=list)

    def ok(self, what: str, about: str, found: str) -> None:
        self._add(Check(what, about, State.OK, found))

    def warn(self, what: str, about: str, found: str, todo: str) -> None:
        self._add(Check(what, about, State.WARN, found, todo))

    def fail(self, what: str, about: str, found: str, todo: str) -> None:
        self._add(Check(what, about, State.FAIL, found, todo))

    @contextmanager
    def trouble(self, what: str, about: str) -> Iterator[None]:
        """An error inside is a row, not the end; an interruption goes through."""
        try:
            yield
        except Interrupted:
            raise
        except RsachatError as error:
            found = "; ".join(filter(None, (error.what, *error.why.splitlines())))
            self.fail(what, about, found, error.hint)

    def count(self, state: State) -> int:
        return sum(check.state is state for check in self.checks)

    def _add(self, check: Check) -> None:
        self.checks.append(check)
        self.show(check)
