"""The hash ratchet: one key for each message, dropped as it is used (PROTOCOL 4.3, 4.4).

Pure functions from a chain key (32 bytes) and what it seals to the next chain key. Sealing and
opening stand side by side so that they cannot drift; numbers, replay and sessions are others'.
"""

import struct
from dataclasses import dataclass, field

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import equal, mac
from rsachat.protocol.envelope import BLOCK, HEADER_BYTES, TAG_BYTES, Msg, msg_header
from rsachat.settings import WireLimits

TEXT = 1
"""The one content type that is shown; all others are "unsupported"."""

MAX_BODY = WireLimits().text
_NONCE = bytes(8)
_HEAD = struct.Struct(">BQ16sH")
_FIXED = _HEAD.size


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says: `mid` 16 bytes, `ts_ms` the sender's clock, `body` <= 61,440 bytes."""

    ctype: int
    ts_ms: int
    mid: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message ready to be sent, its tag (kept for the receipt), and the next chain key."""

    env: bytes
    tag: bytes
    chain: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The padded plaintext of a message that verified, and the next chain key."""

    padded: bytes = field(repr=False)
    chain: bytes = field(repr=False)


def step(chain: bytes, times: int = 1) -> bytes:
    """The chain key `times` messages further on."""
    for _ in range(times):
        chain = mac(chain, b"\x03")
    return chain


def pad(content: Content) -> bytes:
    """The content's one encoding, filled up with zeros to a multiple of 128 bytes."""
    if len(content.body) > MAX_BODY:
        raise ValueError(f"a body of {len(content.body)} bytes")
    head = _HEAD.pack(content.ctype, content.ts_ms, content.mid, len(content.body))
    plain = head + content.body
    return plain + bytes(-len(plain) % BLOCK)


def unpad(padded: bytes) -> Content | None:
    """The content, or None if the bytes are not what `pad` makes."""
    if len(padded) < _FIXED:
        return None
    ctype, ts_ms, mid, length = _HEAD.unpack_from(padded)
    end = _FIXED + length
    filling = padded[end:]
    if end > _FIXED + MAX_BODY or end + len(filling) != len(padded) or len(filling) >= BLOCK:
        return None
    if filling.count(0) != len(filling):
        return None
    return Content(ctype, ts_ms, mid, padded[_FIXED:end])


def sealed_bytes(body: bytes) -> int:
    """The length of the MSG that carries `body`."""
    plain = _FIXED + len(body)
    return HEADER_BYTES + TAG_BYTES + plain + -plain % BLOCK


def seal(chain: bytes, sid: bytes, n: int, content: Content) -> Sealed:
    """Message `n` of session `sid`. Raises ValueError for a body over 61,440 bytes."""
    ct = ctr(mac(chain, b"\x01"), _NONCE, pad(content))
    header = msg_header(sid, n)
    tag = mac(mac(chain, b"\x02"), header, ct)
    return Sealed(header + tag + ct, tag, mac(chain, b"\x03"))


def unseal(chain: bytes, msg: Msg) -> Unsealed | None:
    """What `seal` put in under this chain key, or None if the tag does not verify."""
    tag = mac(mac(chain, b"\x02"), msg_header(msg.sid, msg.n), msg.ct)
    if not equal(tag, msg.tag):
        return None
    return Unsealed(ctr(mac(chain, b"\x01"), _NONCE, msg.ct), mac(chain, b"\x03"))


def receipt_mac(receipt_key: bytes, body: bytes, tag: bytes) -> bytes:
    """The MAC of a receipt over its `body()` and the `tag` of the message that it names."""
    return mac(receipt_key, body, tag)
