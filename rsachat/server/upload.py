"""What the server keeps for one upload that a connection works on."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from rsachat.crypto.rsa import PublicKey
from rsachat.crypto.segments import TAG, SegmentCipher
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.receiving import Batch, Hasher, Piece, ReceiveMachine
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey, TransferRefused, units_length
from rsachat.server.notices import TransferRow, UploadDone, UploadFailed, UploadStarted
from rsachat.server.quotas import Claim


@dataclass(frozen=True, slots=True)
class Uploader:
    """Who uploads: the name it is known by, `address` as `ip:port`, and its proven key."""

    name: str
    address: str
    key: PublicKey


class Stage(Enum):
    """How far an upload has come; it only moves down this list."""

    EXAMINING = "a worker looks at what the disk has"
    OPENING = "the part file is being opened"
    REHASHING = "what is there from an earlier try is being hashed"
    UNWRAPPING = "a worker opens the key of an envelope"
    RECEIVING = "chunks come in"
    COMMITTING = "a worker gives the file its name and signs the receipt"


@dataclass(slots=True, eq=False)
class Upload:
    """`part` is its number here, `conn` None once nobody waits for the answer any more.

    `mh` is the manifest's hash. `kept` bytes were here from an earlier try, `hashed` of them
    are hashed; `writing` holds what is on its way to the disk, to be acknowledged then. An
    envelope has a `cipher` from its unwrapping on.
    """

    part: int
    conn: int | None
    who: Uploader
    manifest: Manifest
    mh: bytes
    name: StoredName
    started_ms: int
    hasher: Hasher
    stage: Stage = Stage.EXAMINING
    is_open: bool = False
    kept: int = 0
    hashed: int = 0
    cipher: SegmentCipher | None = None
    machine: ReceiveMachine | None = None
    writing: deque[Piece] = field(default_factory=deque)

    @property
    def key(self) -> TransferKey:
        return self.manifest.key

    @property
    def done(self) -> int:
        """Bytes that are stored."""
        if self.machine is None:
            return self.kept
        return min(self.machine.cum * self.manifest.chunk, self.manifest.size)

    @property
    def claim(self) -> Claim:
        """What it takes of quota and space."""
        return Claim(self.manifest.size, self.manifest.size - self.done)

    @property
    def receiver(self) -> ReceiveMachine:
        """The machine. Raises TransferRefused(ORDER) where no chunk or end may come yet."""
        if self.stage is not Stage.RECEIVING or self.machine is None:
            raise TransferRefused(ErrorCode.ORDER, "not ready for this")
        return self.machine

    def open_segment(self, batch: Batch) -> bytes | None:
        """The plaintext of an envelope's unit, None if it is not what belongs there."""
        manifest, (unit,) = self.manifest, batch.units
        length = units_length(batch.first, 1, manifest.size, manifest.chunk)
        if self.cipher is None or len(unit) != length + TAG:
            return None
        return self.cipher.open(batch.first, batch.first == manifest.total - 1, unit)

    def started(self) -> UploadStarted:
        who, size = self.who, self.manifest.size
        return UploadStarted(who.name, who.address, self.name, size, self.kept)

    def finished(self) -> UploadDone:
        who, manifest = self.who, self.manifest
        sha256 = manifest.sha256.hex()
        return UploadDone(who.name, who.address, self.name, manifest.size, sha256, manifest.total)

    def failed(self, reason: str) -> UploadFailed:
        return UploadFailed(self.who.name, self.who.address, self.name, reason)

    def row(self) -> TransferRow:
        """For the server's screen."""
        size = self.manifest.size
        return TransferRow(self.who.name, self.name, self.done, size, self.started_ms)
