"""The hybrid key encapsulation: ML-KEM-768 beside X25519 (PROTOCOL section 0).

ML-KEM (FIPS 203) goes through HPKE's base mode as an export-only context (RFC 9180), X25519
through plain key agreement (RFC 7748). Both secrets are handed out joined; the caller's key
derivation binds them to every public value. The cores take a `Kem` as an argument, so that a
simulator can bring a seeded one.
"""

from dataclasses import dataclass, field
from typing import Protocol

from Crypto.Protocol import DH, HPKE
from Crypto.PublicKey import ECC, MLKEM
from Crypto.PublicKey.ECC import EccKey
from Crypto.PublicKey.MLKEM import MLKEMKey

X_BYTES = 32
EK_BYTES = 1184
CT_BYTES = 1088
_EXPORT = b"rsachat/1 mlkem"


class KemError(ValueError):
    """A public value or a ciphertext of the peer is not acceptable."""


@dataclass(frozen=True, slots=True)
class Encapsulation:
    """What the encapsulating side sends (`x` 32 bytes, `ct` 1088) and keeps (`secret` 64)."""

    x: bytes
    ct: bytes
    secret: bytes = field(repr=False)


class KemKeyPair(Protocol):
    """An ephemeral key pair: `x` is 32 bytes, `ek` 1184 bytes."""

    @property
    def x(self) -> bytes: ...
    @property
    def ek(self) -> bytes: ...
    def decapsulate(self, x: bytes, ct: bytes, info: bytes) -> bytes:
        """ML-KEM secret joined with the X25519 secret, 64 bytes. Raises KemError."""
        ...


class Kem(Protocol):
    """Where key pairs and encapsulations come from."""

    def generate(self) -> KemKeyPair: ...
    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        """To the peer's public values. Raises KemError if one of them is not acceptable."""
        ...


class HybridKem:
    """The real one."""

    def generate(self) -> KemKeyPair:
        return HybridKeyPair(
            ECC.generate(curve="Curve25519"), MLKEM.generate(param_set=MLKEM.ML_KEM_768)
        )

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        try:
            key = MLKEM.construct(param_set=MLKEM.ML_KEM_768, ek=ek)
            context = HPKE.new(receiver_key=key, aead_id=HPKE.AEAD.EXPORT_ONLY, info=info)
        except ValueError as error:
            raise KemError("ML-KEM key refused") from error
        own = ECC.generate(curve="Curve25519")
        secret = context.export(_EXPORT, 32) + _agree(own, x)
        return Encapsulation(_raw(own), context.enc, secret)


class HybridKeyPair:
    """One ephemeral pair; it prints none of its parts.

    Dropping the object is all that wiping can mean in Python.
    """

    __slots__ = ("_dh", "_kem", "ek", "x")

    def __init__(self, dh: EccKey, kem: MLKEMKey) -> None:
        self._dh = dh
        self._kem = kem
        self.x = _raw(dh)
        self.ek: bytes = kem.ek

    def decapsulate(self, x: bytes, ct: bytes, info: bytes) -> bytes:
        try:
            context = HPKE.new(
                receiver_key=self._kem, aead_id=HPKE.AEAD.EXPORT_ONLY, enc=ct, info=info
            )
        except ValueError as error:
            raise KemError("ML-KEM ciphertext refused") from error
        return context.export(_EXPORT, 32) + _agree(self._dh, x)


def _raw(key: EccKey) -> bytes:
    return bytes(key.public_key().export_key(format="raw"))


def _agree(own: EccKey, x: bytes) -> bytes:
    """The X25519 secret, 32 bytes; an all-zero one is refused (RFC 7748, 6.1)."""
    try:
        peer = DH.import_x25519_public_key(x)
        secret = DH.key_agreement(eph_priv=own, eph_pub=peer, kdf=bytes)
    except ValueError as error:
        raise KemError("X25519 key refused") from error
    if secret == bytes(X_BYTES):
        raise KemError("X25519 secret is zero")
    return secret
