"""Which library does the arithmetic: RSA's four functions, and AES in counter mode.

Two engines give the same answers: pycryptodome, which is always there, and OpenSSL by the
`cryptography` package, which is faster where it is installed. One of them is chosen, once a
process; nothing outside this folder knows which. Keys are read, checked, made and written by
rsa.py alone, and lengths and ranges are its checks too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Protocol

from Crypto.PublicKey.RSA import RsaKey

from rsachat.crypto import engine_pycryptodome
from rsachat.errors import UsageError

VARIABLE = "RSACHAT_ENGINE"
"""The variable that names an engine; without it the faster one that is here is taken."""


class PublicOperations(Protocol):
    """What one public key does. Both engines pad alike: SHA-256, MGF1-SHA-256."""

    def encrypt(self, label: bytes, message: bytes) -> bytes:
        """OAEP (RFC 8017, 7.1.1). Raises ValueError for a message that does not fit."""
        ...

    def verify(self, message: bytes, signature: bytes) -> bool:
        """PSS with 32 bytes of salt (RFC 8017, 8.1.2); the signature has the modulus's length."""
        ...


class PrivateOperations(Protocol):
    """What one private key does."""

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes | None:
        """OAEP: None for every failure. The ciphertext is a number below the modulus."""
        ...

    def sign(self, message: bytes) -> bytes:
        """PSS with 32 bytes of salt."""
        ...


class Engine(Protocol):
    """A library in its role here; the two are modules."""

    @property
    def NAME(self) -> str:
        """How people and settings name it."""
        ...

    def versions(self) -> str:
        """The libraries behind it, with their versions."""
        ...

    def public(self, key: RsaKey, /) -> PublicOperations: ...
    def private(self, key: RsaKey, /) -> PrivateOperations: ...
    def counter_mode(self, key: bytes, nonce: bytes, /) -> Callable[[bytes], bytes]:
        """AES-256 in counter mode: a function that goes on where it stopped (SP 800-38A, 6.5).

        `key` has 32 bytes, `nonce` 8; the block counter starts at 0.
        """
        ...


@cache
def chosen() -> Engine:
    """The engine of this process. Raises UsageError where the one that is named is not here."""
    name = os.environ.get(VARIABLE, "")
    if name not in _ENGINES:
        raise UsageError(
            f"no RSA engine '{name}'", hint=f"{VARIABLE} may be {' or '.join(sorted(ALL))}"
        )
    return _ENGINES[name]()


def _pycryptodome() -> Engine:
    return engine_pycryptodome


def _openssl() -> Engine:
    try:
        from rsachat.crypto import engine_openssl
    except ImportError as error:
        raise UsageError(
            "the RSA engine openssl is not here",
            why=str(error),
            hint=f"pip install 'rsachat[fast]', or leave {VARIABLE} alone",
        ) from error
    return engine_openssl


def _fastest() -> Engine:
    try:
        return _openssl()
    except UsageError:
        return engine_pycryptodome


ALL = {"openssl": _openssl, "pycryptodome": _pycryptodome}
_ENGINES: dict[str, Callable[[], Engine]] = {"": _fastest, **ALL}
