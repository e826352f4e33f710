"""A public key's PEM: accepted in its one encoding only, refused by KeyFormatError alone."""

import base64
from functools import cache

from rsachat.crypto.rsa import KeyFormatError, PublicKey
from tests.fuzz.drawn import Drawn
from tests.support import keys

_HEAD, _TAIL = b"-----BEGIN PUBLIC KEY-----\n", b"-----END PUBLIC KEY-----\n"


def seeds() -> list[bytes]:
    """Whether the text, the DER inside it, or all is fuzzed; the changes."""
    small = _HEAD + base64.b64encode(b"\x30\x05\x06\x01\x2a\x05\x00") + b"\n" + _TAIL
    return [b"\x00", b"\x01", b"\x01\x01\x00\x00\x00\x01X", b"\x02" + small, b"\x02nonsense"]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    kind = drawn.number() % 3
    if kind == 0:
        pem = drawn.patched(_good())
    elif kind == 1:
        pem = _wrapped(drawn.patched(keys.public("alice").spki))
    else:
        pem = drawn.rest()
    try:
        key = PublicKey.from_pem(pem)
    except KeyFormatError:
        assert pem != _good()
    else:
        assert PublicKey.from_spki(key.spki) == key
        assert PublicKey.from_pem(key.to_pem()) == key
        assert key.bits in (3072, 4096)


def _wrapped(der: bytes) -> bytes:
    return _HEAD + base64.encodebytes(der) + _TAIL


@cache
def _good() -> bytes:
    return keys.public("alice").to_pem()
