"""Growing pauses between tries: 1, 2, 4 … 30 s, each times a random 0.5 to 1.5 (PROTOCOL 8)."""

from collections.abc import Callable

FIRST = 1.0
LAST = 30.0


class Backoff:
    """`random` gives n random bytes."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._next = FIRST

    def pause(self) -> float:
        """Seconds to wait before the next try."""
        base, self._next = self._next, min(LAST, self._next * 2)
        return base * (0.5 + int.from_bytes(self._random(4), "big") / 2**32)

    def reset(self) -> None:
        """It worked: the next pause is a short one again."""
        self._next = FIRST
