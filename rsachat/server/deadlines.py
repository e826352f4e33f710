"""When to look at which connection again: one deadline each, kept cheap for thousands."""

import heapq


class Deadlines:
    """The earliest wish for each key. What is no longer due is found out by its owner."""

    __slots__ = ("_heap", "_wanted")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._wanted: dict[int, float] = {}

    def wish(self, key: int, when: float) -> None:
        """Look at `key` at `when` (seconds), unless it is looked at earlier anyway."""
        wanted = self._wanted.get(key)
        if wanted is None or when < wanted:
            self._wanted[key] = when
            heapq.heappush(self._heap, (when, key))

    def forget(self, key: int) -> None:
        self._wanted.pop(key, None)

    def due(self, now: float) -> list[int]:
        """The keys whose time has come; each has no deadline until it wishes again."""
        keys = []
        while self._heap and self._heap[0][0] <= now:
            when, key = heapq.heappop(self._heap)
            if self._wanted.get(key) == when:
                del self._wanted[key]
                keys.append(key)
        return keys

    def next(self) -> float | None:
        """The earliest deadline in seconds, or None."""
        while self._heap and self._wanted.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
