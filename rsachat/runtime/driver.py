"""Drives one core on the loop: events in, actions done in order, ticks when they are due.

It decides nothing and knows no action's meaning: each kind has a function given at the start.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rsachat.protocol.io_events import Tick
from rsachat.runtime.loop import Loop, Timer


class Core(Protocol):
    """What a core has to offer; times are seconds of the loop's clock."""

    def handle(self, event: object) -> list[object]: ...
    def flush(self) -> list[object]: ...
    def next_deadline(self) -> float | None: ...


class Driver:
    """Feeds events to `core`; `perform` maps an action's class to what does it."""

    def __init__(
        self, loop: Loop, core: Core, perform: Mapping[type, Callable[[Any], object]]
    ) -> None:
        self._loop = loop
        self._core = core
        self._perform = perform
        self._events: deque[object] = deque()
        self._busy = False
        self._timer: Timer | None = None
        loop.add_end_of_pass(self._end_of_pass)

    def feed(self, event: object) -> None:
        """Let the core handle an event, after those that wait already."""
        self._events.append(event)
        if not self._busy:
            self._do([])

    def close(self) -> None:
        """The core has nothing more to do: no flush and no tick from now on."""
        self._loop.remove_end_of_pass(self._end_of_pass)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _do(self, actions: list[object]) -> None:
        """Do the actions in their order, then handle what they have led to."""
        perform = self._perform
        self._busy = True
        try:
            for action in actions:
                perform[action.__class__](action)
            while self._events:
                for action in self._core.handle(self._events.popleft()):
                    perform[action.__class__](action)
        finally:
            self._busy = False

    def _end_of_pass(self) -> None:
        self._do(self._core.flush())
        deadline = self._core.next_deadline()
        if self._timer is not None:
            if self._timer.when == deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.feed(Tick())
