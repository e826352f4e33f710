"""What the client's core tells the person: views, for a screen, for lines and for JSON.

Fields hold raw values, also those a peer chose: who shows a view cleans them. Times are
milliseconds since the epoch, an `id` is a message's id in hex, a `to` is what was addressed
(`ip:port` or `@name`). A view knows no screen; `event` is its name in JSON, "" for those that
only a person needs.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Trust(StrEnum):
    """What this client knows of a peer's key."""

    NEW = "new"  # seen for the first time now
    PINNED = "pinned"  # the same as at first contact
    VERIFIED = "verified"  # compared by the person


@dataclass(frozen=True, slots=True)
class Connected:
    """Both sides are proven. `address` is one's own, `name` how the server knows this key."""

    event: ClassVar[str] = "connected"
    address: str
    server: str
    fingerprint: str
    clients: int
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message from another session, opened and proven.

    `envelope` is the SHA-256 of what it came in, in hex: what a server's tap shows of it.
    """

    event: ClassVar[str] = "message"
    id: str
    from_name: str
    from_address: str
    from_fingerprint: str
    trust: Trust
    to: str
    text: str
    time_ms: int
    envelope: str = ""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """One's own message, accepted for sending; Sent, Delivered or Undelivered follow."""

    event: ClassVar[str] = ""
    id: str
    to: str
    text: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the message for everybody it is addressed to."""

    event: ClassVar[str] = "sent"
    id: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """`delivered` of `total` sessions have said that they opened it."""

    event: ClassVar[str] = "delivered"
    id: str
    delivered: int
    total: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """It reached nobody, and why. `text` is kept for sending it again."""

    event: ClassVar[str] = "undelivered"
    id: str
    to: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A typed line that was not sent at all; `line` goes back to the person for editing."""

    event: ClassVar[str] = "undelivered"
    line: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A session came; `clients` is the number there now."""

    event: ClassVar[str] = "joined"
    name: str
    address: str
    clients: int


@dataclass(frozen=True, slots=True)
class Left:
    """A session went; `clients` is the number there now."""

    event: ClassVar[str] = "left"
    name: str
    address: str
    clients: int


@dataclass(frozen=True, slots=True)
class Count:
    """Only the number of clients changed hands (a large server names nobody)."""

    event: ClassVar[str] = "count"
    clients: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The last view: the chat is over; `orderly` if an end said goodbye."""

    event: ClassVar[str] = "closed"
    reason: str
    orderly: bool


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection was lost, or not had again; the next try comes in `seconds`.

    `attempt` counts the tries since the last time that both sides were connected, from 1.
    """

    event: ClassVar[str] = "reconnecting"
    reason: str
    seconds: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Held:
    """A line typed without a connection; it is taken as soon as there is one."""

    event: ClassVar[str] = ""
    line: str


@dataclass(frozen=True, slots=True)
class System:
    """Something said by this program itself."""

    event: ClassVar[str] = ""
    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the person should act on or look at."""

    event: ClassVar[str] = "warning"
    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Plain lines go to `who` from now on, `ip:port` or `@name`; nobody if empty."""

    event: ClassVar[str] = ""
    who: str


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A session as the server lists it; `trust` is what this client knows of its key."""

    name: str
    address: str
    fingerprint: str
    trust: Trust
    own: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is there. `cut` if the server's list ends early; shown if `asked`, else only known."""

    event: ClassVar[str] = ""
    entries: tuple[RosterEntry, ...]
    clients: int
    cut: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Verification:
    """Both fingerprints, as text and as words, to be compared by voice."""

    event: ClassVar[str] = ""
    name: str
    trust: Trust
    own_fingerprint: str
    own_words: str
    peer_fingerprint: str
    peer_words: str


@dataclass(frozen=True, slots=True)
class Help:
    """The person asked what can be typed."""

    event: ClassVar[str] = ""


View = (
    Connected
    | Message
    | OwnMessage
    | Sent
    | Delivered
    | Undelivered
    | Rejected
    | Joined
    | Left
    | Count
    | Closed
    | Reconnecting
    | Held
    | System
    | Warned
    | Chosen
    | Roster
    | Verification
    | Help
)
