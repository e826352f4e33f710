"""What a link tells its core. Data only; the order is the order in which it happened.

A message that is allowed in this state and for this role is told as it is.
"""

from dataclasses import dataclass

from rsachat.crypto.rsa import PublicKey
from rsachat.protocol.codes import Role
from rsachat.protocol.messages import Message, Welcome


@dataclass(frozen=True, slots=True)
class SignatureNeeded:
    """Sign this with the own identity and hand the result to `signature_ready`."""

    label: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class ClientProven:
    """Server: the client holds `key`. The core answers with `accept` or `refuse`.

    `name` is a wish and may be empty.
    """

    role: Role
    name: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class ServerUnpinned:
    """Client without a pin: the server holds `key`. Nothing was sent to it; close."""

    key: PublicKey


@dataclass(frozen=True, slots=True)
class ServerMismatch:
    """Client: the server claims `key`, and the pin is another's. Nothing was sent; close."""

    key: PublicKey


@dataclass(frozen=True, slots=True)
class Established:
    """Client: both sides are proven, and messages may be sent."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class Refused:
    """Client: the server ended the login with an alert's code; close.

    `versions` is what an incompatible server says it speaks. A refusal in clear is a hint for
    the user's eyes only.
    """

    code: int
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """CLOSE: the peer sends nothing more."""


@dataclass(frozen=True, slots=True)
class PeerAlert:
    """The peer ended the connection with this code."""

    code: int


@dataclass(frozen=True, slots=True)
class LinkFailed:
    """The peer broke the protocol: write what the link still has to send, and close.

    `code` is the alert's, None for what is never answered (a wrong tag, a foreign preamble). A
    client answers nothing before WELCOME. `detail` is for the local log.
    """

    code: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class ConnectionCut:
    """End of input without CLOSE or ALERT: never a normal leave."""


LinkEvent = (
    SignatureNeeded
    | ClientProven
    | ServerUnpinned
    | ServerMismatch
    | Established
    | Refused
    | Message
    | PeerClosed
    | PeerAlert
    | LinkFailed
    | ConnectionCut
)
