"""Stand-ins that make a target fast: the arithmetic is the libraries' and not what is fuzzed.

An RSA signature takes a millisecond, a key encapsulation half of one: a target that does both
would try some hundred inputs a second instead of thousands. Every check around the arithmetic
(lengths, labels, formats, who signed what) stays the program's own. None of this is secure.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from rsachat.crypto.kdf import labelled, sha256
from rsachat.crypto.kem import CT_BYTES, EK_BYTES, X_BYTES, Encapsulation, KemError, KemKeyPair
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.protocol.ambient import Ambient

WALL_MS = 1_700_000_000_000
_TAG = 16
_OAEP_OVERHEAD = 66


class CheapPair:
    """A key pair whose secret anybody could compute from what is public."""

    def __init__(self, seed: bytes) -> None:
        self.x = sha256(b"pair", seed)
        self.ek = self.x * (EK_BYTES // X_BYTES)

    def decapsulate(self, x: bytes, ct: bytes, info: bytes) -> bytes:
        if x == bytes(X_BYTES):
            raise KemError("X25519 secret is zero")
        return _secret(self.x, x, ct, info)


class CheapKem:
    """Refuses what the real one refuses: a zero X25519 key, and an ML-KEM key of a wrong form."""

    def __init__(self, randbytes: Callable[[int], bytes]) -> None:
        self._random = randbytes

    def generate(self) -> KemKeyPair:
        return CheapPair(self._random(8))

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        if x == bytes(X_BYTES) or ek[0] == 0xFF:
            raise KemError("refused")
        own = sha256(b"answer", self._random(8))
        ct = own * (CT_BYTES // X_BYTES)
        return Encapsulation(own, ct, _secret(x, own, ct, info))


def _secret(x: bytes, answer: bytes, ct: bytes, info: bytes) -> bytes:
    return hashlib.sha512(x + answer + ct + info).digest()


class Clock:
    """Seconds and Unix ms that move together, by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return WALL_MS + int((self.now - 1000.0) * 1000)


def ambient(clock: Clock | None = None, seed: int = 1) -> Ambient:
    """The same bytes in each run: an input fails again as it failed."""
    clock, draw = clock or Clock(), random.Random(seed).randbytes
    return Ambient(clock.monotonic, clock.wall_ms, draw, CheapKem(draw))


@contextmanager
def rsa() -> Iterator[None]:
    """Within it RSA is a hash: a signature and a ciphertext as long as ever, and bound alike."""
    before = [(cls, name, cls.__dict__[name]) for cls, names in _STANDS_IN for name in names]
    for cls, names in _STANDS_IN:
        for name, function in names.items():
            setattr(cls, name, function)
    try:
        yield
    finally:
        for cls, name, function in before:
            setattr(cls, name, function)


def _signature(key: PublicKey, message: bytes) -> bytes:
    return sha256(b"signed", key.spki, message) * (key.size // 32)


def _verify(self: PublicKey, message: bytes, signature: bytes) -> bool:
    return signature == _signature(self, message)


def _sign(self: PrivateKey, label: bytes, message: bytes, _random: object = None) -> bytes:
    return _signature(self.public, labelled(label, message))


def _encrypt(
    self: PublicKey, label: bytes, context: bytes, message: bytes, _random: object = None
) -> bytes:
    if len(message) > self.size - _OAEP_OVERHEAD:
        raise ValueError("too long")
    tag = sha256(b"sealed", self.spki, labelled(label, context), message)[:_TAG]
    body = b"\x00" + tag + len(message).to_bytes(2, "big") + message
    return body.ljust(self.size, b"\x00")


def _decrypt(self: PrivateKey, label: bytes, ciphertext: bytes) -> bytes | None:
    if len(ciphertext) != self.public.size:
        return None
    length = int.from_bytes(ciphertext[1 + _TAG : 3 + _TAG], "big")
    message = ciphertext[3 + _TAG : 3 + _TAG + length]
    tag = sha256(b"sealed", self.public.spki, label, message)[:_TAG]
    return message if ciphertext[1 : 1 + _TAG] == tag else None


@lru_cache(maxsize=64)
def _parsed(der: bytes) -> PublicKey:
    return _FROM_SPKI(der)


def _from_spki(_cls: type[PublicKey], der: bytes) -> PublicKey:
    return _parsed(der)


_FROM_SPKI = PublicKey.from_spki
_STANDS_IN: list[tuple[type, dict[str, Any]]] = [
    (PublicKey, {"_verify": _verify, "encrypt": _encrypt, "from_spki": classmethod(_from_spki)}),
    (PrivateKey, {"sign": _sign, "_decrypt": _decrypt}),
]
