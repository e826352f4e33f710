"""What is due for one connection: its end, a PING, or a later look."""

from dataclasses import dataclass

from rsachat.protocol.codes import AlertCode
from rsachat.server.connection import STRANGERS, Connection, Phase
from rsachat.settings import ServerSettings, SessionLimits


@dataclass(frozen=True, slots=True)
class Overdue:
    """End it, with this alert (None where none would arrive) and reason."""

    code: AlertCode | None
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to end; look again `at` (monotonic seconds), and PING first if `ping`."""

    at: float
    ping: bool = False


def look(conn: Connection, settings: ServerSettings, now: float) -> Overdue | Wait:
    """What the deadlines of a connection say at `now`."""
    if conn.phase in STRANGERS:
        return _until(conn.since + settings.admission.handshake_seconds, now)
    limits = settings.session
    if conn.backlog and conn.progress_at + limits.stalled_after <= now:
        return Overdue(None, "it takes no bytes")
    if conn.phase is Phase.UNLISTED:
        return _until(conn.admitted_at + limits.prekey_seconds, now)
    return _idle(conn, settings, now)


def _until(deadline: float, now: float) -> Overdue | Wait:
    if deadline <= now:
        return Overdue(AlertCode.IDLE, "timed out")
    return Wait(deadline)


def _idle(conn: Connection, settings: ServerSettings, now: float) -> Overdue | Wait:
    limits = settings.session
    if conn.last_input + limits.ping_after > now:
        return Wait(_unless_stalled(conn.last_input + limits.ping_after, conn, limits))
    again = now + limits.ping_after
    if not conn.paused:  # else it is this side that does not read, and the PING says it lives
        dead_at = conn.last_input + limits.dead_after
        if dead_at <= now:
            return Overdue(AlertCode.IDLE, "it does not answer")
        again = min(again, dead_at)
    return Wait(_unless_stalled(again, conn, limits), ping=not conn.backlog)


def _unless_stalled(wake: float, conn: Connection, limits: SessionLimits) -> float:
    """Earlier than `wake` where the socket may prove to be stuck before."""
    return min(wake, conn.progress_at + limits.stalled_after) if conn.backlog else wake
