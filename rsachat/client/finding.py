"""Turns WHO into sessions: asks the server by FIND, and trusts for a moment who is there.

No further than the question went: a session under another name or address is none of WHO's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from rsachat.protocol.codes import FindBy
from rsachat.protocol.messages import Entry, Find
from rsachat.settings import ChatLimits

T = TypeVar("T")


@dataclass(slots=True)
class _Asked(Generic[T]):
    ref: int
    until: float
    waiting: list[T] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """`who` are these sessions; `waiting` are what waited for that, oldest first.

    `entries` is None where the server gave no answer in time.
    """

    who: str
    entries: tuple[Entry, ...] | None
    waiting: tuple[T, ...]


class Finding(Generic[T]):
    """WHO is `@name` or an address, in canonical form. Times are monotonic seconds."""

    def __init__(self, own: bytes, limits: ChatLimits, next_ref: Callable[[], int]) -> None:
        self._own = own  # the asking session, which is nobody to write to
        self._limits = limits
        self._next_ref = next_ref
        self._asked: dict[str, _Asked[T]] = {}
        self._known: dict[str, tuple[float, tuple[Entry, ...]]] = {}

    @property
    def waiting(self) -> int:
        """How many items wait for an answer."""
        return sum(len(asked.waiting) for asked in self._asked.values())

    def find(self, who: str, item: T, now: float) -> Answer[T] | Find | None:
        """The answer if it is known, else the message to send; None: it is asked already."""
        asked = self._asked.get(who)
        if asked is not None:
            asked.waiting.append(item)
            return None
        known_until, entries = self._known.get(who, (now, ()))
        if known_until > now:
            return Answer(who, entries, (item,))
        ref = self._next_ref()
        self._asked[who] = _Asked(ref, now + self._limits.find_seconds, [item])
        by = FindBy.NAME if who.startswith("@") else FindBy.ADDRESS
        return Find(ref, by, who.removeprefix("@"))

    def found(self, ref: int, entries: tuple[Entry, ...], now: float) -> Answer[T] | None:
        """FOUND came; None if nobody asked for it."""
        for who, asked in self._asked.items():
            if asked.ref == ref:
                del self._asked[who]
                # Of WHO's own only; else its server could choose who reads a text.
                entries = tuple(entry for entry in entries if who in names_of([entry]))
                if any(entry.session != self._own for entry in entries):
                    # Not believed is that nobody is there: in a crowd one may come unseen.
                    self._known[who] = (now + self._limits.find_cache, entries)
                return Answer(who, entries, tuple(asked.waiting))
        return None

    def forget(self) -> None:
        """Somebody came or went: what was known may be wrong."""
        self._known.clear()

    def give_up(self) -> list[T]:
        """What still waits for an answer; there will be none."""
        asked, self._asked = self._asked, {}
        return [item for question in asked.values() for item in question.waiting]

    def tick(self, now: float) -> list[Answer[T]]:
        """The questions that were not answered in time."""
        late = [who for who, asked in self._asked.items() if asked.until <= now]
        return [Answer(who, None, tuple(self._asked.pop(who).waiting)) for who in late]

    def next_deadline(self) -> float | None:
        return min((asked.until for asked in self._asked.values()), default=None)


def names_of(entries: Iterable[Entry]) -> list[str]:
    """Each WHO that means one of these sessions, once."""
    return list(dict.fromkeys(who for e in entries for who in (f"@{e.name}", e.address)))
