"""Uploads inside the server's core (PROTOCOL section 6): offers in, files and receipts out.

One upload a connection goes through the stages of upload.py. Every method gives the actions
that follow; messages may raise ProtocolError, which ends their connection. It owns no file and
no key: the disk answers by upload_io.py's events, RSA is the workers'.
"""

from collections.abc import Callable, Iterator, Sequence

from rsachat.crypto.jobs import Priority
from rsachat.crypto.rsa import PublicKey
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.io_events import SubmitJob
from rsachat.protocol.manifest import Manifest, decode_manifest
from rsachat.protocol.messages import (
    UpAbort,
    UpAck,
    UpData,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
)
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.chunk_jobs import KEY, ChunkJobs
from rsachat.server.disk_queue import DiskQueue
from rsachat.server.events import Announce
from rsachat.server.notices import TransferRow
from rsachat.server.offers import OfferRules
from rsachat.server.upload import Stage, Upload, Uploader
from rsachat.server.upload_book import UploadBook
from rsachat.server.upload_ends import UploadEnds, close_part, name_taken, tell
from rsachat.server.upload_io import (
    Actions,
    Committed,
    DiskFailed,
    Examined,
    NotCommitted,
    PartOpened,
    PartRead,
    PartWritten,
    RemovePart,
    SendMessage,
    StoreEvent,
    StoreFailed,
    Target,
    UploadJobs,
    Usage,
    WritePart,
)
from rsachat.server.upload_opening import UploadOpening, window_of
from rsachat.settings import TransferLimits


class Receiving:
    """All uploads of one server. `jobs` makes disk jobs, `new_job_id` numbers all jobs."""

    def __init__(
        self,
        identity: PublicKey,
        ambient: Ambient,
        limits: TransferLimits,
        jobs: UploadJobs,
        new_job_id: Callable[[], int],
    ) -> None:
        self._ambient = ambient
        self._limits = limits
        self._jobs = jobs
        self._new_job_id = new_job_id
        self._book = UploadBook()
        self._rules = OfferRules(identity, ambient, limits)
        self._disk = DiskQueue(new_job_id)
        self._chunks = ChunkJobs(new_job_id)
        self._ends = UploadEnds(self._book, self._disk, self._chunks, self._rules)
        self._opening = UploadOpening(self._book, self._chunks, self._ends, limits, identity.size)
        self._survey_job: int | None = None
        self._survey_at = ambient.monotonic()

    # what a connection says

    def offer(self, conn: int, who: Uploader, message: UpOffer) -> Actions:
        """UP_OFFER: a new transfer, or one to go on with."""
        manifest = decode_manifest(message.manifest)
        again = self._book.of_conn(conn, manifest.tid)
        try:
            if again is None and self._book.of_conn(conn) is not None:
                raise TransferRefused(ErrorCode.QUOTA, "one upload at a time a connection")
            name = self._rules.check(manifest, who.key)
        except TransferRefused as refused:
            out = self._ends.drop(again) if again is not None else []
            return out + self._ends.refuse(conn, who, manifest, refused)
        out = self._ends.drop(again) if again is not None else []
        out += self._take_over(manifest)
        upload = self._book.enter(conn, who, manifest, name, self._ambient.wall_ms())
        job = self._jobs.examine(manifest, who.name, name)
        return [*out, *self._disk.submit(manifest.fp_from, upload.part, job)]

    def data(self, conn: int, message: UpData) -> Actions:
        """UP_DATA: some chunks."""
        upload = self._book.of_conn(conn, message.tid)
        if upload is None:
            return self._ends.unknown(conn, message.tid)
        try:
            batches = upload.receiver.data(message.first, message.count, message.data)
        except TransferRefused as refused:
            return self._ends.abort(upload, refused)
        if not upload.manifest.is_envelope:
            return [*self._chunks.submit(upload, batches)]
        # A segment costs less to open than to carry to a worker and back.
        (batch,) = batches
        return self._opened(upload, batch.serial, upload.open_segment(batch))

    def fin(self, conn: int, message: UpFin) -> Actions:
        """UP_FIN: all chunks were acknowledged."""
        upload = self._book.of_conn(conn, message.tid)
        if upload is None:
            return self._ends.unknown(conn, message.tid)
        try:
            upload.receiver.finish()
        except TransferRefused as refused:
            return self._ends.abort(upload, refused)
        return self._commit(upload)

    def abort(self, conn: int, message: UpAbort) -> Actions:
        """UP_ABORT by the sender; never answered."""
        upload = self._book.of_conn(conn, message.tid)
        return self._ends.given_up(upload, message.code) if upload is not None else []

    def closed(self, conn: int) -> Actions:
        """The connection is gone; what it began can be gone on with."""
        self._book.forget_conn(conn)
        upload = self._book.of_conn(conn)
        return self._ends.disconnected(upload) if upload is not None else []

    # what workers and the disk answer

    def job_finished(self, job_id: int, result: object) -> Actions:
        """A result; one that nobody waits for any more is dropped."""
        if job_id in self._chunks:
            return self._opened(*self._chunks.take(job_id), result)
        if job_id in self._disk:
            part, following = self._disk.finished(job_id)
            upload = self._book.of_part(part)
            return [*following, *(self._answered(upload, result) if upload else [])]
        if job_id == self._survey_job:
            self._survey_job = None
            return list(self._sweep(result)) if isinstance(result, Usage) else []
        return []

    def job_failed(self, job_id: int, error: str) -> Actions:
        """A job that no worker could do."""
        return self.job_finished(job_id, DiskFailed(error))

    def store_event(self, event: StoreEvent) -> Actions:
        """What the disk answers to a StoreAction."""
        upload = self._book.of_part(event.part)
        if upload is None or upload.stage is Stage.COMMITTING:
            return []
        match event:
            case PartOpened():
                return self._opening.opened(upload, event)
            case PartRead():
                return self._opening.part_read(upload, event.data)
            case PartWritten():
                return self._part_written(upload)
            case StoreFailed():
                return self._ends.abort(upload, TransferRefused(ErrorCode.IO, event.reason))

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called, in monotonic seconds."""
        return None if self._survey_job is not None else self._survey_at

    def tick(self) -> Actions:
        """Looks for parts that were left behind, now and then."""
        now = self._ambient.monotonic()
        if self._survey_job is not None or now < self._survey_at:
            return []
        self._survey_at = now + self._limits.survey_every
        self._survey_job = self._new_job_id()
        return [SubmitJob(self._survey_job, self._jobs.survey(), Priority.IDLE)]

    def rows(self) -> Sequence[TransferRow]:
        """The uploads under way, for a screen."""
        return [upload.row() for upload in self._book]

    # from the offer to READY

    def _take_over(self, manifest: Manifest) -> Actions:
        """The newest connection goes on with a transfer; the one before is told."""
        before = self._book.of_key(manifest.key)
        if before is None or before.conn is None:
            return []
        self._book.note_abort(before.conn, manifest.tid)
        told = SendMessage(before.conn, UpAbort(manifest.tid, ErrorCode.TAKEN))
        return [told, *self._ends.drop(before)]

    def _answered(self, upload: Upload, result: object) -> Actions:
        match result:
            case Examined():
                return self._examined(upload, result)
            case Committed():
                return self._committed(upload, result.receipt)
            case NotCommitted():
                return self._ends.abort(upload, name_taken())
            case DiskFailed():
                return self._ends.abort(upload, TransferRefused(ErrorCode.IO, result.reason))
            case _:
                raise TypeError(f"{type(result).__name__} is no answer of the disk")

    def _examined(self, upload: Upload, seen: Examined) -> Actions:
        manifest = upload.manifest
        if seen.known_mh not in (None, upload.mh):
            detail = "another file was offered under this number"
            return self._ends.abort(upload, TransferRefused(ErrorCode.TID_CONFLICT, detail))
        if seen.receipt is not None:
            told = self._ready_done(upload, seen.receipt)
            left = RemovePart(upload.key)  # by a commit that was killed after its receipt
            return [*told, *self._ends.drop(upload), left]
        if seen.target is Target.SAME:
            return self._commit(upload)
        replaces = seen.target is Target.OTHER and manifest.replace
        if seen.target is not Target.ABSENT and not replaces:
            return self._ends.abort(upload, name_taken())
        return self._opening.open(upload, seen)

    # from READY to the receipt

    def _opened(self, upload: Upload, serial: int, result: object) -> Actions:
        if isinstance(result, DiskFailed):
            return self._ends.abort(upload, TransferRefused(ErrorCode.IO, result.reason))
        if serial == KEY:
            return self._opening.unwrapped(upload, result)
        plain = result if isinstance(result, bytes) else None
        try:
            pieces = upload.receiver.opened(serial, plain)
        except TransferRefused as refused:
            return self._ends.abort(upload, refused)
        upload.writing.extend(pieces)
        return [WritePart(upload.part, piece.offset, piece.data) for piece in pieces]

    def _part_written(self, upload: Upload) -> Actions:
        piece = upload.writing.popleft()
        upload.receiver.written(piece.cum)
        return tell(upload, UpAck(upload.manifest.tid, piece.cum, piece.prefix))

    def _commit(self, upload: Upload) -> Actions:
        """Give the file its name; where it has it already, this makes a fresh receipt."""
        upload.stage = Stage.COMMITTING
        manifest, now_ms = upload.manifest, self._ambient.wall_ms()
        job = self._jobs.commit(manifest, upload.who.name, upload.name, now_ms)
        submitted = self._disk.submit(manifest.fp_from, upload.part, job)
        return [*close_part(upload), *submitted]

    def _committed(self, upload: Upload, receipt: bytes) -> Actions:
        if upload.machine is None:
            out = self._ready_done(upload, receipt)
        else:
            out = tell(upload, UpReceipt(upload.manifest.tid, receipt))
            out.append(Announce(upload.finished()))
        self._book.strike(upload)
        return out

    def _ready_done(self, upload: Upload, receipt: bytes) -> Actions:
        """Nothing needs to be sent: the file is here."""
        manifest, window = upload.manifest, window_of(upload, self._limits)
        ready = UpReady(manifest.tid, manifest.total, manifest.sha256, window, receipt)
        return tell(upload, ready)

    def _sweep(self, usage: Usage) -> Iterator[RemovePart]:
        claims = self._book.claims()
        for waiting in usage.unfinished:
            if waiting.idle > self._limits.part_idle and waiting.key not in claims:
                yield RemovePart(waiting.key)
