"""From a look at the disk to READY: room, the part file, its hash, and an envelope's key.

Uploads go through the stages OPENING, REHASHING and UNWRAPPING here (PROTOCOL 6.4).
"""

from rsachat.crypto.segments import SegmentCipher
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.io_events import ReadInBulk
from rsachat.protocol.messages import UpReady
from rsachat.protocol.receiving import UNOPENED, ReceiveMachine
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.chunk_jobs import ChunkJobs
from rsachat.server.events import Announce
from rsachat.server.quotas import find_room
from rsachat.server.upload import Stage, Upload
from rsachat.server.upload_book import UploadBook
from rsachat.server.upload_ends import UploadEnds, tell
from rsachat.server.upload_io import Actions, Examined, OpenPart, PartOpened, ReadPart, RemovePart
from rsachat.settings import TransferLimits


class UploadOpening:
    """Brings an upload to where chunks may come. `unit_bytes` is the length of a ciphertext."""

    def __init__(
        self,
        book: UploadBook,
        chunks: ChunkJobs,
        ends: UploadEnds,
        limits: TransferLimits,
        unit_bytes: int,
    ) -> None:
        self._book = book
        self._chunks = chunks
        self._ends = ends
        self._limits = limits
        self._unit_bytes = unit_bytes

    def open(self, upload: Upload, seen: Examined) -> Actions:
        """If there is room for it: open its part file."""
        manifest = upload.manifest
        keep = min(seen.part_bytes, manifest.size) // manifest.chunk * manifest.chunk
        claims = self._book.claims()
        room = find_room(manifest, upload.who.name, keep, seen.usage, claims, self._limits)
        if room.refusal:
            return self._ends.abort(upload, TransferRefused(ErrorCode.QUOTA, room.refusal))
        upload.stage, upload.is_open, upload.kept = Stage.OPENING, True, keep
        evicted = [RemovePart(key) for key in room.evict]
        return [*evicted, OpenPart(upload.part, upload.key, keep, manifest.encode())]

    def opened(self, upload: Upload, event: PartOpened) -> Actions:
        """The part file is open; what it kept is hashed."""
        upload.stage, upload.kept = Stage.REHASHING, event.kept
        return self._rehash(upload)

    def part_read(self, upload: Upload, data: bytes) -> Actions:
        """A slice of what was kept."""
        if not data:
            return self._ends.abort(upload, TransferRefused(ErrorCode.IO, "the part file shrank"))
        upload.hasher.update(data)
        upload.hashed += len(data)
        return self._rehash(upload)

    def _rehash(self, upload: Upload) -> Actions:
        left = upload.kept - upload.hashed
        if not left:
            return self._unwrap(upload) if upload.manifest.is_envelope else self._begin(upload)
        length = min(left, self._limits.rehash_slice)
        return [ReadPart(upload.part, upload.hashed, length)]

    def _unwrap(self, upload: Upload) -> Actions:
        upload.stage = Stage.UNWRAPPING
        return [self._chunks.unwrap(upload)]

    def unwrapped(self, upload: Upload, file_key: object) -> Actions:
        """A wrong wrap ends it as a wrong unit does."""
        if not isinstance(file_key, bytes):
            return self._ends.abort(upload, TransferRefused(ErrorCode.CRYPTO, UNOPENED))
        upload.cipher = SegmentCipher(file_key, upload.mh)
        bulk: Actions = [] if upload.conn is None else [ReadInBulk(upload.conn)]
        return [*bulk, *self._begin(upload)]

    def _begin(self, upload: Upload) -> Actions:
        manifest, window = upload.manifest, window_of(upload, self._limits)
        upload.stage = Stage.RECEIVING
        upload.machine = machine = ReceiveMachine(
            manifest,
            self._unit_bytes,
            window,
            self._limits.units_per_task,
            upload.kept // manifest.chunk,
            upload.hasher,
        )
        ready = UpReady(manifest.tid, machine.cum, machine.prefix, window, b"")
        return [*tell(upload, ready), Announce(upload.started())]


def window_of(upload: Upload, limits: TransferLimits) -> int:
    """How many units may be under way beyond the acknowledged ones."""
    return limits.envelope_window if upload.manifest.is_envelope else limits.window
