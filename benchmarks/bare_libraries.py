"""The two libraries that can do RSA and AES, called as plainly as they can be. For the references.

The one is taken that rsachat would take: that of $RSACHAT_ENGINE, else OpenSSL where
`cryptography` is installed, else pycryptodome. Imports nothing from rsachat.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from Crypto.PublicKey.ECC import EccKey


class Key(Protocol):
    """One key pair in a library's hands."""

    def encrypt(self, label: bytes, message: bytes) -> bytes: ...
    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...
    def verify(self, message: bytes, signature: bytes) -> None: ...


def read_key(pem: bytes) -> Key:
    return _OpenSSL(pem) if _chosen() == "openssl" else _Pycryptodome(pem)


def _chosen() -> str:
    fastest = "openssl" if find_spec("cryptography") else "pycryptodome"
    return os.environ.get("RSACHAT_ENGINE") or fastest


def counter_modes() -> Callable[[bytes], Callable[[bytes], bytes]]:
    """What makes AES-256 in counter mode of a key: from 0 on, going on where it stopped."""
    if _chosen() == "openssl":
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES256
        from cryptography.hazmat.primitives.ciphers.modes import CTR

        return lambda key: Cipher(AES256(key), CTR(bytes(16))).encryptor().update
    from Crypto.Cipher import AES

    return lambda key: AES.new(key, AES.MODE_CTR, nonce=bytes(8), initial_value=0).encrypt


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


class KemPair:
    """An ML-KEM-768 and an X25519 key pair by pycryptodome, with either engine."""

    def __init__(self) -> None:
        from Crypto.Protocol import DH, HPKE
        from Crypto.PublicKey import ECC, MLKEM

        self._hpke, self._dh, self._ecc, self._mlkem = HPKE, DH, ECC, MLKEM
        self._x = ECC.generate(curve="Curve25519")
        self._kem = MLKEM.generate(param_set=MLKEM.ML_KEM_768)
        self.public = _raw_x(self._x), self._kem.ek

    def encapsulate(self, x: bytes, ek: bytes) -> tuple[bytes, bytes]:
        """To a pair's public values: X25519 and ML-KEM, what is sent."""
        key = self._mlkem.construct(param_set=self._mlkem.ML_KEM_768, ek=ek)
        context = self._hpke.new(receiver_key=key, aead_id=self._hpke.AEAD.EXPORT_ONLY)
        context.export(b"", 32)
        own = self._ecc.generate(curve="Curve25519")
        self._agree(own, x)
        return _raw_x(own), context.enc

    def decapsulate(self, x: bytes, ct: bytes) -> None:
        only = self._hpke.AEAD.EXPORT_ONLY
        self._hpke.new(receiver_key=self._kem, aead_id=only, enc=ct).export(b"", 32)
        self._agree(self._x, x)

    def _agree(self, own: EccKey, x: bytes) -> None:
        peer = self._dh.import_x25519_public_key(x)
        self._dh.key_agreement(eph_priv=own, eph_pub=peer, kdf=bytes)


def _raw_x(key: EccKey) -> bytes:
    return bytes(key.public_key().export_key(format="raw"))
