"""Every message of the wire, and the bounds of its fields (PROTOCOL section 1).

How they become bytes is told in `codec`. Nothing here knows states, keys or connections.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from rsachat.protocol.quick_data import quick_data
from rsachat.settings import SessionLimits

MAX_ENV = 61_696
MAX_ENTRIES = SessionLimits().roster
MAX_BUNDLE = 4096
MAX_MANIFEST = 4096
MAX_RECEIPT = 1024
MAX_ADDRESS = 64
EXTENSION = 0x80


class Message:
    """The base of all messages; `type` is the byte that names it on the wire."""

    __slots__ = ()
    type: ClassVar[int] = -1


@dataclass(frozen=True, slots=True)
class ClientHello(Message):
    type: ClassVar[int] = 0x01
    versions: tuple[int, ...]
    suites: tuple[int, ...]
    random: bytes
    x: bytes
    ek: bytes
    ext: bytes = b""


@dataclass(frozen=True, slots=True)
class ServerHello(Message):
    type: ClassVar[int] = 0x04
    version: int
    suite: int
    random: bytes
    x: bytes
    ct: bytes


@dataclass(frozen=True, slots=True)
class Alert(Message):
    type: ClassVar[int] = 0x0F
    code: int
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerAuth(Message):
    type: ClassVar[int] = 0x05
    spki: bytes
    sig: bytes
    fin: bytes


@dataclass(frozen=True, slots=True)
class ClientAuth(Message):
    type: ClassVar[int] = 0x06
    role: int
    name: str
    spki: bytes
    sig: bytes
    fin: bytes


@dataclass(frozen=True, slots=True)
class AuthResult(Message):
    type: ClassVar[int] = 0x07
    code: int


@dataclass(frozen=True, slots=True)
class Close(Message):
    type: ClassVar[int] = 0x08


@dataclass(frozen=True, slots=True)
class KeyUpdate(Message):
    type: ClassVar[int] = 0x09


@dataclass(frozen=True, slots=True)
class Ping(Message):
    type: ClassVar[int] = 0x0A
    data: bytes


@dataclass(frozen=True, slots=True)
class Pong(Message):
    type: ClassVar[int] = 0x0B
    data: bytes


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    type: ClassVar[int] = 0x10
    server_fp: bytes
    session: bytes
    name: str
    address: str
    online: int
    time_ms: int
    max_rsa: int
    max_file: int
    motd: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One session in a list: not a message by itself."""

    session: bytes
    name: str
    fp: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Roster(Message):
    type: ClassVar[int] = 0x11
    cut: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Notice(Message):
    type: ClassVar[int] = 0x12
    kind: int
    online: int
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Error(Message):
    type: ClassVar[int] = 0x13
    ref: int
    code: int


@dataclass(frozen=True, slots=True)
class Find(Message):
    type: ClassVar[int] = 0x14
    ref: int
    by: int
    what: str


@dataclass(frozen=True, slots=True)
class Found(Message):
    type: ClassVar[int] = 0x15
    ref: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class PrekeyPut(Message):
    type: ClassVar[int] = 0x20
    bundle: bytes


@dataclass(frozen=True, slots=True)
class PrekeyGet(Message):
    type: ClassVar[int] = 0x21
    ref: int
    session: bytes


@dataclass(frozen=True, slots=True)
class Prekey(Message):
    type: ClassVar[int] = 0x22
    ref: int
    bundle: bytes


@quick_data
class ChatSend(Message):
    type: ClassVar[int] = 0x23
    ref: int
    to: bytes
    env: bytes


@dataclass(frozen=True, slots=True)
class ChatDeliver(Message):
    type: ClassVar[int] = 0x24
    from_session: bytes
    from_fp: bytes
    env: bytes


@dataclass(frozen=True, slots=True)
class Sent(Message):
    type: ClassVar[int] = 0x25
    ref: int


@dataclass(frozen=True, slots=True)
class UpOffer(Message):
    type: ClassVar[int] = 0x30
    manifest: bytes


@dataclass(frozen=True, slots=True)
class UpReady(Message):
    type: ClassVar[int] = 0x31
    tid: bytes
    cum: int
    prefix: bytes
    window: int
    receipt: bytes = b""


@dataclass(frozen=True, slots=True)
class UpData(Message):
    """`count` units of equal length, joined in `data`."""

    type: ClassVar[int] = 0x32
    tid: bytes
    first: int
    count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class UpAck(Message):
    type: ClassVar[int] = 0x33
    tid: bytes
    cum: int
    prefix: bytes


@dataclass(frozen=True, slots=True)
class UpFin(Message):
    type: ClassVar[int] = 0x34
    tid: bytes


@dataclass(frozen=True, slots=True)
class UpReceipt(Message):
    type: ClassVar[int] = 0x35
    tid: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class UpAbort(Message):
    type: ClassVar[int] = 0x36
    tid: bytes
    code: int


@dataclass(frozen=True, slots=True)
class Join(Message):
    type: ClassVar[int] = 0x40
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joined(Message):
    type: ClassVar[int] = 0x41
    code: int


@dataclass(frozen=True, slots=True)
class Extension:
    """A message of a type that this version does not know and may ignore (0x80 to 0xFF)."""

    type: int
    payload: bytes
