"""What a server counts, for its operator's collector: numbers only, never a name or an address.

Each part counts what it does; the core gathers the numbers into one frozen `Metrics`. How they
are written down, and who asks, is not known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rsachat.protocol.codes import AlertCode, Role
from rsachat.server.connection import Connection, Phase
from rsachat.server.notices import Notice, UploadDone, UploadFailed, UploadStarted

OTHER = "other"
"""The reason of a refusal without an alert: a foreign client, a connection that was cut."""
_STATES = {
    Phase.UNLISTED: "chat",
    Phase.LISTED: "chat",
    Phase.UPLOADING: "upload",
}
_STRANGER = "stranger"
_CODES = frozenset(AlertCode)


@dataclass(frozen=True, slots=True)
class Metrics:
    """A server at one moment. What is no state of this moment counts from the start on.

    Sizes in bytes; `connections` by state, `logins` by role, `refusals` by reason.
    """

    uptime: float
    clients: int
    authorized: int
    connections: Mapping[str, int]
    accepted: int
    handshakes: int
    handshakes_waiting: int
    logins: Mapping[str, int]
    refusals: Mapping[str, int]
    messages_routed: int
    messages_refused: int
    received: int
    sent: int
    queued_chat: int
    queued_other: int
    backlog: int
    uploads_active: int
    uploads: Mapping[str, int]
    stored: int


def _no_refusals() -> dict[str, int]:
    """Every reason from the start on: a counter that appears late has lost its first step."""
    names = [code.name.lower() for code in AlertCode if code is not AlertCode.ACCEPTED]
    return dict.fromkeys((*names, OTHER), 0)


@dataclass(slots=True)
class Tally:
    """Counts of the whole server since its start; they only rise."""

    accepted: int = 0
    handshakes: int = 0
    received: int = 0
    stored: int = 0
    logins: dict[str, int] = field(default_factory=lambda: {role.name.lower(): 0 for role in Role})
    refusals: dict[str, int] = field(default_factory=_no_refusals)
    uploads: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("started", "stored", "failed"), 0)
    )

    def logged_in(self, role: Role) -> None:
        self.logins[role.name.lower()] += 1

    def refused(self, code: int | None) -> None:
        """A connection was turned away by the alert `code`, or without one."""
        name = OTHER if code not in _CODES else AlertCode(code or 0).name.lower()
        self.refusals[name] += 1

    def note(self, notice: Notice) -> None:
        """Count what is announced about an upload."""
        match notice:
            case UploadStarted():
                self.uploads["started"] += 1
            case UploadDone(size=size):
                self.uploads["stored"] += 1
                self.stored += size
            case UploadFailed():
                self.uploads["failed"] += 1


@dataclass(frozen=True, slots=True)
class Crowd:
    """All connections at one moment: how many in which state, and the bytes that wait."""

    states: Mapping[str, int]
    queued_chat: int
    queued_other: int
    backlog: int


def crowd_of(conns: Iterable[Connection]) -> Crowd:
    """Look at each connection once (0.3 µs)."""
    states = dict.fromkeys((_STRANGER, *_STATES.values()), 0)
    chat = other = backlog = 0
    for conn in conns:
        states[_STATES.get(conn.phase, _STRANGER)] += 1
        chat += conn.outbox.chat
        other += conn.outbox.other
        backlog += conn.backlog
    return Crowd(states, chat, other, backlog)
