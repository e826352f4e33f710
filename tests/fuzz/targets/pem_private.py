"""A private key's PEM, in clear or protected: two errors refuse it, within a bounded time.

The bound of the key derivation is lowered, so that a costly one is refused after a thousandth of
what it takes at most, and a key that was looked at before is not tried for primes again: both take
longer than a thousand inputs.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from Crypto.IO import PKCS8
from Crypto.PublicKey import RSA

from rsachat.crypto import rsa
from rsachat.crypto.rsa import KeyFormatError, PrivateKey, WrongPasswordError
from tests.fuzz.drawn import Drawn
from tests.support import keys

_CLEAR, _PROTECTED = "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"
_PASSWORD = "secret"
_COST = 2000
_construct = lru_cache(maxsize=16)(RSA.construct)


def seeds() -> list[bytes]:
    """0 to 4: clear, its PKCS#1 inside, PBKDF2, scrypt, all is fuzzed; with a password; changes."""
    plain = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
    kinds = [bytes([kind, 0]) for kind in range(4)] + [bytes([kind, 1]) for kind in range(4)]
    changed = [kind + b"\x01\x00\x00\x10\x01\x05" for kind in kinds]
    return [*kinds, *changed, b"\x04\x00" + plain]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    kind, password = drawn.number() % 5, (None, _PASSWORD)[drawn.number() % 2]
    if kind == 0:
        pem = _pem(_CLEAR, drawn.patched(_clear()))
    elif kind == 1:
        pem = _pem(_CLEAR, PKCS8.wrap(drawn.patched(_inner()), RSA.oid))
    elif kind in (2, 3):
        pem = _pem(_PROTECTED, drawn.patched(_protected()[kind - 2]))
    else:
        pem = drawn.rest()
    with _bounded():
        try:
            key = PrivateKey.from_pem(pem, password)
        except (KeyFormatError, WrongPasswordError):
            return
    assert key.public.bits in (3072, 4096)


@contextmanager
def _bounded() -> Iterator[None]:
    cost, construct = rsa._MAX_KDF_COST, RSA.construct
    rsa._MAX_KDF_COST = _COST
    RSA.construct = _construct
    try:
        yield
    finally:
        rsa._MAX_KDF_COST = cost
        RSA.construct = construct


def _pem(label: str, der: bytes) -> bytes:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


@cache
def _clear() -> bytes:
    return keys.private("alice").to_der()


@cache
def _inner() -> bytes:
    return bytes(PKCS8.unwrap(_clear())[1])


@cache
def _protected() -> tuple[bytes, bytes]:
    kinds: dict[str, Any] = {
        "PBKDF2WithHMAC-SHA512AndAES256-CBC": {"iteration_count": 2},
        "scryptAndAES128-CBC": {"iteration_count": 2, "block_size": 1, "parallelization": 1},
    }
    made = [
        bytes(
            PKCS8.wrap(
                _inner(),
                RSA.oid,
                passphrase=_PASSWORD.encode(),
                protection=protection,
                prot_params=params,
            )
        )
        for protection, params in kinds.items()
    ]
    return made[0], made[1]
