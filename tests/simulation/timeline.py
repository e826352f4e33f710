"""The one line of time of a simulated world: what happens when, in one order."""

import heapq
from collections.abc import Callable

Act = Callable[[], object]


class Timeline:
    """Monotonic seconds that move from act to act; acts of one moment keep their order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._queue: list[tuple[float, int, Act]] = []
        self._number = 0

    def clock(self) -> float:
        return self.now

    def at(self, when: float, act: Act) -> None:
        self._number += 1
        heapq.heappush(self._queue, (max(when, self.now), self._number, act))

    def after(self, seconds: float, act: Act) -> None:
        self.at(self.now + seconds, act)

    @property
    def next(self) -> float:
        """When the next act is due."""
        return self._queue[0][0] if self._queue else float("inf")

    def step(self) -> None:
        """Move to the next act and do it."""
        self.now, _, act = heapq.heappop(self._queue)
        act()
