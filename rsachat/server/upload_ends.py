"""How uploads end on the server but by a receipt: refused, aborted, or left by their connection.

What is kept for a later try and what is removed is decided here (PROTOCOL 6.4).
"""

from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.messages import Message, UpAbort
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.chunk_jobs import ChunkJobs
from rsachat.server.disk_queue import DiskQueue
from rsachat.server.events import Announce
from rsachat.server.notices import UploadFailed
from rsachat.server.offers import OfferRules
from rsachat.server.upload import Stage, Upload, Uploader
from rsachat.server.upload_book import UploadBook
from rsachat.server.upload_io import Actions, ClosePart, RemovePart, SendMessage

REMOVING = frozenset({ErrorCode.CRYPTO, ErrorCode.HASH, ErrorCode.CANCELLED})
"""UP_ABORT codes after which nothing of the transfer is kept; EXISTS at its end is one more."""


class UploadEnds:
    """Strikes uploads off the book; gives what follows."""

    def __init__(
        self, book: UploadBook, disk: DiskQueue, chunks: ChunkJobs, rules: OfferRules
    ) -> None:
        self._book = book
        self._disk = disk
        self._chunks = chunks
        self._rules = rules

    def abort(self, upload: Upload, refused: TransferRefused) -> Actions:
        """End one upload by UP_ABORT; the connection lives on."""
        at_end = upload.stage is Stage.COMMITTING and upload.machine is not None
        out = tell(upload, UpAbort(upload.manifest.tid, refused.code))
        if upload.conn is not None:
            self._book.note_abort(upload.conn, upload.manifest.tid)
        out += self.drop(upload, finished=True)
        if refused.code in REMOVING or (refused.code is ErrorCode.EXISTS and at_end):
            out.append(RemovePart(upload.key))
        if refused.code is ErrorCode.CRYPTO:
            self._rules.count_failure(upload.manifest.fp_from)
        return [*out, Announce(upload.failed(refused.detail))]

    def refuse(
        self, conn: int, who: Uploader, manifest: Manifest, refused: TransferRefused
    ) -> Actions:
        """An offer that never became an upload."""
        file = manifest.name.decode("utf-8", "replace")
        notice = UploadFailed(who.name, who.address, file, refused.detail)
        return [SendMessage(conn, UpAbort(manifest.tid, refused.code)), Announce(notice)]

    def unknown(self, conn: int, tid: bytes) -> Actions:
        """Chunks of no open transfer; silence if this connection was just told so."""
        if not self._book.note_abort(conn, tid):
            return []
        return [SendMessage(conn, UpAbort(tid, ErrorCode.UNKNOWN_TID))]

    def drop(self, upload: Upload, *, finished: bool = False) -> Actions:
        """No connection works on this upload any more; a commit under way is still reported."""
        if upload.stage is Stage.COMMITTING and not finished:
            self._book.leave(upload)
            return []
        self._book.strike(upload)
        self._disk.forget(upload.manifest.fp_from, upload.part)
        return [*self._chunks.cancel(upload), *close_part(upload)]

    def given_up(self, upload: Upload, code: int) -> Actions:
        """The sender's own UP_ABORT, which is never answered."""
        out = self.drop(upload)
        if upload.stage is Stage.COMMITTING:
            return out
        if code in REMOVING:
            out.append(RemovePart(upload.key))
        return [*out, Announce(upload.failed("given up by the sender"))]

    def disconnected(self, upload: Upload) -> Actions:
        """Its connection is gone; it can be gone on with."""
        out = self.drop(upload)
        if upload.stage is not Stage.COMMITTING:
            out.append(Announce(upload.failed("connection ended; kept for a later try")))
        return out


def tell(upload: Upload, message: Message) -> Actions:
    return [] if upload.conn is None else [SendMessage(upload.conn, message)]


def close_part(upload: Upload) -> Actions:
    if not upload.is_open:
        return []
    upload.is_open = False
    return [ClosePart(upload.part)]


def name_taken() -> TransferRefused:
    return TransferRefused(ErrorCode.EXISTS, "another file has this name")
