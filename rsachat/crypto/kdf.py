"""Hash, MAC and key derivation by labels (PROTOCOL section 0)."""

import hashlib
import hmac
from typing import Protocol

PREFIX = b"rsachat/1 "
_BLOCK = 64
_IPAD = bytes(b ^ 0x36 for b in range(256))
_OPAD = bytes(b ^ 0x5C for b in range(256))


class Hash(Protocol):
    """A running hash."""

    def copy(self) -> "Hash": ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts joined: 32 bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 of the parts joined (RFC 2104): 32 bytes."""
    return hmac.digest(key, b"".join(parts), "sha256")


def mac_states(key: bytes) -> tuple[Hash, Hash]:
    """Inner and outer SHA-256 states with the padded key already in (RFC 2104).

    For many MACs under one key of at most 64 bytes: hash a message with a copy of the first,
    and that digest with a copy of the second.
    """
    padded = key.ljust(_BLOCK, b"\x00")
    return hashlib.sha256(padded.translate(_IPAD)), hashlib.sha256(padded.translate(_OPAD))


def extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract with SHA-256 (RFC 5869, 2.2): 32 bytes."""
    return mac(salt, ikm)


def labelled(label: bytes, context: bytes) -> bytes:
    """The one way in which a label and its context become bytes."""
    return PREFIX + label + b"\x00" + context


def expand(prk: bytes, label: bytes, context: bytes, length: int) -> bytes:
    """HKDF-Expand over a labelled info: `length` bytes."""
    return hkdf_expand(prk, labelled(label, context), length)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869, 2.3). Raises ValueError for over 8160 bytes."""
    block, out = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = mac(prk, block, info, bytes([counter]))
        out += block
    return out[:length]


def equal(a: bytes, b: bytes) -> bool:
    """Whether two byte strings are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(a, b)
