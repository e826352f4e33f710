"""The uploader's edge: one connection after another, workers, the sources and what is saved.

One function for each action of the sending core, and no decision about uploads in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from rsachat.client import upload_io as up
from rsachat.client.events import LeaveRequested
from rsachat.errors import Interrupted, RsachatError
from rsachat.protocol import io_events as io
from rsachat.runtime.client_shell import ClientShell, Target
from rsachat.runtime.driver import Core
from rsachat.runtime.file_errors import why
from rsachat.runtime.loop import Loop
from rsachat.runtime.sources import SourceFile, SourceHash
from rsachat.runtime.transfers import SavedTransfers, TransferName
from rsachat.runtime.workers import WorkerPool

Report = up.Hashing | up.Progress | up.Remark | up.Delivered | up.NotDelivered


@dataclass(frozen=True, slots=True)
class Source:
    """A file to deliver under the name `target`; with `lasting`, a later run can go on."""

    file: SourceFile
    target: str
    lasting: bool = True


class UploadShell:
    """Sends `sources` by what a session says; `report(number, event)` tells how it goes.

    `own_fp` is the uploader's fingerprint; the workers hold no key.
    """

    def __init__(
        self,
        loop: Loop,
        workers: int,
        sources: Sequence[Source],
        saved: SavedTransfers,
        own_fp: bytes,
        report: Callable[[int, Report], object],
    ) -> None:
        self._loop = loop
        self._sources = sources
        self._saved = saved
        self._own_fp = own_fp
        self._report = report
        self._ids = count(1)
        self._hashing: SourceHash | None = None
        self._number = 0
        self._server_fp = b""
        self._client: ClientShell | None = None
        self._pool = WorkerPool(
            loop,
            workers,
            None,
            lambda job_id, result: self._feed(io.JobFinished(job_id, result)),
            lambda job_id, error: self._feed(io.JobFailed(job_id, error)),
        )

    def new_job_id(self) -> int:
        return next(self._ids)

    def connect(
        self,
        target: Target,
        make_session: Callable[[], Core],
        on_finished: Callable[[RsachatError | None], object],
    ) -> None:
        """Run a new session on a connection of its own; one at a time."""
        self._client = ClientShell(
            self._loop,
            target,
            make_session,
            on_finished,
            {
                io.SubmitJob: lambda a: self._pool.submit(a.job_id, a.job, a.priority, a.queue),
                up.OpenSource: self._open,
                up.HashSource: lambda action: self._hash(),
                up.ReadSource: self._read,
                up.SaveManifest: self._save,
                up.DropManifest: lambda action: self._drop(),
                **dict.fromkeys(
                    (up.Progress, up.Remark, up.Delivered, up.NotDelivered), self._tell
                ),
            },
        )

    def leave(self) -> None:
        """Say goodbye; before there is a connection, give up."""
        if self._client is None:
            return
        if self._client.connected:
            self._client.feed(LeaveRequested())
        else:
            self._client.cancel(Interrupted("interrupted"))

    def close(self) -> None:
        """End the workers and close the files."""
        self._pool.close()
        for source in self._sources:
            source.file.close()

    # the source at hand

    def _open(self, action: up.OpenSource) -> None:
        self._number, self._server_fp = action.number, action.server_fp
        self._hashing = None
        source = self._source
        try:
            source.file.open()
        except RsachatError as error:
            self._feed(up.SourceFailed(error))
            return
        saved = self._saved.load(self._name) if source.lasting else None
        self._feed(up.SourceOpened(action.number, saved))

    def _hash(self) -> None:
        """The file that is there now, which need not be the one that was opened before."""
        try:
            size = self._source.file.open()
        except RsachatError as error:
            self._feed(up.SourceFailed(error))
            return
        self._hashing = SourceHash(self._source.file)
        self._loop.call_soon(partial(self._hash_on, self._hashing, size))

    def _hash_on(self, hashing: SourceHash, size: int) -> None:
        """A slice a pass: the connection is kept alive meanwhile."""
        if hashing is not self._hashing:
            return  # it was for another file or connection
        try:
            more = hashing.step()
        except RsachatError as error:
            self._feed(up.SourceFailed(error))
            return
        if more:
            self._tell(up.Hashing(hashing.done, size))
            self._loop.call_soon(partial(self._hash_on, hashing, size))
            return
        self._hashing = None
        self._feed(up.SourceHashed(hashing.done, hashing.sha256, bytes(hashing.prefixes)))

    def _read(self, action: up.ReadSource) -> None:
        if action.later:
            self._loop.call_soon(partial(self._read_now, self._number, action))
        else:
            self._read_now(self._number, action)

    def _read_now(self, number: int, action: up.ReadSource) -> None:
        if number != self._number:
            return  # it was another file's, and that is over
        try:
            data = self._source.file.read(action.offset, action.length)
        except RsachatError as error:
            self._feed(up.SourceFailed(error))
        else:
            self._feed(up.SourceRead(action.number, data))

    def _save(self, action: up.SaveManifest) -> None:
        if not self._source.lasting:
            return
        try:
            self._saved.save(self._name, action.saved)
        except (OSError, RsachatError) as error:
            text = "cannot remember this upload, so it could not be gone on with"
            self._tell(up.Remark(f"{text}: {why(error)}"))

    def _drop(self) -> None:
        try:
            self._saved.drop(self._name)
        except OSError as error:
            self._tell(up.Remark(f"cannot forget this upload: {why(error)}"))

    @property
    def _source(self) -> Source:
        return self._sources[self._number]

    @property
    def _name(self) -> TransferName:
        source = self._source
        return TransferName(self._server_fp, self._own_fp, source.file.path, source.target)

    def _feed(self, event: object) -> None:
        if self._client is not None:
            self._client.feed(event)

    def _tell(self, event: Report) -> None:
        self._report(self._number, event)
