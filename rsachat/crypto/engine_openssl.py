"""The faster engine: OpenSSL, by the `cryptography` package. It is optional: rsachat[fast].

OpenSSL draws its own randomness from the system, blinds its private operations and checks their
results. That the halves of a key match was seen by rsa.py: here it is not proved again, which
takes OpenSSL 0.2 s a key.
"""

from __future__ import annotations

from collections.abc import Callable

import cryptography
from Crypto.PublicKey.RSA import RsaKey
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

NAME = "openssl"
_HASH = SHA256()
_MASK = MGF1(_HASH)
_PSS = PSS(_MASK, salt_length=32)
_COUNTER = bytes(8)


def versions() -> str:
    return f"{_library()}, cryptography {cryptography.__version__}"


def _library() -> str:
    """`OpenSSL 4.0.3`, without the date."""
    return " ".join(backend.openssl_version_text().split()[:2])


class _Public:
    __slots__ = ("_key",)

    def __init__(self, key: RsaKey) -> None:
        self._key = RSAPublicNumbers(int(key.e), int(key.n)).public_key()

    def encrypt(self, label: bytes, message: bytes) -> bytes:
        return self._key.encrypt(message, _oaep(label))

    def verify(self, message: bytes, signature: bytes) -> bool:
        try:
            self._key.verify(signature, message, _PSS, _HASH)
        except InvalidSignature:
            return False
        return True


class _Private:
    __slots__ = ("_key",)

    def __init__(self, key: RsaKey) -> None:
        der = key.export_key("DER", pkcs=8)
        loaded = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(loaded, RSAPrivateKey)
        self._key = loaded

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes | None:
        try:
            return self._key.decrypt(ciphertext, _oaep(label))
        except ValueError:
            return None

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, _PSS, _HASH)


def public(key: RsaKey) -> _Public:
    return _Public(key)


def private(key: RsaKey) -> _Private:
    return _Private(key)


def counter_mode(key: bytes, nonce: bytes) -> Callable[[bytes], bytes]:
    return Cipher(AES256(key), CTR(nonce + _COUNTER)).encryptor().update


def _oaep(label: bytes) -> OAEP:
    return OAEP(_MASK, _HASH, label)
