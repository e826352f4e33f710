"""Bounded memory: what happened lately, the oldest forgotten first. Knows nothing of chat."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Recent(Generic[K]):
    """The last `size` different keys."""

    __slots__ = ("_keys", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: OrderedDict[K, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: K) -> bool:
        """Whether `key` is new here; from now on it is not."""
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > self._size:
            self._keys.popitem(last=False)
        return True


class Throttle(Generic[K]):
    """Lets each key pass once in `seconds`, remembering at most `size` keys."""

    __slots__ = ("_passed", "_seconds", "_size")

    def __init__(self, seconds: float, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._passed: OrderedDict[K, float] = OrderedDict()

    def passes(self, key: K, now: float) -> bool:
        last = self._passed.get(key)
        if last is not None and now - last < self._seconds:
            return False
        self._passed[key] = now
        self._passed.move_to_end(key)
        if len(self._passed) > self._size:
            self._passed.popitem(last=False)
        return True


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them, full at the start."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether there was a whole token, which is then gone."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
