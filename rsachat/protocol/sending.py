"""The sender's machine of one transfer (PROTOCOL 6.2, 6.4): what to read, send and believe.

It says which chunks to read next, puts the encrypted ones in order, keeps to the receiver's
window, and compares every acknowledgement with its own running hash: so an acknowledgement
proves that the receiver decrypted the right bytes. It knows no file, worker or connection.
"""

from collections import deque
from dataclasses import dataclass

from rsachat.crypto.kdf import equal
from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode, ErrorCode
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.messages import UpAck, UpData
from rsachat.protocol.receiving import Hasher
from rsachat.protocol.transfer import TransferRefused, units_length


class SourceChanged(Exception):
    """The file's bytes are not those of the manifest any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Chunks to read and encrypt: `count` from `first` on, `length` bytes at `offset`."""

    first: int
    count: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class _Expected:
    """An UP_DATA's end and the hash of the file up to there."""

    cum: int
    prefix: bytes


class SendMachine:
    """From READY (its `cum`, `window` and prefix hash already compared) to the last ACK.

    `hasher` has hashed the first `cum` units. `ahead` is how many units may be encrypted
    beyond the window, so that it never runs dry. The first UP_DATA
    has `first_units`, each next one as many as all before it, up to `data_units`: so a link that
    dies soon, each time, leaves something stored.
    """

    def __init__(
        self,
        manifest: Manifest,
        cum: int,
        window: int,
        hasher: Hasher,
        *,
        first_units: int,
        data_units: int,
        ahead: int,
    ) -> None:
        self._manifest = manifest
        self._window = window
        self._hasher = hasher
        self._data_units = min(data_units, window)
        self._ahead = ahead
        self._began = cum
        self._first_units = first_units
        self._asked = cum
        self._read = cum
        self.sent = cum
        """Units that have been given out to be sent, or were there before."""
        self._expected: deque[_Expected] = deque()
        self._sealed: dict[int, tuple[int, bytes]] = {}
        self.cum = cum
        """Units that the receiver acknowledged."""

    @property
    def complete(self) -> bool:
        """Whether every unit is acknowledged: UP_FIN may go."""
        return self.cum == self._manifest.total

    def wanted(self) -> Wanted | None:
        """The next chunks to read, or None until an acknowledgement makes room."""
        first = self._asked
        limit = min(self._manifest.total, self.cum + self._window + self._ahead)
        usual = min(self._data_units, max(self._first_units, first - self._began))
        count = min(usual, limit - first)
        whole = count == usual or first + count == self._manifest.total
        if count <= 0 or not whole:
            return None
        self._asked = first + count
        chunk = self._manifest.chunk
        length = units_length(first, count, self._manifest.size, chunk)
        return Wanted(first, count, first * chunk, length)

    def plain(self, wanted: Wanted, data: bytes) -> None:
        """Take the bytes read, in the order of `wanted`. Raises SourceChanged."""
        if len(data) != wanted.length or wanted.first != self._read:
            raise SourceChanged
        self._hasher.update(data)
        self._read = wanted.first + wanted.count
        digest = self._hasher.digest()
        if self._read == self._manifest.total and not equal(digest, self._manifest.sha256):
            raise SourceChanged
        self._expected.append(_Expected(self._read, digest))

    def sealed(self, wanted: Wanted, units: bytes) -> list[UpData]:
        """Take encrypted chunks, in any order; gives what may be sent now."""
        self._sealed[wanted.first] = (wanted.count, units)
        return self._sendable()

    def acknowledged(self, ack: UpAck) -> list[UpData]:
        """Take an UP_ACK; gives what its room allows to send.

        Raises TransferRefused(HASH) if the receiver's bytes differ, ProtocolError(UNEXPECTED)
        if it acknowledges what was not sent.
        """
        if not self._expected or ack.cum != self._expected[0].cum or ack.cum > self.sent:
            raise ProtocolError(AlertCode.UNEXPECTED, "acknowledgement of what was not sent")
        if not equal(self._expected.popleft().prefix, ack.prefix):
            raise TransferRefused(ErrorCode.HASH, "the receiver's bytes differ")
        self.cum = ack.cum
        return self._sendable()

    def _sendable(self) -> list[UpData]:
        out = []
        while self.sent in self._sealed:
            count, units = self._sealed[self.sent]
            if self.sent + count > self.cum + self._window:
                break
            del self._sealed[self.sent]
            out.append(UpData(self._manifest.tid, self.sent, count, units))
            self.sent += count
        return out
