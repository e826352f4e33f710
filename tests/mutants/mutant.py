"""What a mutant is: a patch that takes a check away, and the test that must notice."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """In `file`, `old` gives way to `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` is one of section 9; `by` the test that must go red, where it is another one."""

    name: str
    without: str
    changes: tuple[Change, ...]
    by: str = ""

    @property
    def test(self) -> str:
        return self.by or self.name

    @property
    def files(self) -> list[str]:
        return sorted({change.file for change in self.changes})

    @property
    def modules(self) -> list[str]:
        return [name.removesuffix(".py").replace("/", ".") for name in self.files]

    def apply(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The patched texts. Raises ValueError where a change does not apply."""
        patched = dict(texts)
        for change in self.changes:
            if patched[change.file].count(change.old) != 1:
                raise ValueError(f"{self.name}: not once in {change.file}: {change.old!r}")
            patched[change.file] = patched[change.file].replace(change.old, change.new)
        return patched


def change(module: str, old: str, new: str = "") -> Change:
    """`module` as `protocol/link`; whole lines are given with their indentation."""
    return Change(f"rsachat/{module}.py", old, new)
