"""HPKE's key schedule (RFC 9180, 5.1 and 5.3) written a second time, from HMAC up.

Base mode, HKDF-SHA256. It stands beside the library's, which hands out neither the shared
secret nor the exporter's.
"""

import hashlib
import hmac

ML_KEM_768 = 0x0041
EXPORT_ONLY = 0xFFFF
_HKDF_SHA256 = 0x0001


def exporter_secret(shared: bytes, info: bytes, aead: int = EXPORT_ONLY) -> bytes:
    suite = _suite(aead)
    context = (
        b"\x00"
        + _extract(suite, b"", b"psk_id_hash", b"")
        + _extract(suite, b"", b"info_hash", info)
    )
    return _expand(suite, _extract(suite, shared, b"secret", b""), b"exp", context, 32)


def export(secret: bytes, context: bytes, length: int, aead: int = EXPORT_ONLY) -> bytes:
    return _expand(_suite(aead), secret, b"sec", context, length)


def _suite(aead: int) -> bytes:
    return b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (ML_KEM_768, _HKDF_SHA256, aead))


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([counter]), hashlib.sha256)
        out += block
    return out[:length]
