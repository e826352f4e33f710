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
from rsachat.client.known_hash import KnownHash
from rsachat.client.offering import Offer, Terms, can_go_on, is_same_source, new_offer
from rsachat.client.upload_io import (
    Delivered,
    DropManifest,
    HashSource,
    NotDelivered,
    Progress,
    ReadSource,
    Remark,
    Saved,
    SaveManifest,
    SendMessage,
    SourceHashed,
)
from rsachat.crypto.jobs import EncryptChunks, Priority, Sign
from rsachat.crypto.kdf import equal
from rsachat.crypto.segments import SegmentCipher
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
from rsachat.protocol.transfer import Mode, TransferRefused
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

Failure = Callable[[str], RsachatError]

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
    """One source. `saved` is the offer of an earlier try, if there is one."""

    def __init__(
        self,
        terms: Terms,
        limits: TransferLimits,
        new_job_id: Callable[[], int],
        saved: Offer | None = None,
    ) -> None:
        self._terms = terms
        self._limits = limits
        self._new_job_id = new_job_id
        self._saved = saved
        self._offer: Offer | None = None
        self._mh = b""
        self._cipher: SegmentCipher | None = None
        self._machine: SendMachine | None = None
        self._hashed: SourceHashed | None = None
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

    def source_hashed(self, hashed: SourceHashed) -> Actions:
        """The whole source was hashed: offer it, by the saved manifest if it is the same."""
        if self.stage is not Stage.HASHING:
            return []
        if hashed.size > self._max_size:
            return self._fail(self._too_large(hashed.size))
        self._hashed = hashed
        offer = new_offer(self._terms, hashed.size, hashed.sha256)
        saved, self._saved = self._saved, None
        if saved is not None and can_go_on(saved, offer):
            return [*self._said_differing(), *self._make_offer(saved)]
        if saved is not None and not is_same_source(saved, offer):
            return self._changed(offer)
        return self._sign(offer)

    def source_read(self, number: int, data: bytes) -> Actions:
        """The answer to a ReadSource."""
        if number not in self._reads:
            return []
        wanted = self._reads.pop(number)
        try:
            return self._compare_more(data) if wanted is None else self._encrypt(wanted, data)
        except SourceChanged:
            return self._again(ErrorCode.CANCELLED, upload_errors.kept_changing)

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
        offer = Offer(manifest, self._current.file_key)
        saved = Saved(manifest.encode(), offer.file_key)
        return [SaveManifest(saved), *self._make_offer(offer)]

    def job_failed(self, job_id: int, error: str) -> Actions:
        """A job that no worker could do."""
        if job_id not in self._jobs:
            return []
        return self._give_up(upload_errors.worker_failed(self._terms.name, error))

    # the server

    def message(self, message: Message) -> Actions:
        """What the server says. Raises ProtocolError for what it may not say now."""
        if self.stage is Stage.OVER or getattr(message, "tid", None) != self._tid:
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
        if self._cipher is not None and self._hashed is not None:
            self._compared = min(ready.cum * self._offered.chunk, self._offered.size)
            self._hasher = KnownHash(self._hashed, self._compared)
        return self._compare()

    def _on_ack(self, ack: UpAck) -> Actions:
        try:
            freed = self._sending.acknowledged(ack)
        except TransferRefused:
            return self._again(ErrorCode.HASH, upload_errors.kept_differing)
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
            server=self._terms.server.spki,
        )
        return [DropManifest(), delivered]

    # steps

    def _make_offer(self, offer: Offer) -> Actions:
        manifest = offer.manifest
        self.stage, self._offer, self._mh = Stage.OFFERED, offer, manifest.mh
        self._cipher = SegmentCipher(offer.file_key, self._mh) if manifest.is_envelope else None
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
            return self._again(ErrorCode.HASH, upload_errors.kept_differing)
        return self._begin(ready)

    def _compare_more(self, data: bytes) -> Actions:
        if not data:
            raise SourceChanged
        self._hasher.update(data)
        self._compared += len(data)
        return self._compare()

    def _begin(self, ready: UpReady) -> Actions:
        self.stage, limits = Stage.SENDING, self._limits
        segments = self._cipher is not None
        self._machine = SendMachine(
            self._offered,
            ready.cum,
            ready.window,
            self._hasher,
            first_units=limits.units_at_first,
            data_units=1 if segments else limits.units_per_message,
            ahead=limits.envelope_ahead if segments else limits.read_ahead,
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
        if self._cipher is not None:
            # A segment costs less to seal than to carry to a worker and back.
            unit = self._cipher.seal(wanted.first, wanted.first == total - 1, data)
            return [*map(SendMessage, self._sending.sealed(wanted, unit))]
        job = EncryptChunks(to, self._mh, wanted.first, total, data)
        return [SubmitJob(self._job(wanted), job, Priority.BULK)]

    def _again(self, code: ErrorCode, error: Failure) -> Actions:
        """Two ends differ, or the source from its offer: hash it again to see which, and offer."""
        abort = SendMessage(UpAbort(self._offered.tid, code))
        if self._offers >= OFFERS:
            return [abort, *self._fail(error(self._terms.name))]
        self._forget()
        self.stage, self._saved, self._offer = Stage.HASHING, self._offer, None
        return [abort, HashSource()]

    def _said_differing(self) -> Actions:
        if not self._offers:
            return []
        return [Remark(f"the server's part of {self._terms.name} differs: sending it anew")]

    def _changed(self, offer: Offer) -> Actions:
        """It is not what was offered in an earlier try, or a moment ago: a new transfer."""
        name, midway = self._terms.name, self._offers > 0
        if midway and self._restarts >= RESTARTS:
            return [DropManifest(), *self._fail(upload_errors.kept_changing(name))]
        self._restarts += midway
        self._offers = 0
        when = "while it was being sent" if midway else "since the last try"
        return [Remark(f"{name} has changed {when}: starting anew"), *self._sign(offer)]

    def _sign(self, offer: Offer) -> Actions:
        self.stage, self._offer = Stage.SIGNING, offer
        return [SubmitJob(self._job(None), Sign(SIGN_LABEL, offer.manifest.mh), Priority.URGENT)]

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
    def _current(self) -> Offer:
        assert self._offer is not None, "an offer comes with the source's hash"
        return self._offer

    @property
    def _offered(self) -> Manifest:
        return self._current.manifest

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
        return self._offer.manifest.tid if self._offer is not None else None

    def _read(self, wanted: Wanted | None, offset: int, length: int) -> ReadSource:
        self._last_read += 1
        self._reads[self._last_read] = wanted
        return ReadSource(self._last_read, offset, length, later=wanted is None)

    def _job(self, wanted: Wanted | None) -> int:
        job_id = self._new_job_id()
        self._jobs[job_id] = wanted
        return job_id

    def _progress(self) -> Progress:
        manifest, machine = self._offered, self._sending
        done, sent = (min(n * manifest.chunk, manifest.size) for n in (machine.cum, machine.sent))
        return Progress(done, manifest.size, machine.cum, manifest.total, sent)

    @property
    def _max_size(self) -> int:
        terms = self._terms
        if terms.mode is Mode.ENVELOPE:
            return terms.max_file
        return min(terms.max_rsa, terms.max_file)

    def _too_large(self, size: int) -> RsachatError:
        return upload_errors.too_large(
            self._terms.name,
            amounts.size(self._max_size),
            envelope=self._terms.mode is Mode.ENVELOPE,
            fits_envelope=size <= self._terms.max_file,
        )
