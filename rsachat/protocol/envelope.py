"""The four kinds of envelope that two clients exchange through the server (PROTOCOL 4.2-4.4).

Formats alone: fields, bounds, one encoding. What an envelope means, and whether it is genuine,
is for the sessions.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from rsachat.crypto.kem import CT_BYTES, X_BYTES
from rsachat.errors import ProtocolError
from rsachat.protocol.fields import Reader, decode_error, u8, u64, v16
from rsachat.protocol.rsa_fields import read_ciphertext, read_signature, read_spki

INIT_VERSION = 1
SID_BYTES = 16
TAG_BYTES = 32
BLOCK = 128
MAX_MSG_CT = 61_568
"""The longest padded message: 61,440 bytes of text and 27 before it, filled up to a block."""

HEADER_BYTES = 1 + SID_BYTES + 4
_RECEIPT = struct.Struct(f">B{SID_BYTES}sIIIB")
DELIVERED = 1
"""The one receipt status; 2 is reserved."""


class Kind(IntEnum):
    INIT = 1
    MSG = 2
    RECEIPT = 3
    RESET = 4


_MSG_KIND, _RECEIPT_KIND = bytes((Kind.MSG,)), bytes((Kind.RECEIPT,))


class EnvelopeError(ValueError):
    """The bytes are no envelope; never fatal to the connection that carried them."""


@dataclass(frozen=True, slots=True)
class Init:
    """Opens a one-way session; `wrapped` is the OAEP ciphertext, `x` and `ct` the KEM's answer."""

    sid: bytes
    ts_ms: int
    to_fp: bytes
    spki: bytes
    server_fp: bytes
    pid: bytes
    x: bytes
    ct: bytes
    wrapped: bytes = b""
    sig: bytes = b""

    def p1(self) -> bytes:
        """What the OAEP ciphertext is bound to."""
        return b"".join(
            (
                u8(Kind.INIT),
                u8(INIT_VERSION),
                self.sid,
                u64(self.ts_ms),
                self.to_fp,
                v16(self.spki),
                self.server_fp,
                self.pid,
                self.x,
                self.ct,
            )
        )

    def p2(self) -> bytes:
        """What is signed (by its hash)."""
        return self.p1() + v16(self.wrapped)

    def encode(self) -> bytes:
        return self.p2() + v16(self.sig)


@dataclass(frozen=True, slots=True)
class Msg:
    """Message number `n` of a session; `tag` 32 bytes, `ct` a multiple of 128."""

    sid: bytes
    n: int
    tag: bytes
    ct: bytes

    def encode(self) -> bytes:
        return msg_header(self.sid, self.n) + self.tag + self.ct


@dataclass(frozen=True, slots=True)
class Receipt:
    """`n` is the last accepted number, `got` how many were accepted, `count` rises from 1."""

    sid: bytes
    n: int
    got: int
    count: int
    mac: bytes = b""
    status: int = DELIVERED

    def body(self) -> bytes:
        """What the MAC covers, together with the tag of message `n`."""
        return _RECEIPT.pack(Kind.RECEIPT, self.sid, self.n, self.got, self.count, self.status)

    def encode(self) -> bytes:
        return self.body() + self.mac


@dataclass(frozen=True, slots=True)
class Reset:
    """Not authenticated: the recipient of a session does not know `sid`."""

    sid: bytes

    def encode(self) -> bytes:
        return u8(Kind.RESET) + self.sid


Envelope = Init | Msg | Receipt | Reset


def msg_header(sid: bytes, n: int) -> bytes:
    """`0x02 || sid || u32 n`: the part of a MSG that its tag covers besides the ciphertext."""
    return _MSG_KIND + sid + n.to_bytes(4, "big")


def decode_envelope(data: bytes) -> Envelope:
    """Raises EnvelopeError for anything that is not exactly one envelope."""
    if data[:1] == _MSG_KIND:
        return _read_msg(data)
    if data[:1] == _RECEIPT_KIND:
        return _read_receipt(data)
    try:
        return _read_other(data)
    except ProtocolError as error:
        raise EnvelopeError(error.detail) from error


def _read_msg(data: bytes) -> Msg:
    """By slices, not by a Reader: MSG and RECEIPT are the kinds that cost for each message."""
    size = len(data) - HEADER_BYTES - TAG_BYTES
    if not BLOCK <= size <= MAX_MSG_CT or size % BLOCK:
        raise EnvelopeError("no MSG has this length")
    number = int.from_bytes(data[17:HEADER_BYTES], "big")
    tag, ct = data[HEADER_BYTES : HEADER_BYTES + TAG_BYTES], data[HEADER_BYTES + TAG_BYTES :]
    return Msg(data[1:17], number, tag, ct)


def _read_other(data: bytes) -> Envelope:
    reader = Reader(data)
    kind = reader.u8()
    envelope: Envelope
    if kind == Kind.INIT:
        envelope = _read_init(reader)
    elif kind == Kind.RESET:
        envelope = Reset(reader.fixed(SID_BYTES))
    else:
        raise decode_error(f"unknown kind of envelope {kind}")
    reader.end()
    return envelope


def _read_init(reader: Reader) -> Init:
    if reader.u8() != INIT_VERSION:
        raise decode_error("unknown version of INIT")
    sid, ts_ms, to_fp = reader.fixed(SID_BYTES), reader.u64(), reader.fixed(32)
    spki = read_spki(reader)
    server_fp, pid = reader.fixed(32), reader.fixed(16)
    x, ct = reader.fixed(X_BYTES), reader.fixed(CT_BYTES)
    wrapped, sig = read_ciphertext(reader), read_signature(reader, spki)
    return Init(sid, ts_ms, to_fp, spki, server_fp, pid, x, ct, wrapped, sig)


def _read_receipt(data: bytes) -> Receipt:
    if len(data) != _RECEIPT.size + TAG_BYTES:
        raise EnvelopeError("no RECEIPT has this length")
    _, sid, n, got, count, status = _RECEIPT.unpack_from(data)
    if status != DELIVERED:
        raise EnvelopeError("unknown status of receipt")
    return Receipt(sid, n, got, count, data[_RECEIPT.size :])
