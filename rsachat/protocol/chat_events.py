"""What the end-to-end machines report to the core above them: frozen data, raw peer values.

Messages for the server (`PrekeyPut`, `PrekeyGet`, `ChatSend`) stand in the same lists, in the
order in which they are to be sent.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from rsachat.protocol.bundle import BundleFault
from rsachat.protocol.messages import ChatSend, PrekeyGet, PrekeyPut


class Sender(NamedTuple):
    """Where an envelope came from, in the server's words: session (8 bytes) and fp (32).

    A tuple, because it is made, hashed and compared for each envelope.
    """

    session: bytes
    fp: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """One session that is written to, as ROSTER or FOUND named it."""

    session: bytes
    name: str
    fp: bytes


class DropReason(Enum):
    """Why an arrived envelope was not shown, as words for a log."""

    MALFORMED = "malformed envelope"
    NOT_FOR_US = "made for another key"
    SENDER_MISMATCH = "its key is not the sender's"
    FROM_SELF = "came back from our own session"
    OTHER_SERVER = "made for another server"
    OLD_PREKEY = "made for a prekey that is gone"
    SID_SEEN = "session repeated"
    INIT_RATE = "too many sessions begun"
    BAD_SIGNATURE = "signature of the session is wrong"
    BAD_AGREEMENT = "key agreement refused"
    NOT_TRUSTED = "the sender's key is not accepted"
    TOO_MANY_HELD = "too much waits for a key"
    NO_BUNDLE = "the sender's prekey bundle did not come"
    UNKNOWN_SESSION = "unknown session"
    OTHER_SENDER = "message of another sender's session"
    REPLAY = "message repeated or out of order"
    GAP = "more than 1024 messages missing"
    BAD_TAG = "message does not verify"
    BAD_RECEIPT = "receipt does not verify"


class Failure(Enum):
    """Why a text is not delivered, as words for a person."""

    OFFLINE = "not connected"
    LEFT = "left the chat"
    DISCONNECTED = "the connection to the server ended"
    BACKLOG = "too much waits for the recipient"
    NO_RECEIPT = "no receipt came back"
    NOT_TRUSTED = "its key is not accepted"
    BAD_BUNDLE = "its keys could not be checked"


@dataclass(frozen=True, slots=True)
class TextReceived:
    """A text to be shown, proven to come from `sender`; shown once for each `mid`."""

    sender: Sender
    mid: bytes
    text: str
    ts_ms: int
    env: bytes


@dataclass(frozen=True, slots=True)
class UnsupportedReceived:
    """A proven message of a content type that this version does not show."""

    sender: Sender
    mid: bytes
    ctype: int
    ts_ms: int


@dataclass(frozen=True, slots=True)
class MessagesMissing:
    """`count` messages before the next one of this sender did not arrive."""

    sender: Sender
    count: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """An envelope that was not accepted; `warn`: say so now, it is the first of its session."""

    sender: Sender
    reason: DropReason
    warn: bool


@dataclass(frozen=True, slots=True)
class SentOn:
    """The server has taken these messages for `to`."""

    to: Recipient
    mids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The recipient's own receipt says that it has opened these."""

    to: Recipient
    mids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Final: `text` will not be tried again. It may have arrived without a receipt."""

    to: Recipient
    mid: bytes
    text: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class BundleRefused:
    """The bundle that the server gave for `session` must not be used."""

    session: bytes
    fp: bytes
    fault: BundleFault


ToServer = PrekeyPut | PrekeyGet | ChatSend
Output = (
    ToServer
    | TextReceived
    | UnsupportedReceived
    | MessagesMissing
    | Dropped
    | SentOn
    | Delivered
    | Undelivered
    | BundleRefused
)
