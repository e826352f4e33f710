"""The receiver's machine of one transfer (PROTOCOL 6.2, 6.4): what may come, in which order.

Ciphertext goes in, batches for the workers come out; their results go in, in any order, and the
file's bytes come out in the file's order, each piece with the running hash that acknowledges
it. It knows no file, no worker and no connection.
"""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from rsachat.crypto.kdf import equal
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.fields import decode_error
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.transfer import (
    DATA_BYTES,
    SEGMENT_BYTES,
    UNITS_PER_DATA,
    TransferRefused,
)

UNOPENED = "a chunk did not open"
"""The one reason for whatever fails to decrypt, in the local log too."""


class Hasher(Protocol):
    """A running SHA-256."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive units for one task; `serial` comes back with the result."""

    serial: int
    first: int
    units: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Plaintext to write at `offset`; then `cum` units with hash `prefix` are acknowledged."""

    offset: int
    data: bytes
    cum: int
    prefix: bytes


@dataclass(slots=True)
class _Delivery:
    """One UP_DATA whose batches are with the workers."""

    first: int
    count: int
    waiting: int
    plain: dict[int, bytes | None] = field(default_factory=dict)


class ReceiveMachine:
    """Takes the units of one transfer from `cum` on, never more than the window beyond it.

    `unit_bytes` is the length of a chunk's ciphertext; the segments of an envelope, of which the
    last may be short, have their own. `hasher` has hashed the first `cum` units already. After a
    TransferRefused the machine must not be used again.
    """

    def __init__(
        self,
        manifest: Manifest,
        unit_bytes: int,
        window: int,
        batch_units: int,
        cum: int = 0,
        hasher: Hasher | None = None,
    ) -> None:
        self._manifest = manifest
        self._unit_bytes = SEGMENT_BYTES if manifest.is_envelope else unit_bytes
        self._window = window
        self._batch_units = batch_units
        self._next = cum
        self._hasher = hasher or hashlib.sha256()
        self._deliveries: deque[_Delivery] = deque()
        self._batches: dict[int, _Delivery] = {}
        self._serial = 0
        self.cum = cum
        """Units that were acknowledged."""

    @property
    def prefix(self) -> bytes:
        """SHA-256 of all that came out so far, 32 bytes."""
        return self._hasher.digest()

    def data(self, first: int, count: int, data: bytes) -> list[Batch]:
        """Take one UP_DATA.

        Raises TransferRefused(ORDER) unless it is the next, inside the file and the window, and
        ProtocolError(DECODE) unless it is `count` units.
        """
        self._check_length(count, len(data))
        self._check_place(first, count)
        self._next = first + count
        return self._cut(first, count, data)

    def opened(self, serial: int, plaintext: bytes | None) -> list[Piece]:
        """Take a batch's result: all of its plaintext, or None.

        Gives what is next in the file now. Raises TransferRefused(CRYPTO) for an UP_DATA of
        which any unit did not open, once the whole of it was tried.
        """
        delivery = self._batches.pop(serial)
        delivery.plain[serial] = plaintext
        delivery.waiting -= 1
        pieces = []
        while self._deliveries and not self._deliveries[0].waiting:
            pieces.append(self._piece(self._deliveries.popleft()))
        return pieces

    def written(self, cum: int) -> None:
        """The piece that ends at `cum` is on its way to the disk and is acknowledged now."""
        self.cum = cum

    def finish(self) -> None:
        """UP_FIN came. Raises TransferRefused: ORDER if it is early, HASH if the file differs."""
        if self.cum != self._manifest.total:
            raise TransferRefused(ErrorCode.ORDER, "UP_FIN before the last acknowledgement")
        if not equal(self.prefix, self._manifest.sha256):
            raise TransferRefused(ErrorCode.HASH, "the file is not the one that was offered")

    def _check_length(self, count: int, length: int) -> None:
        """Whether a segment is as long as its place wants, its cipher says: CRYPTO, not DECODE."""
        if self._manifest.is_envelope:
            if count != 1 or length > SEGMENT_BYTES:
                raise decode_error("not one segment")
            return
        if not 1 <= count <= UNITS_PER_DATA or length != count * self._unit_bytes:
            raise decode_error("units of a wrong length")
        if length > DATA_BYTES:
            raise decode_error("too many bytes in one UP_DATA")

    def _check_place(self, first: int, count: int) -> None:
        if first != self._next:
            raise TransferRefused(ErrorCode.ORDER, f"unit {first} where {self._next} is next")
        if first + count > self._manifest.total:
            raise TransferRefused(ErrorCode.ORDER, "more units than were offered")
        if first + count > self.cum + self._window:
            raise TransferRefused(ErrorCode.ORDER, "beyond the window")

    def _cut(self, first: int, count: int, data: bytes) -> list[Batch]:
        size = self._unit_bytes
        units = [data[at : at + size] for at in range(0, len(data), size)]
        starts = range(0, count, self._batch_units)
        delivery = _Delivery(first, count, waiting=len(starts))
        self._deliveries.append(delivery)
        batches = []
        for at in starts:
            self._serial += 1
            self._batches[self._serial] = delivery
            part = tuple(units[at : at + self._batch_units])
            batches.append(Batch(self._serial, first + at, part))
        return batches

    def _piece(self, delivery: _Delivery) -> Piece:
        parts = [delivery.plain[serial] for serial in sorted(delivery.plain)]
        data = b"".join(part for part in parts if part is not None)
        if None in parts:
            raise TransferRefused(ErrorCode.CRYPTO, UNOPENED)
        self._hasher.update(data)
        cum = delivery.first + delivery.count
        offset = delivery.first * self._manifest.chunk
        return Piece(offset, data, cum, self._hasher.digest())
