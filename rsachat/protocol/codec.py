"""The one encoding of each message (PROTOCOL section 1).

Each type has a row of `LAYOUTS`; encoding and decoding follow from the row.
"""

import struct
from typing import Any

from rsachat.crypto.kem import CT_BYTES, EK_BYTES, X_BYTES
from rsachat.crypto.rsa import MODULUS_BYTES
from rsachat.errors import ProtocolError
from rsachat.names import MAX_NAME
from rsachat.protocol.codes import AlertCode, FindBy, NoticeKind, Role
from rsachat.protocol.fields import decode_error
from rsachat.protocol.layout import (
    Blob,
    Fixed,
    Layout,
    Listed,
    Name,
    Number,
    Optional,
    Rest,
    Text,
)
from rsachat.protocol.messages import (
    EXTENSION,
    MAX_ADDRESS,
    MAX_BUNDLE,
    MAX_ENTRIES,
    MAX_ENV,
    MAX_MANIFEST,
    MAX_RECEIPT,
    Alert,
    AuthResult,
    ChatDeliver,
    ChatSend,
    ClientAuth,
    ClientHello,
    Close,
    Entry,
    Error,
    Extension,
    Find,
    Found,
    Join,
    Joined,
    KeyUpdate,
    Message,
    Notice,
    Ping,
    Pong,
    Prekey,
    PrekeyGet,
    PrekeyPut,
    Roster,
    Sent,
    ServerAuth,
    ServerHello,
    UpAbort,
    UpAck,
    UpData,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
    Welcome,
)
from rsachat.protocol.rsa_fields import MAX_RSA
from rsachat.protocol.transfer import DATA_BYTES, SEGMENT_BYTES, UNITS_PER_DATA


def _check_proof(auth: ServerAuth | ClientAuth) -> None:
    """Keys are RSA-3072 or RSA-4096, and a signature is as long as its key's modulus."""
    if MODULUS_BYTES.get(len(auth.spki)) != len(auth.sig):
        raise decode_error(f"a key of {len(auth.spki)} bytes, a signature of {len(auth.sig)}")


def _check_notice(notice: Notice) -> None:
    if (notice.entry is None) != (notice.kind == NoticeKind.COUNT):
        raise decode_error("an entry where none belongs, or none where one does")


def _check_units(data: UpData) -> None:
    """Units are of one length; a segment, the one longer unit, comes alone."""
    if len(data.data) % data.count:
        raise decode_error("units of unequal length")
    if data.count > 1 and len(data.data) > DATA_BYTES:
        raise decode_error("too many bytes of units")


_U8, _U16, _U32, _U64 = Number(1), Number(2), Number(4), Number(8)
_B8, _B16, _B32 = Fixed(8), Fixed(16), Fixed(32)
_NAME, _ADDRESS, _TEXT = Name(), Text(MAX_ADDRESS), Text(255)
_SPKI, _SIG = Blob(0, max(MODULUS_BYTES)), Blob(0, MAX_RSA)
_ENV, _BUNDLE = Blob(1, MAX_ENV), Rest(1, MAX_BUNDLE)
_NUMBERS = Listed(_U8, _U16)
ENTRY = Layout(Entry, _B8, _NAME, _B32, _ADDRESS)
_ENTRIES = Listed(Number(2, high=MAX_ENTRIES), ENTRY)

LAYOUTS: dict[type[Message], Layout[Any]] = {
    ClientHello: Layout(
        ClientHello,
        *(_NUMBERS, _NUMBERS, _B32, Fixed(X_BYTES), Fixed(EK_BYTES), Blob(0, 1024)),
    ),
    ServerHello: Layout(ServerHello, _U16, _U16, _B32, Fixed(X_BYTES), Fixed(CT_BYTES)),
    Alert: Layout(Alert, _U8, _NUMBERS),
    ServerAuth: Layout(ServerAuth, _SPKI, _SIG, _B32, check=_check_proof),
    ClientAuth: Layout(
        ClientAuth,
        *(Number(1, high=max(Role)), Text(MAX_NAME), _SPKI, _SIG, _B32),
        check=_check_proof,
    ),
    AuthResult: Layout(AuthResult, _U8),
    Close: Layout(Close),
    KeyUpdate: Layout(KeyUpdate),
    Ping: Layout(Ping, _B8),
    Pong: Layout(Pong, _B8),
    Welcome: Layout(Welcome, _B32, _B8, _NAME, _ADDRESS, _U32, _U64, _U64, _U64, _TEXT),
    Roster: Layout(Roster, Number(1, high=1), _ENTRIES),
    Notice: Layout(
        Notice,
        *(Number(1, min(NoticeKind), max(NoticeKind)), _U32, Optional(ENTRY)),
        check=_check_notice,
    ),
    Error: Layout(Error, _U32, _U16),
    Find: Layout(Find, _U32, Number(1, high=max(FindBy)), _TEXT),
    Found: Layout(Found, _U32, _ENTRIES),
    PrekeyPut: Layout(PrekeyPut, _BUNDLE),
    PrekeyGet: Layout(PrekeyGet, _U32, _B8),
    Prekey: Layout(Prekey, _U32, _BUNDLE),
    ChatSend: Layout(ChatSend, _U32, _B8, _ENV),
    ChatDeliver: Layout(ChatDeliver, _B8, _B32, _ENV),
    Sent: Layout(Sent, _U32),
    UpOffer: Layout(UpOffer, Rest(1, MAX_MANIFEST)),
    UpReady: Layout(UpReady, _B16, _U64, _B32, Number(2, low=1), Blob(0, MAX_RECEIPT)),
    UpData: Layout(
        UpData,
        *(_B16, _U64, Number(2, 1, UNITS_PER_DATA), Rest(1, SEGMENT_BYTES)),
        check=_check_units,
    ),
    UpAck: Layout(UpAck, _B16, _U64, _B32),
    UpFin: Layout(UpFin, _B16),
    UpReceipt: Layout(UpReceipt, _B16, Blob(1, MAX_RECEIPT)),
    UpAbort: Layout(UpAbort, _B16, _U16),
    Join: Layout(Join, _B16),
    Joined: Layout(Joined, _U8),
}
_BY_TYPE = {cls.type: layout for cls, layout in LAYOUTS.items()}
_HEADER = struct.Struct(">I")
_SENDING = struct.Struct(">I8sH")
_DELIVERY = struct.Struct(">I8s32sH")
_DELIVER = ChatDeliver.type << 24


def encode_payload(message: Message) -> bytes:
    """The fields in order, without the header. Raises ValueError for one out of its bounds."""
    return LAYOUTS[message.__class__].write(message)


def encode(message: Message) -> bytes:
    """`u8 type || u24 length || payload`: one message inside a record."""
    payload = LAYOUTS[message.__class__].write(message)
    return _HEADER.pack(message.type << 24 | len(payload)) + payload


def encode_delivery(sender: bytes, fp: bytes, env: bytes) -> bytes:
    """`encode` of a ChatDeliver in one step: every relayed message goes through here.

    The fields are not checked again: an envelope has been, when it was read.
    """
    size = len(env)
    return _DELIVERY.pack(_DELIVER | _DELIVERY.size - 4 + size, sender, fp, size) + env


def decode(type_: int, payload: bytes) -> Message | Extension:
    """The message of a payload.

    Raises ProtocolError: DECODE for bytes that do not fit their layout, UNEXPECTED for an
    unknown type below 0x80.
    """
    if type_ in _BY_TYPE:
        return decode_known(type_, payload)
    if type_ >= EXTENSION:
        return Extension(type_, payload)
    raise ProtocolError(AlertCode.UNEXPECTED, f"unknown type {type_:#04x}")


def decode_known(type_: int, payload: bytes) -> Message:
    """The same where the type is one that has a layout. Raises ProtocolError(DECODE)."""
    if type_ == ChatSend.type and (sending := _read_sending(payload)) is not None:
        return sending
    message: Message
    message, end = _BY_TYPE[type_].read(payload, 0)
    if end != len(payload):
        raise decode_error("bytes left over")
    return message


def _read_sending(payload: bytes) -> ChatSend | None:
    """A ChatSend in one step, as a relayed message is one; None for what its layout refuses."""
    size = len(payload) - _SENDING.size
    if 1 <= size <= MAX_ENV:
        ref, to, told = _SENDING.unpack_from(payload)
        if told == size:
            return ChatSend(ref, to, payload[_SENDING.size :])
    return None


def split_record(plaintext: bytes) -> list[tuple[int, bytes]]:
    """The (type, payload) pairs of a record, all lengths checked before any is handed out.

    Raises ProtocolError(DECODE).
    """
    size = len(plaintext)
    if size >= _HEADER.size:  # most records are of one message
        (word,) = _HEADER.unpack_from(plaintext)
        if word & 0xFFFFFF == size - _HEADER.size:
            return [(word >> 24, plaintext[_HEADER.size :])]
    parts = []
    end = 0
    while end < size:
        start = end + _HEADER.size
        word = int.from_bytes(plaintext[end:start], "big")
        end = start + (word & 0xFFFFFF)
        if end > size:
            raise decode_error("a message longer than its record")
        parts.append((word >> 24, plaintext[start:end]))
    if not parts:
        raise decode_error("an empty record")
    return parts
