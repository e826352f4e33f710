"""The sending side of one upload over one connection (PROTOCOL section 6).

Every method takes what happened and gives the actions that follow; messages may raise
ProtocolError, after which the connection is of no use. It owns no file, key or connection: the
shell reads, saves and sends, workers hash, sign and encrypt. Only the receipt makes it done.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from rsachat import amounts
from rsachat.client import upload_errors
from rsachat.client.offering import Terms, can_go_on, is_same_source, new_manifest
from rsachat.client.upload_io import (
    Delivered,
    DropManifest,
    HashSource,
    NotDelivered,
    Progress,
    ReadSource,
    Remark,
    SaveManifest,
    SendMessage,
)
from rsachat.crypto.jobs import EncryptChunks, Priority, Sign
from rsachat.crypto.kdf import equal
from rsachat.errors import ProtocolError, RsachatError
from rsachat.protocol.codes import AlertCode, ErrorCode
from rsachat.protocol.io_events import SubmitJob
from rsachat.protocol.manifest import SIGN_LABEL, Manifest
from rsachat.protocol.messages import (
    Message,
    UpAbort,
    UpAck,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
)
from rsachat.protocol.receipt import decode_receipt
from rsachat.protocol.receiving import Hasher
from rsachat.protocol.sending import SendMachine, SourceChanged, Wanted
from rsachat.protocol.transfer import TransferRefused
from rsachat.settings import TransferLimits

UploadAction = (
    SendMessage
    | SubmitJob
    | HashSource
    | ReadSource
    | SaveManifest
    | DropManifest
    | Progress
    | Remark
    | Delivered
    | NotDelivered
)
Actions = list[UploadAction]

RESTARTS = 2  # new transfers because the source changed meanwhile
OFFERS = 2  # of one transfer, where the server's bytes differ from ours
KEPT = frozenset(
    {ErrorCode.QUOTA, ErrorCode.ORDER, ErrorCode.IO, ErrorCode.UNKNOWN_TID, ErrorCode.TAKEN}
)
"""UP_ABORT codes after which a later run can go on with the same manifest."""


class Stage(Enum):
    """How far this upload has come."""

    HASHING = "the source is being hashed"
    SIGNING = "the manifest is being signed"
    OFFERED = "the server has the offer"
    COMPARING = "the part that the server has is compared"
    SENDING = "chunks are on their way"
    FINISHING = "the server writes its receipt"
    OVER = "nothing more happens"


class Uploading:
    """One source. `saved` is the manifest of an earlier try, if there is one."""

    def __init__(
        self,
        terms: Terms,
        limits: TransferLimits,
        new_job_id: Callable[[], int],
        saved: Manifest | None = None,
    ) -> None:
        self._terms = terms
        self._limits = limits
        self._new_job_id = new_job_id
        self._saved = saved
        self._manifest: Manifest | None = None
        self._mh = b""
        self._machine: SendMachine | None = None
        self._hasher: Hasher = hashlib.sha256()
        self._ready: UpReady | None = None
        self._reads: dict[int, Wanted | None] = {}
        self._last_read = 0
        self._jobs: dict[int, Wanted | None] = {}
        self._compared = 0
        self._restarts = 0
        self._offers = 0
        self.stage = Stage.HASHING

    def start(self) -> Actions:
        return [HashSource()]

    # the source

    def source_hashed(self, size: int, sha256: bytes) -> Actions:
        """The whole source was hashed: offer it, by the saved manifest if it is the same."""
        if self.stage is not Stage.HASHING:
            return []
        if size > self._terms.max_size:
            limit = amounts.size(self._terms.max_size)
            return self._fail(upload_errors.too_large(self._terms.name, limit))
        manifest = new_manifest(self._terms, size, sha256)
        saved, self._saved = self._saved, None
        if saved is not None and can_go_on(saved, manifest):
            return self._offer(saved)
        out: Actions = []
        if saved is not None and not is_same_source(saved, manifest):
            out.append(Remark(f"{self._terms.name} has changed since the last try: starting anew"))
        self.stage, self._manifest = Stage.SIGNING, manifest
        job_id = self._job(None)
        return [*out, SubmitJob(job_id, Sign(SIGN_LABEL, manifest.mh), Priority.URGENT)]

    def source_read(self, number: int, data: bytes) -> Actions:
        """The answer to a ReadSource."""
        if number not in self._reads:
            return []
        wanted = self._reads.pop(number)
        try:
            return self._compare_more(data) if wanted is None else self._encrypt(wanted, data)
        except SourceChanged:
            return self._start_anew()

    def source_failed(self, error: RsachatError) -> Actions:
        """The source cannot be read."""
        return self._give_up(error)

    # the workers

    def job_finished(self, job_id: int, result: object) -> Actions:
        """A signature or encrypted chunks; what nobody waits for any more is dropped."""
        if job_id not in self._jobs or not isinstance(result, bytes):
            return []
        wanted = self._jobs.pop(job_id)
        if wanted is not None:
            return [SendMessage(data) for data in self._sending.sealed(wanted, result)]
        manifest = replace(self._offered, signature=result)
        return [SaveManifest(manifest.encode()), *self._offer(manifest)]

    def job_failed(self, job_id: int, error: str) -> Actions:
        """A job that no worker could do."""
        if job_id not in self._jobs:
            return []
        return self._give_up(upload_errors.worker_failed(self._terms.name, error))

    # the server

    def message(self, message: Message) -> Actions:
        """What the server says. Raises ProtocolError for what it may not say now."""
        if getattr(message, "tid", None) != self._tid:
            return []  # about a transfer that this side gave up
        match message, self.stage:
            case UpAbort(), _:
                return self._on_abort(message.code)
            case UpReady(), Stage.OFFERED:
                return self._on_ready(message)
            case UpAck(), Stage.SENDING:
                return self._on_ack(message)
            case UpAck(), Stage.OFFERED if self._offers > 1:
                return []  # it was on its way when the transfer was offered again
            case UpReceipt(), Stage.FINISHING:
                return self._on_receipt(message.receipt, already=False)
        raise ProtocolError(AlertCode.UNEXPECTED, f"{type(message).__name__} out of turn")

    def _on_abort(self, code: int) -> Actions:
        dropped: Actions = [] if code in KEPT else [DropManifest()]
        return [*dropped, *self._fail(upload_errors.aborted(self._terms.name, code))]

    def _on_ready(self, ready: UpReady) -> Actions:
        if ready.receipt:
            return self._on_receipt(ready.receipt, already=True)
        if ready.cum > self._offered.total or not ready.window:
            raise ProtocolError(AlertCode.UNEXPECTED, "a READY of more than was offered")
        self.stage, self._ready = Stage.COMPARING, ready
        self._hasher, self._compared = hashlib.sha256(), 0
        return self._compare()

    def _on_ack(self, ack: UpAck) -> Actions:
        try:
            freed = self._sending.acknowledged(ack)
        except TransferRefused:
            return self._offer_again()
        return [*map(SendMessage, freed), self._progress(), *self._go_on()]

    def _on_receipt(self, data: bytes, *, already: bool) -> Actions:
        """The only proof of delivery; nothing counts as done without it."""
        receipt, manifest = decode_receipt(data), self._offered
        if not receipt.proves(manifest, self._terms.server):
            return self._fail(upload_errors.forged_receipt(self._terms.name))
        self._end()
        delivered = Delivered(
            size=manifest.size,
            chunks=manifest.total,
            sha256=manifest.sha256,
            time_ms=receipt.time_ms,
            already=already,
            manifest=manifest.encode(),
            receipt=data,
        )
        return [DropManifest(), delivered]

    # steps

    def _offer(self, manifest: Manifest) -> Actions:
        self.stage, self._manifest, self._mh = Stage.OFFERED, manifest, manifest.mh
        self._offers += 1
        self._forget()
        return [SendMessage(UpOffer(manifest.encode()))]

    def _compare(self) -> Actions:
        """Hash as much of the source as the server has, a slice at a time, and compare."""
        manifest, ready = self._offered, self._answer
        left = min(ready.cum * manifest.chunk, manifest.size) - self._compared
        if left:
            return [self._read(None, self._compared, min(left, self._limits.rehash_slice))]
        if not equal(self._hasher.digest(), ready.prefix):
            return self._offer_again()
        return self._begin(ready)

    def _compare_more(self, data: bytes) -> Actions:
        if not data:
            raise SourceChanged
        self._hasher.update(data)
        self._compared += len(data)
        return self._compare()

    def _begin(self, ready: UpReady) -> Actions:
        self.stage = Stage.SENDING
        self._machine = SendMachine(
            self._offered,
            ready.cum,
            ready.window,
            self._hasher,
            data_units=self._limits.units_per_message,
            ahead=self._limits.read_ahead,
        )
        return [self._progress(), *self._go_on()]

    def _go_on(self) -> Actions:
        """Read ahead as far as the window allows; after the last acknowledgement, UP_FIN."""
        machine = self._sending
        if machine.complete:
            self.stage = Stage.FINISHING
            return [SendMessage(UpFin(self._offered.tid))]
        out: Actions = []
        while (wanted := machine.wanted()) is not None:
            out.append(self._read(wanted, wanted.offset, wanted.length))
        return out

    def _encrypt(self, wanted: Wanted, data: bytes) -> Actions:
        self._sending.plain(wanted, data)
        total, to = self._offered.total, self._terms.server.spki
        job = EncryptChunks(to, self._mh, wanted.first, total, data)
        return [SubmitJob(self._job(wanted), job, Priority.BULK)]

    def _offer_again(self) -> Actions:
        """The server's bytes differ from ours: it shall drop them and begin anew, once."""
        abort = SendMessage(UpAbort(self._offered.tid, ErrorCode.HASH))
        if self._offers >= OFFERS:
            return [abort, *self._fail(upload_errors.kept_differing(self._terms.name))]
        remark = Remark(f"the server's part of {self._terms.name} differs: sending it anew")
        return [abort, remark, *self._offer(self._offered)]

    def _start_anew(self) -> Actions:
        """The source is not what was offered any more: a new transfer."""
        abort = SendMessage(UpAbort(self._offered.tid, ErrorCode.CANCELLED))
        name = self._terms.name
        if self._restarts >= RESTARTS:
            return [abort, DropManifest(), *self._fail(upload_errors.kept_changing(name))]
        self._restarts += 1
        self._offers = 0
        self._end()
        self.stage = Stage.HASHING
        remark = Remark(f"{name} changed while it was being sent: starting anew")
        return [abort, DropManifest(), remark, HashSource()]

    def _give_up(self, error: RsachatError) -> Actions:
        """Something failed on this side; what the server has is kept for a later try."""
        told: Actions = []
        if self.stage not in (Stage.HASHING, Stage.SIGNING, Stage.OVER):
            told.append(SendMessage(UpAbort(self._offered.tid, ErrorCode.IO)))
        return told + self._fail(error)

    def _fail(self, error: RsachatError) -> Actions:
        self._end()
        return [NotDelivered(error)]

    def _end(self) -> None:
        self.stage = Stage.OVER
        self._forget()

    def _forget(self) -> None:
        """Answers that are still under way belong to nothing any more."""
        self._reads.clear()
        self._jobs.clear()
        self._machine = None

    # small things

    @property
    def _offered(self) -> Manifest:
        assert self._manifest is not None, "a manifest comes with the first offer"
        return self._manifest

    @property
    def _answer(self) -> UpReady:
        assert self._ready is not None, "READY comes before it is compared"
        return self._ready

    @property
    def _sending(self) -> SendMachine:
        assert self._machine is not None, "chunks move after READY only"
        return self._machine

    @property
    def _tid(self) -> bytes | None:
        return self._manifest.tid if self._manifest is not None else None

    def _read(self, wanted: Wanted | None, offset: int, length: int) -> ReadSource:
        self._last_read += 1
        self._reads[self._last_read] = wanted
        return ReadSource(self._last_read, offset, length, later=wanted is None)

    def _job(self, wanted: Wanted | None) -> int:
        job_id = self._new_job_id()
        self._jobs[job_id] = wanted
        return job_id

    def _progress(self) -> Progress:
        manifest, cum = self._offered, self._sending.cum
        done = min(cum * manifest.chunk, manifest.size)
        return Progress(done, manifest.size, cum, manifest.total)
