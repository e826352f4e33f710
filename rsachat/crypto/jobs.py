"""RSA work for the worker processes: picklable, and run with the key the worker holds."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.crypto.segments import FILE_KEY, WRAP_LABEL
from rsachat.settings import TransferLimits

CHUNK = TransferLimits().chunk


class Priority(IntEnum):
    """Which waiting job goes first."""

    URGENT = 0
    BULK = 1
    IDLE = 2


@dataclass(frozen=True, slots=True)
class Sign:
    """A signature by the worker's key over a labelled message."""

    label: bytes
    message: bytes

    def run(self, key: PrivateKey | None) -> bytes:
        return _owned(key).sign(self.label, self.message)


@dataclass(frozen=True, slots=True)
class DecryptChunks:
    """Consecutive chunks of one transfer (PROTOCOL 6.2).

    `mh` is the manifest's hash (32 bytes), `first` the index of the first unit, `total` and
    `size` the transfer's chunks and bytes. The result is the plaintext of all, or None: a
    wrong label, padding or length of any of them is one and the same answer.
    """

    mh: bytes
    first: int
    total: int
    size: int
    units: tuple[bytes, ...]

    def run(self, key: PrivateKey | None) -> bytes | None:
        owned = _owned(key)
        plain = [
            owned.decrypt(b"chunk", chunk_context(self.mh, self.first + i, self.total), unit)
            for i, unit in enumerate(self.units)
        ]
        whole = b"".join(p for p in plain if p is not None)
        fits = [len(p or b"") == self._length(self.first + i) for i, p in enumerate(plain)]
        return whole if None not in plain and all(fits) else None

    def _length(self, index: int) -> int:
        return CHUNK if index < self.total - 1 else self.size - CHUNK * (self.total - 1)


@dataclass(frozen=True, slots=True)
class EncryptChunks:
    """Consecutive chunks under a receiver's key; the result is their units joined."""

    spki: bytes
    mh: bytes
    first: int
    total: int
    data: bytes = field(repr=False)

    def run(self, key: PrivateKey | None) -> bytes:
        to = _public(self.spki)
        chunks = [self.data[at : at + CHUNK] for at in range(0, len(self.data), CHUNK)]
        return b"".join(
            to.encrypt(b"chunk", chunk_context(self.mh, self.first + i, self.total), chunk)
            for i, chunk in enumerate(chunks)
        )


@dataclass(frozen=True, slots=True)
class UnwrapKey:
    """The key of an envelope upload (PROTOCOL 6.1): 32 bytes, or None for whatever is wrong.

    `context` is the hash of the manifest up to the wrap (32 bytes).
    """

    context: bytes
    wrap: bytes

    def run(self, key: PrivateKey | None) -> bytes | None:
        file_key = _owned(key).decrypt(WRAP_LABEL, self.context, self.wrap)
        return file_key if file_key is not None and len(file_key) == FILE_KEY else None


def chunk_context(mh: bytes, index: int, total: int) -> bytes:
    """What binds a chunk to its transfer and place, behind the label `chunk`."""
    return mh + index.to_bytes(8, "big") + total.to_bytes(8, "big")


def _owned(key: PrivateKey | None) -> PrivateKey:
    if key is None:
        raise ValueError("this worker holds no key")
    return key


@lru_cache(maxsize=4)
def _public(spki: bytes) -> PublicKey:
    return PublicKey.from_spki(spki)
