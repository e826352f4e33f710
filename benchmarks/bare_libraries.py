"""The two libraries that can do RSA, called as plainly as they can be. For the references.

`read_key` takes the one that rsachat would take: that of $RSACHAT_ENGINE, else OpenSSL where
`cryptography` is installed, else pycryptodome. Imports nothing from rsachat.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Protocol


class Key(Protocol):
    """One key pair in a library's hands."""

    def encrypt(self, label: bytes, message: bytes) -> bytes: ...
    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...
    def verify(self, message: bytes, signature: bytes) -> None: ...


def read_key(pem: bytes) -> Key:
    fastest = "openssl" if find_spec("cryptography") else "pycryptodome"
    name = os.environ.get("RSACHAT_ENGINE") or fastest
    return _OpenSSL(pem) if name == "openssl" else _Pycryptodome(pem)


class _Pycryptodome:
    def __init__(self, pem: bytes) -> None:
        from Crypto.Cipher import PKCS1_OAEP
        from Crypto.Hash import SHA256
        from Crypto.PublicKey import RSA
        from Crypto.Signature import pss

        self._key = RSA.import_key(pem)
        self._public = self._key.public_key()
        self._oaep, self._sha256 = PKCS1_OAEP, SHA256
        self._signer = pss.new(self._key, salt_bytes=32)
        self._verifier = pss.new(self._public, salt_bytes=32)

    def encrypt(self, label: bytes, message: bytes) -> bytes:
        cipher = self._oaep.new(self._public, hashAlgo=self._sha256, label=label)
        return cipher.encrypt(message)

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes:
        cipher = self._oaep.new(self._key, hashAlgo=self._sha256, label=label)
        return cipher.decrypt(ciphertext)

    def sign(self, message: bytes) -> bytes:
        return self._signer.sign(self._sha256.new(message))

    def verify(self, message: bytes, signature: bytes) -> None:
        self._verifier.verify(self._sha256.new(message), signature)


class _OpenSSL:
    def __init__(self, pem: bytes) -> None:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key, self._public = key, key.public_key()
        self._sha256 = hashes.SHA256()
        self._mask = padding.MGF1(self._sha256)
        self._oaep, self._pss = padding.OAEP, padding.PSS(self._mask, 32)

    def encrypt(self, label: bytes, message: bytes) -> bytes:
        return self._public.encrypt(message, self._oaep(self._mask, self._sha256, label))

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes:
        return self._key.decrypt(ciphertext, self._oaep(self._mask, self._sha256, label))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, self._pss, self._sha256)

    def verify(self, message: bytes, signature: bytes) -> None:
        self._public.verify(signature, message, self._pss, self._sha256)
