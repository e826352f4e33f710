"""Choices out of fuzzed bytes: how a target makes structure of them.

Every input means something, and small changes of it mean small changes: so both mutators work on
structure without knowing it.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Drawn:
    """Takes from the front; when nothing is left, every number is 0 and every string empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that were not taken."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """`count` bytes, or what is left."""
        taken = self._data[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def number(self, size: int = 1) -> int:
        """A number of `size` bytes, big-endian."""
        return int.from_bytes(self.take(size), "big")

    def blob(self) -> bytes:
        """A string behind its length in one byte."""
        return self.take(self.number())

    def rest(self) -> bytes:
        return self.take(self.left)

    def one_of(self, options: Sequence[T]) -> T:
        return options[self.number() % len(options)]

    def steps(self, most: int) -> Iterator[int]:
        """A byte for each step, until nothing is left or `most` were taken."""
        for _ in range(most):
            if not self.left:
                return
            yield self.number()

    def patched(self, template: bytes) -> bytes:
        """The template with up to three changes: overwritten, inserted, removed or cut off."""
        data = bytearray(template)
        for _ in range(self.number() % 4):
            kind, at = self.number() % 4, self.number(2) % (len(data) + 1)
            if kind == 0:
                new = self.blob()
                data[at : at + len(new)] = new
            elif kind == 1:
                data[at:at] = self.blob()
            elif kind == 2:
                del data[at : at + self.number()]
            else:
                del data[at:]
        return bytes(data)
