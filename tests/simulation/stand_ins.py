"""What stands in for the slow and the random: a seeded key encapsulation, keys that sign fast."""

import hashlib
from collections.abc import Callable
from functools import cache

from rsachat.crypto.kdf import labelled
from rsachat.crypto.kem import CT_BYTES, EK_BYTES, X_BYTES, Encapsulation, KemError
from rsachat.crypto.rsa import PrivateKey
from tests.support import keys

Random = Callable[[int], bytes]


class SeededPair:
    """Public values without a private half: the secret follows from what both sides see."""

    def __init__(self, random: Random) -> None:
        self.x = random(X_BYTES)
        self.ek = random(EK_BYTES)

    def decapsulate(self, x: bytes, ct: bytes, info: bytes) -> bytes:
        if len(x) != X_BYTES or len(ct) != CT_BYTES:
            raise KemError("of another length")
        return _secret(self.x, self.ek, x, ct, info)


class SeededKem:
    """As quick as a hash and the same in every run. It protects nothing."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def generate(self) -> SeededPair:
        return SeededPair(self._random)

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        if len(x) != X_BYTES or len(ek) != EK_BYTES:
            raise KemError("of another length")
        own, ct = self._random(X_BYTES), self._random(CT_BYTES)
        return Encapsulation(own, ct, _secret(x, ek, own, ct, info))


def _secret(x: bytes, ek: bytes, own: bytes, ct: bytes, info: bytes) -> bytes:
    return hashlib.sha512(b"".join((x, ek, own, ct, info))).digest()


class QuickKey(PrivateKey):
    """A real key by the fastest engine: nothing that happens depends on a signature's salt."""

    def sign(self, label: bytes, message: bytes, random: Random | None = None) -> bytes:
        return self._operations.sign(labelled(label, message))


@cache
def identity(name: str) -> QuickKey:
    """One of the fixed keys."""
    return QuickKey(keys.private(name)._key)
