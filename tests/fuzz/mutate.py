"""Random mutations of known inputs, by a seed: what fuzzes where atheris is not.

Knows nothing of what the bytes mean.
"""

import random
from collections.abc import Callable, Sequence

_EDGES = (0, 1, 2, 0x7F, 0x80, 0x81, 0xFE, 0xFF)
_MOST = 4  # changes to one input


class Mutator:
    """An endless, repeatable sequence of inputs; none is longer than `longest` bytes."""

    def __init__(self, known: Sequence[bytes], seed: int, longest: int) -> None:
        self._known = [*known, b""]
        self._random = random.Random(seed)
        self._longest = longest
        self._changes: Sequence[Callable[[bytearray], None]] = (
            self._flip,
            self._edge,
            self._insert,
            self._remove,
            self._repeat,
            self._splice,
            self._cut,
        )

    def next(self) -> bytes:
        data = bytearray(self._random.choice(self._known))
        for _ in range(self._random.randint(1, _MOST)):
            self._random.choice(self._changes)(data)
        return bytes(data[: self._longest])

    def _place(self, data: bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _edge(self, data: bytearray) -> None:
        if data:
            data[self._random.randrange(len(data))] = self._random.choice(_EDGES)

    def _insert(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = self._random.randbytes(self._random.randint(1, 8))

    def _remove(self, data: bytearray) -> None:
        at = self._place(data)
        del data[at : at + self._random.randint(1, 8)]

    def _repeat(self, data: bytearray) -> None:
        at = self._place(data)
        part = data[at : at + self._random.randint(1, 32)]
        data[at:at] = part * self._random.randint(1, 4)

    def _splice(self, data: bytearray) -> None:
        other = self._random.choice(self._known)
        begin = self._random.randrange(len(other) + 1)
        at = self._place(data)
        data[at:] = other[begin:]

    def _cut(self, data: bytearray) -> None:
        del data[self._place(data) :]
