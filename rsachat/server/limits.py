"""Rates as numbers: a bucket that may go into debt, and a count over a sliding time."""

from collections import deque


class TokenBucket:
    """Refills at `rate` a second up to `burst`.

    `take` refuses nothing, a debt is waited for; `try_take` refuses, and what is refused costs
    nothing.
    """

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, amount: float, now: float) -> None:
        """Spend `amount`, into debt if need be."""
        if now != self._at:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
        self._tokens -= amount

    def try_take(self, amount: float, now: float) -> bool:
        """Spend `amount` if there is as much."""
        self.take(0, now)
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True

    def wait(self, now: float) -> float:
        """Seconds until the debt is paid; 0.0 without one."""
        if self._tokens >= 0:
            return 0.0
        tokens = self._tokens + (now - self._at) * self._rate
        return max(0.0, -tokens / self._rate)

    @property
    def fresh_at(self) -> float:
        """When the bucket is full again, and so can be forgotten."""
        return self._at + (self._burst - self._tokens) / self._rate


class SlidingCount:
    """How many events the last `window` seconds held."""

    __slots__ = ("_times", "_window")

    def __init__(self, window: float) -> None:
        self._window = window
        self._times: deque[float] = deque()

    def add(self, now: float) -> int:
        """Count one more; the number within the window."""
        self._times.append(now)
        return self.count(now)

    def count(self, now: float) -> int:
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        return len(self._times)
