"""The one selectors loop of a process: sockets, worker pipes, signals and timers.

It knows callbacks, no sockets' contents and nothing of chat. Everything runs on the thread
that called `run`; `call_threadsafe` is the one door for other threads.
"""

from __future__ import annotations

import contextlib
import heapq
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Self

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE

# Cancelled timers stay in the heap until due; it is rebuilt once they are more than the live ones.
_HEAP_SLACK = 64
ROOM_BYTES = 64 * 1024  # more would lengthen the turn of whoever floods
BULK_BYTES = 256 * 1024  # shared by those that are ready: fewer passes for an envelope's segments
_WAKE = b"\0"  # no signal has the number 0

Callback = Callable[[], object]


class Watch:
    """The interest in one file descriptor. Mask 0 leaves it alive but out of the selector."""

    __slots__ = ("_callback", "_events", "_fd", "_loop", "closed")

    def __init__(self, loop: Loop, fd: int, events: int, callback: Callable[[int], object]) -> None:
        self._loop = loop
        self._fd = fd
        self._callback = callback
        self._events = 0
        self.closed = False
        self.events = events

    @property
    def events(self) -> int:
        return self._events

    @events.setter
    def events(self, events: int) -> None:
        if events == self._events:
            return
        if self.closed:
            raise RuntimeError("the watch is closed")
        self._loop._change(self, events)

    def close(self) -> None:
        """End the interest; nothing fires afterwards, even if the event is already known."""
        if not self.closed:
            self.events = 0
            self.closed = True


class Timer:
    """One call at a time of the loop's clock."""

    __slots__ = ("_callback", "_loop", "when")

    def __init__(self, loop: Loop, when: float, callback: Callback) -> None:
        self._loop = loop
        self._callback: Callback | None = callback
        self.when = when

    def cancel(self) -> None:
        """Never fire. Does nothing after it has fired or been cancelled."""
        if self._callback is not None:
            self._callback = None
            self._loop._live_timers -= 1


class SignalWatch:
    """A callback for one signal; `close` puts back the handler that was there."""

    __slots__ = ("_loop", "_previous", "_signum")

    def __init__(self, loop: Loop, signum: int, callback: Callback) -> None:
        self._loop = loop
        self._signum = signum
        loop._take_wakeup_fd()
        self._previous = signal.signal(signum, _do_nothing)
        loop._signals[signum] = (callback, self)

    def close(self) -> None:
        held = self._loop._signals.get(self._signum)
        if held is not None and held[1] is self:
            del self._loop._signals[self._signum]
            signal.signal(self._signum, self._previous)


class Loop:
    """Callbacks for ready descriptors, due times, signals and other threads.

    A pass serves every descriptor that is ready once, then the timers that are due, then what
    was given to `call_soon`, then the end-of-pass hooks, then `call_at_end`. An exception of a
    callback leaves `run`. Close the loop (or use it in `with`): that restores the signal handlers.

    `room` is for a callback to receive into; what shall last is copied out of it. `bulk_room` is
    the same, and the longer the fewer descriptors are ready.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        # One that is new each time is mapped and unmapped by the kernel.
        self._whole_room = memoryview(bytearray(BULK_BYTES))
        self.bulk_room = self.room = self._whole_room[:ROOM_BYTES]
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._timer_number = 0
        self._live_timers = 0
        self._soon: deque[Callback] = deque()
        self._at_end: deque[Callback] = deque()
        self._hooks: list[Callback] = []
        self._stopping = False
        self._signals: dict[int, tuple[Callback, SignalWatch]] = {}
        self._previous_wakeup_fd: int | None = None
        self._foreign: deque[Callback] = deque()
        self._foreign_lock = threading.Lock()
        self._awake = False
        self._closed = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self.watch(self._wake_in, READ, self._woken)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(
        self, fileobj: int | socket.socket, events: int, callback: Callable[[int], object]
    ) -> Watch:
        """Call `callback(mask)` whenever `fileobj` is ready for what `events` (READ, WRITE) names.

        The watch must be closed before the descriptor is.
        """
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        return Watch(self, fd, events, callback)

    def call_at(self, when: float, callback: Callback) -> Timer:
        """Call once `now()` has reached `when`."""
        timer = Timer(self, when, callback)
        self._timer_number += 1
        self._live_timers += 1
        if len(self._timers) > 2 * self._live_timers + _HEAP_SLACK:
            self._timers = [entry for entry in self._timers if entry[2]._callback is not None]
            heapq.heapify(self._timers)
        heapq.heappush(self._timers, (when, self._timer_number, timer))
        return timer

    def call_later(self, seconds: float, callback: Callback) -> Timer:
        return self.call_at(self.now() + seconds, callback)

    def call_soon(self, callback: Callback) -> None:
        """Call in this pass, or in the next one when this pass has come to its `call_soon`s."""
        self._soon.append(callback)

    def call_at_end(self, callback: Callback) -> None:
        """Call once, after the end-of-pass hooks (of the next pass when called from there)."""
        self._at_end.append(callback)

    def add_end_of_pass(self, callback: Callback) -> None:
        """Call at the end of every pass, in the order of adding."""
        self._hooks.append(callback)

    def remove_end_of_pass(self, callback: Callback) -> None:
        """Call it no more; from the next pass on when called from such a hook."""
        self._hooks = [hook for hook in self._hooks if hook != callback]

    def call_threadsafe(self, callback: Callback) -> None:
        """Call on the loop's thread; may be used by any thread, even once the loop is closed."""
        self._foreign.append(callback)
        with self._foreign_lock:
            if self._awake or self._closed:
                return
            self._awake = True
            # A full buffer is full of wake-ups: nothing is lost.
            with contextlib.suppress(BlockingIOError):
                self._wake_out.send(_WAKE)

    def on_signal(self, signum: int, callback: Callback) -> SignalWatch:
        """Call on the loop when the signal arrives. Main thread only (ValueError elsewhere)."""
        return SignalWatch(self, signum, callback)

    def stop(self) -> None:
        """Let `run` return at the end of this pass (or at once, when it has not begun)."""
        self._stopping = True

    def run(self) -> None:
        """Serve until `stop`. Raises what a callback raised."""
        timeout: float | None = 0.0  # what was prepared before the start is done at once
        try:
            while not self._stopping:
                self._pass(timeout)
                timeout = self._timeout()
        finally:
            self._stopping = False

    def close(self) -> None:
        """Put back the signal handlers and release the descriptors. Watches are not used again."""
        if self._closed:
            return
        for _, watch in list(self._signals.values()):
            watch.close()
        if self._previous_wakeup_fd is not None:
            signal.set_wakeup_fd(self._previous_wakeup_fd)
        with self._foreign_lock:
            self._closed = True
            self._wake_out.close()
        self._selector.close()
        self._wake_in.close()

    def _pass(self, timeout: float | None) -> None:
        ready = self._selector.select(timeout)
        self.bulk_room = self._whole_room[: max(ROOM_BYTES, BULK_BYTES // (len(ready) or 1))]
        for key, mask in ready:
            watch: Watch = key.data
            mask &= watch._events  # an earlier callback of this pass may have changed or closed it
            if mask:
                watch._callback(mask)
        self._run_timers()
        self._run_each(self._soon)
        for hook in self._hooks:
            hook()
        self._run_each(self._at_end)

    def _timeout(self) -> float | None:
        if self._soon or self._at_end:
            return 0.0
        while self._timers and self._timers[0][2]._callback is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - self.now())

    def _run_timers(self) -> None:
        if not self._timers:
            return
        now = self.now()
        last = self._timer_number  # a timer set by one of these waits for the next pass
        while self._timers and self._timers[0][0] <= now and self._timers[0][1] <= last:
            timer = heapq.heappop(self._timers)[2]
            callback = timer._callback
            if callback is not None:
                timer.cancel()
                callback()

    def _run_each(self, queue: deque[Callback]) -> None:
        for _ in range(len(queue)):
            queue.popleft()()

    def _change(self, watch: Watch, events: int) -> None:
        if not watch._events:
            self._selector.register(watch._fd, events, watch)
        elif events:
            self._selector.modify(watch._fd, events, watch)
        else:
            self._selector.unregister(watch._fd)
        watch._events = events

    def _woken(self, _mask: int) -> None:
        signums = self._wake_in.recv(4096)
        self._awake = False  # before the queue is read: what is appended later wakes again
        for signum in signums:
            held = self._signals.get(signum)
            if held is not None:
                held[0]()
        self._run_each(self._foreign)

    def _take_wakeup_fd(self) -> None:
        if self._previous_wakeup_fd is None:
            self._previous_wakeup_fd = signal.set_wakeup_fd(
                self._wake_out.fileno(), warn_on_full_buffer=False
            )


def _do_nothing(_signum: int, _frame: FrameType | None) -> None:
    """A Python-level handler must stand so that the number reaches the wake-up descriptor."""
