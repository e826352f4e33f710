"""What the server keeps for one connection."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from rsachat.protocol.codes import Role
from rsachat.protocol.link import ServerLink
from rsachat.protocol.link_events import ClientProven, LinkEvent
from rsachat.server.limits import TokenBucket
from rsachat.server.outbox import Outbox


class Phase(Enum):
    """How far a connection has come; it only moves down this list."""

    STRANGER = "has not proven who it is"
    DECIDING = "has proven a key that is being looked up"
    JOINING = "has proven a key, to join by an invitation"
    UNLISTED = "is logged in, and has not shown its prekeys yet"
    LISTED = "can be written to, and is counted"
    UPLOADING = "is logged in for uploads"
    CLOSED = "is over"


STRANGERS = frozenset({Phase.STRANGER, Phase.DECIDING, Phase.JOINING})
"""Those that count as not authenticated, and have little time."""
LOGGED_IN = frozenset({Phase.UNLISTED, Phase.LISTED, Phase.UPLOADING})


class Buckets(NamedTuple):
    """The rates of one busy connection; an idle one has none."""

    envelopes: TokenBucket
    bytes: TokenBucket
    asks: TokenBucket


@dataclass(slots=True, eq=False)
class Connection:
    """One peer. Times are monotonic seconds; `since` and `last_input` among them."""

    id: int
    address: str
    link: ServerLink
    since: float
    last_input: float
    phase: Phase = Phase.STRANGER
    role: Role = Role.CHAT
    name: str = ""
    fp: bytes = b""
    session: bytes = b""
    bundle: bytes = b""
    bundle_at: float = float("-inf")
    signed: bool = False
    proven: ClientProven | None = None
    looked_up: bool = False
    admitted_at: float = 0.0
    outbox: Outbox = field(default_factory=Outbox)
    buckets: Buckets | None = None
    held: deque[LinkEvent] | None = None
    paused: bool = False
    backlog: int = 0
    progress_at: float = 0.0
    last_ref: int = 0
    sent_ref: int = 0
    sent_told: int = 0
    sent_due: bool = False
    messages: int = 0
    bytes: int = 0
    unpaid: int = 0
    unpaid_bytes: int = 0
    beats: int = 0
