"""Which waiting job goes next: by priority, then in turn between queues, then in order.

Knows nothing of workers or of what a job does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class JobQueue(Generic[T]):
    """Waiting jobs. A low number is a high priority; a queue's key may be anything hashable."""

    def __init__(self, priorities: int) -> None:
        self._levels: list[dict[Hashable, deque[T]]] = [{} for _ in range(priorities)]
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, item: T, priority: int, queue: Hashable) -> None:
        self._levels[priority].setdefault(queue, deque()).append(item)
        self._length += 1

    def take(self, worst: int) -> T | None:
        """The next job of priority `worst` or better, or None."""
        for level in self._levels[: worst + 1]:
            for queue, items in level.items():
                item = items.popleft()
                self._length -= 1
                del level[queue]  # a dict keeps its order: whoever had its turn goes to the end
                if items:
                    level[queue] = items
                return item
        return None

    def cancel(self, queue: Hashable) -> None:
        """Take out all that waits under this key."""
        for level in self._levels:
            self._length -= len(level.pop(queue, ()))
