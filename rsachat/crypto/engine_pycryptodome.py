"""The engine that is always there: pycryptodome. It alone takes a given source of randomness."""

from __future__ import annotations

import os
from collections.abc import Callable

import Crypto
from Crypto.Cipher import AES, oaep
from Crypto.Hash import SHA256
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import pss

Random = Callable[[int], bytes]

NAME = "pycryptodome"
_SALT = 32


def versions() -> str:
    return f"pycryptodome {Crypto.__version__}"


class _Public:
    __slots__ = ("_key", "_random", "_verifier")

    def __init__(self, key: RsaKey, random: Random) -> None:
        self._key = key
        self._random = random
        self._verifier = pss.new(key, salt_bytes=_SALT)

    def encrypt(self, label: bytes, message: bytes) -> bytes:
        cipher = oaep.new(self._key, hashmod=SHA256, label=label, rand_func=self._random)
        return cipher.encrypt(message)

    def verify(self, message: bytes, signature: bytes) -> bool:
        try:
            self._verifier.verify(SHA256.new(message), signature)
        except ValueError:
            return False
        return True


class _Private:
    __slots__ = ("_key", "_random")

    def __init__(self, key: RsaKey, random: Random) -> None:
        self._key = key
        self._random = random

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes | None:
        cipher = oaep.new(self._key, hashmod=SHA256, label=label)
        try:
            return cipher.decrypt(ciphertext)
        except ValueError:
            return None

    def sign(self, message: bytes) -> bytes:
        signer = pss.new(self._key, salt_bytes=_SALT, rand_func=self._random)
        return signer.sign(SHA256.new(message))


def public(key: RsaKey, random: Random = os.urandom) -> _Public:
    return _Public(key, random)


def private(key: RsaKey, random: Random = os.urandom) -> _Private:
    return _Private(key, random)


def counter_mode(key: bytes, nonce: bytes) -> Callable[[bytes], bytes]:
    return AES.new(key, AES.MODE_CTR, nonce=nonce, initial_value=0).encrypt
