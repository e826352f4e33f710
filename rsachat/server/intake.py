"""What comes in is handled only as fast as its sender may cause work and output.

Two brakes, and neither loses anything: a connection over its rates is not read until the debt
is paid; one that lets the server's own messages pile up has its further messages held back,
inside a record too (PROTOCOL section 8).
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rsachat.protocol.io_events import PauseReading, ResumeReading
from rsachat.protocol.link_events import LinkEvent
from rsachat.server.connection import Connection, Phase
from rsachat.server.outgoing import Outgoing
from rsachat.settings import RelayLimits

Handlers = Mapping[type, Callable[[Connection, Any, float], None]]
Debt = Callable[[Connection, float], float]


class Intake:
    """Hands each link event to what `handlers` has for its class.

    `debt` gives seconds not to be read.
    """

    def __init__(self, handlers: Handlers, debt: Debt, out: Outgoing, limits: RelayLimits) -> None:
        self._handlers = handlers
        self._debt = debt
        self._out = out
        self._limits = limits
        self._holding: dict[int, Connection] = {}

    def work(self, conn: Connection, events: Iterable[LinkEvent], now: float) -> None:
        """Handle events in order; what must wait is held, and reading stops.

        What a handler raises goes through, and the events after it are dropped.
        """
        if conn.held is not None:
            conn.held.extend(events)
            return
        outbox, handlers, other_pause = conn.outbox, self._handlers, self._limits.other_pause
        rest = iter(events)
        for event in rest:
            if outbox.other > other_pause:
                self._hold(conn, deque((event, *rest)), now)
                return
            handlers[event.__class__](conn, event, now)
            if conn.phase is Phase.CLOSED:
                return
        self._throttle(conn, now)

    def released(self) -> list[tuple[Connection, deque[LinkEvent]]]:
        """What was held for connections whose output has left meanwhile, to be worked on."""
        free = [c for c in self._holding.values() if c.outbox.other <= self._limits.other_pause / 2]
        return [self._release(conn) for conn in free]

    def _release(self, conn: Connection) -> tuple[Connection, deque[LinkEvent]]:
        del self._holding[conn.id]
        held, conn.held = conn.held or deque(), None
        return conn, held

    def forget(self, conn: Connection) -> None:
        self._holding.pop(conn.id, None)

    def resume_at(self, conn: Connection, now: float) -> float | None:
        """When a connection over its rates is read again; it resumes if that has come."""
        if not conn.paused or conn.held is not None:
            return None
        wait = self._debt(conn, now)
        if wait > 0:
            return now + wait
        self._pause(conn, now, on=False)
        return None

    def _hold(self, conn: Connection, events: deque[LinkEvent], now: float) -> None:
        conn.held = events
        self._holding[conn.id] = conn
        self._pause(conn, now, on=True)

    def _throttle(self, conn: Connection, now: float) -> None:
        wait = self._debt(conn, now)
        if wait > 0 or conn.paused:
            self._pause(conn, now, on=wait > 0)

    def _pause(self, conn: Connection, now: float, *, on: bool) -> None:
        if on is not conn.paused:
            conn.paused = on
            conn.last_input = now  # how long it has been silent counts from when it is read
            self._out.act(PauseReading(conn.id) if on else ResumeReading(conn.id))
