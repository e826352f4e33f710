"""Every message of the wire: its fields, its bounds and its one encoding (PROTOCOL section 1).

Each type is declared once, as a frozen dataclass and a row of `LAYOUTS`; encoding and decoding
follow from the row. Nothing here knows states, keys or connections.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from rsachat.errors import ProtocolError
from rsachat.protocol import fields as f
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.fields import Reader, decode_error

MAX_ENV = 61_696
MAX_ENTRIES = 500
MAX_UNITS = 160
MAX_UNIT_BYTES = 65_568
MAX_BUNDLE = 4096
MAX_MANIFEST = 4096
MAX_RECEIPT = 1024
MAX_RSA = 512
MAX_SPKI = 550
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


@dataclass(frozen=True, slots=True)
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
    secret: bytes


@dataclass(frozen=True, slots=True)
class Joined(Message):
    type: ClassVar[int] = 0x41
    code: int


@dataclass(frozen=True, slots=True)
class Extension:
    """A message of a type that this version does not know and may ignore (0x80 to 0xFF)."""

    type: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Field:
    """How one attribute is written and read."""

    write: Callable[[Any], bytes]
    read: Callable[[Reader], Any]


def _fixed(length: int) -> Field:
    def write(value: bytes) -> bytes:
        if len(value) != length:
            raise ValueError(f"a field of {length} bytes has {len(value)}")
        return value

    return Field(write, lambda r: r.fixed(length))


def _v16(low: int, high: int) -> Field:
    return Field(f.v16, lambda r: r.v16(low, high))


def _s8(high: int) -> Field:
    return Field(f.s8, lambda r: r.s8(high))


def _rest(low: int, high: int) -> Field:
    return Field(bytes, lambda r: r.rest(low, high))


def _write_numbers(values: tuple[int, ...]) -> bytes:
    return f.u8(len(values)) + b"".join(f.u16(v) for v in values)


def _read_numbers(reader: Reader) -> tuple[int, ...]:
    return tuple(reader.u16() for _ in range(reader.u8()))


def _write_entry(entry: Entry) -> bytes:
    return entry.session + f.s8(entry.name) + entry.fp + f.s8(entry.address)


def _read_entry(reader: Reader) -> Entry:
    return Entry(reader.fixed(8), reader.s8(32), reader.fixed(32), reader.s8(64))


def _write_entries(entries: tuple[Entry, ...]) -> bytes:
    return f.u16(len(entries)) + b"".join(map(_write_entry, entries))


def _read_entries(reader: Reader) -> tuple[Entry, ...]:
    count = reader.u16()
    if count > MAX_ENTRIES:
        raise decode_error("too many entries")
    return tuple(_read_entry(reader) for _ in range(count))


_U8 = Field(f.u8, Reader.u8)
_U16 = Field(f.u16, Reader.u16)
_U32 = Field(f.u32, Reader.u32)
_U64 = Field(f.u64, Reader.u64)
_B8, _B16, _B32 = _fixed(8), _fixed(16), _fixed(32)
_NUMBERS = Field(_write_numbers, _read_numbers)
_ENTRIES = Field(_write_entries, _read_entries)
_OPTIONAL_ENTRY = Field(
    lambda entry: b"" if entry is None else _write_entry(entry),
    _read_entry,
)
_SPKI, _SIG = _v16(1, MAX_SPKI), _v16(1, MAX_RSA)

LAYOUTS: dict[type[Message], tuple[Field, ...]] = {
    ClientHello: (_NUMBERS, _NUMBERS, _B32, _B32, _fixed(1184), _v16(0, 1024)),
    ServerHello: (_U16, _U16, _B32, _B32, _fixed(1088)),
    Alert: (_U8, _NUMBERS),
    ServerAuth: (_SPKI, _SIG, _B32),
    ClientAuth: (_U8, _s8(32), _SPKI, _SIG, _B32),
    AuthResult: (_U8,),
    Close: (),
    KeyUpdate: (),
    Ping: (_B8,),
    Pong: (_B8,),
    Welcome: (_B32, _B8, _s8(32), _s8(64), _U32, _U64, _U64, _U64, _s8(255)),
    Roster: (_U8, _ENTRIES),
    Notice: (_U8, _U32, _OPTIONAL_ENTRY),
    Error: (_U32, _U16),
    Find: (_U32, _U8, _s8(64)),
    Found: (_U32, _ENTRIES),
    PrekeyPut: (_rest(1, MAX_BUNDLE),),
    PrekeyGet: (_U32, _B8),
    Prekey: (_U32, _rest(1, MAX_BUNDLE)),
    ChatSend: (_U32, _B8, _v16(1, MAX_ENV)),
    ChatDeliver: (_B8, _B32, _v16(1, MAX_ENV)),
    Sent: (_U32,),
    UpOffer: (_rest(1, MAX_MANIFEST),),
    UpReady: (_B16, _U64, _B32, _U16, _v16(0, MAX_RECEIPT)),
    UpData: (_B16, _U64, _U16, _rest(1, MAX_UNIT_BYTES)),
    UpAck: (_B16, _U64, _B32),
    UpFin: (_B16,),
    UpReceipt: (_B16, _v16(1, MAX_RECEIPT)),
    UpAbort: (_B16, _U16),
    Join: (_B16,),
    Joined: (_U8,),
}
TYPES: dict[int, type[Message]] = {cls.type: cls for cls in LAYOUTS}
_HEADER = struct.Struct(">I")


def encode_payload(message: Message) -> bytes:
    """The fields in order, without the header."""
    cls = message.__class__
    layout = LAYOUTS[cls]
    names: tuple[str, ...] = cls.__slots__
    return b"".join(
        [field.write(getattr(message, name)) for field, name in zip(layout, names, strict=True)]
    )


def encode(message: Message) -> bytes:
    """`u8 type || u24 length || payload`: one message inside a record."""
    payload = encode_payload(message)
    return _HEADER.pack(message.type << 24 | len(payload)) + payload


def decode(type_: int, payload: bytes) -> Message | Extension:
    """The message of a payload.

    Raises ProtocolError: DECODE for bytes that do not fit their layout, UNEXPECTED for an
    unknown type below 0x80.
    """
    cls = TYPES.get(type_)
    if cls is None:
        if type_ >= EXTENSION:
            return Extension(type_, payload)
        raise ProtocolError(AlertCode.UNEXPECTED, f"unknown type {type_:#04x}")
    reader = Reader(payload)
    layout = LAYOUTS[cls]
    if cls is Notice and payload[:1] == b"\x03":
        layout = layout[:2]
    message = cls(*[field.read(reader) for field in layout])
    reader.end()
    _check(message)
    return message


def _check(message: Message) -> None:
    """Relations between the fields of one message."""
    if isinstance(message, Notice) and not 1 <= message.kind <= 3:
        raise decode_error("unknown kind of notice")
    if isinstance(message, UpData):
        check_units(message)
    if isinstance(message, Roster) and message.cut > 1:
        raise decode_error("cut is 0 or 1")


def check_units(message: UpData) -> None:
    """Raises ProtocolError(DECODE) unless `data` is `count` units of one length."""
    if not 1 <= message.count <= MAX_UNITS or len(message.data) % message.count:
        raise decode_error("units do not divide")


def split_record(plaintext: bytes) -> list[tuple[int, bytes]]:
    """The (type, payload) pairs of a record, all lengths checked before any is handed out.

    Raises ProtocolError(DECODE).
    """
    return list(_split(plaintext))


def _split(plaintext: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(plaintext)
    if not end:
        raise decode_error("empty record")
    while at < end:
        if end - at < 4:
            raise decode_error("message header cut short")
        word = int.from_bytes(plaintext[at : at + 4], "big")
        start, at = at + 4, at + 4 + (word & 0xFFFFFF)
        if at > end:
            raise decode_error("message longer than its record")
        yield word >> 24, plaintext[start:at]
