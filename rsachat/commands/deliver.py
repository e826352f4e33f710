"""One run of `rsachat upload`: files over a connection, again after a loss, each with its line.

A file that fails does not stop the rest. Only a connection that had stood is tried again, for
two minutes without progress; then the same command goes on later.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rsachat import amounts
from rsachat.client.backoff import Backoff
from rsachat.client.upload_io import Delivered, Hashing, NotDelivered, Progress, Remark
from rsachat.client.upload_session import UploadLogin, UploadSession, Wish
from rsachat.commands.receipts import ReceiptKeeper
from rsachat.commands.speak import put_json, wall_ms
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.kem import HybridKem
from rsachat.errors import ConnectError, Interrupted, RsachatError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.receipt_file import ReceiptFile
from rsachat.protocol.transfer import Mode
from rsachat.runtime.client_shell import Target
from rsachat.runtime.loop import Loop
from rsachat.runtime.pin_store import FilePinStore
from rsachat.runtime.pins import Pins
from rsachat.runtime.signals import ending_signals
from rsachat.runtime.transfers import FOLDER, SavedTransfers
from rsachat.runtime.upload_shell import Report, Source, UploadShell
from rsachat.settings import MIB, ClientSettings
from rsachat.ui import progress as ui
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.report import report
from rsachat.ui.terminal import EchoOff, may_draw

RETRY_SECONDS = 120.0  # without progress
TICK_SECONDS = 0.1
LONG_SIZE = 4 * MIB  # from here on the time it takes is said beforehand
SERVER_RATE = 200 * 1024  # bytes a second of a server with two cores
GO_ON = "the same command goes on where it ended"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What to deliver, as whom, to where, and how to speak about it."""

    login: UploadLogin
    target: Target
    folder: Path
    sources: Sequence[Source]
    receipts: ReceiptKeeper | None
    retry: bool
    json: bool
    quiet: bool
    plain: bool
    debug: bool


@dataclass(slots=True)
class Outcomes:
    """What became of the files; `codes` are the failures' exit codes in their order."""

    pending: list[Wish]
    codes: list[int] = field(default_factory=list)

    @property
    def code(self) -> int:
        return self.codes[0] if self.codes else 0


def deliver(delivery: Delivery, outcomes: Outcomes, environ: Mapping[str, str]) -> None:
    """Deliver what is pending; every line is said here. Raises Interrupted."""
    with Loop() as loop:
        err = LineWriter(2, loop=loop)
        draws = not delivery.quiet and may_draw(sys.stderr, environ, plain=delivery.plain)
        progress = _progress(delivery, loop, err, environ, draws=draws)
        echo = EchoOff(2 if draws else None)  # a key's echo would break the bar
        run = _Run(delivery, outcomes, loop, progress, environ)
        echo.start()
        try:
            with ending_signals(loop, lambda _: run.interrupt()):
                run.connect()
                run.tick()
                loop.run()
        finally:
            progress.end()
            echo.stop()
            run.close()
            err.drain(1.0)
    if run.interrupted:
        raise Interrupted("interrupted", hint=GO_ON if outcomes.pending else "")


def _progress(
    delivery: Delivery, loop: Loop, err: LineWriter, environ: Mapping[str, str], *, draws: bool
) -> ui.Progress:
    if not draws:
        return ui.LineProgress(err, clock=loop.now, quiet=delivery.quiet)
    from rsachat.ui.console import make_console
    from rsachat.ui.progress_bar import BarProgress

    return BarProgress(make_console(sys.stderr, environ), clock=loop.now)


class _Run:
    """Connects, and connects again; passes reports on as lines."""

    def __init__(
        self,
        delivery: Delivery,
        outcomes: Outcomes,
        loop: Loop,
        progress: ui.Progress,
        environ: Mapping[str, str],
    ) -> None:
        self._delivery = delivery
        self._outcomes = outcomes
        self._loop = loop
        self._progress = progress
        self._environ = environ
        self._session: UploadSession | None = None
        self._backoff = Backoff(os.urandom)
        self._stood = False
        self._lost_at: float | None = None
        self._shown: int | None = None  # the file whose progress is told
        self._hashing = False  # its hash is, now
        self._done = -1
        self.interrupted = False
        self._shell = UploadShell(
            loop,
            workers=_workers(outcomes.pending),
            sources=delivery.sources,
            saved=SavedTransfers(delivery.folder / FOLDER),
            own_fp=delivery.login.identity.public.fingerprint,
            report=self._report,
        )

    def connect(self) -> None:
        if not self.interrupted:
            self._session = None
            self._shell.connect(self._delivery.target, self._make_session, self._finished)

    def tick(self) -> None:
        self._progress.tick()
        self._loop.call_later(TICK_SECONDS, self.tick)

    def interrupt(self) -> None:
        """The first signal says goodbye; one while nothing is connected, or a second, just ends."""
        if self.interrupted or self._session is None:
            self._loop.stop()
        self.interrupted = True
        self._shell.leave()

    def close(self) -> None:
        self._shell.close()

    def _make_session(self) -> UploadSession:
        ambient = Ambient(self._loop.now, wall_ms, os.urandom, HybridKem())
        pins = FilePinStore(Pins(self._delivery.folder), wall_ms, self._progress.say)
        self._session = UploadSession(
            self._delivery.login,
            pins,
            self._outcomes.pending,
            ambient,
            ClientSettings(),
            self._shell.new_job_id,
        )
        return self._session

    # ends

    def _finished(self, error: RsachatError | None) -> None:
        session, self._session = self._session, None
        self._stood |= session is not None and session.logged_in
        if self.interrupted or error is None:
            self._loop.stop()
        elif self._may_try_again(error):
            pause = self._backoff.pause()
            self._progress.say(f"{error.what}: trying again in {amounts.duration(pause + 0.5)}")
            self._loop.call_later(pause, self.connect)
        else:
            self._give_up(error)

    def _may_try_again(self, error: RsachatError) -> bool:
        if not (isinstance(error, ConnectError) and self._stood and self._delivery.retry):
            return False
        now = self._loop.now()
        if self._lost_at is None:
            self._lost_at = now
        return now - self._lost_at < RETRY_SECONDS

    def _give_up(self, error: RsachatError) -> None:
        hint = GO_ON if self._stood and isinstance(error, ConnectError) else error.hint
        told = type(error)(error.what, why=error.why, hint=hint)
        self._fail(told.with_traceback(error.__traceback__))
        self._loop.stop()

    # reports

    def _report(self, number: int, event: Report) -> None:
        match event:
            case Hashing(done=done, size=size):
                self._hashing = True
                self._progress.hashing(self._delivery.sources[number].target, done, size)
            case Progress():
                self._moved(number, event)
            case Remark(text=text):
                self._progress.say(text)
            case Delivered():
                self._file_over()
                self._delivered(self._delivery.sources[number], event)
            case NotDelivered(error=error):
                self._file_over()
                self._say_failed(self._delivery.sources[number], error)

    def _moved(self, number: int, at: Progress) -> None:
        other = self._shown != number
        if other and at.size > LONG_SIZE and self._outcomes.pending[0].mode is Mode.RSA_CHUNKS:
            self._say_how_long(at)
        if other or self._hashing:
            self._shown, self._done, self._hashing = number, at.done, False
            name = self._delivery.sources[number].target
            self._progress.begin(name, at.size, at.total, at.done, at.chunks)
        else:
            self._progress.update(at.done, at.chunks, at.sent)
        if at.done > self._done:
            self._done = at.done
            self._lost_at = None
            self._backoff.reset()

    def _say_how_long(self, at: Progress) -> None:
        seconds = (at.size - at.done) / SERVER_RATE
        self._progress.say(
            f"{amounts.size(at.size)}, each chunk under RSA: about {amounts.duration(seconds)} "
            "with a server of two cores; --envelope takes seconds"
        )

    def _file_over(self) -> None:
        self._outcomes.pending = self._outcomes.pending[1:]
        self._shown = None
        self._progress.end()

    def _delivered(self, source: Source, done: Delivered) -> None:
        self._say_delivered(source, done)
        if self._delivery.receipts is None:
            return
        own = self._delivery.login.identity.public.spki
        proof = ReceiptFile(done.server, own, done.manifest, done.receipt)
        try:
            self._delivery.receipts.keep(source.target, proof)
        except RsachatError as error:
            self._fail(error)

    def _say_delivered(self, source: Source, done: Delivered) -> None:
        signer = fingerprint_text(self._delivery.login.pin)
        if self._delivery.json:
            data = {
                "source": source.file.shown,
                "file": source.target,
                "size": done.size,
                "chunks": done.chunks,
                "sha256": done.sha256.hex(),
                "signed_by": signer,
                "receipt_time": amounts.rfc3339(done.time_ms, milliseconds=True),
                "already_there": done.already,
            }
            put_json("upload-done", data)
            sys.stdout.flush()
            return
        line = ui.done_line(source.target, done.size, done.chunks, done.sha256.hex(), signer)
        print(f"{line}  (already there)" if done.already else line, flush=True)

    def _say_failed(self, source: Source, error: RsachatError) -> None:
        if self._delivery.json:
            say_failed_json(source.file.shown, source.target, error)
        self._fail(error)

    def _fail(self, error: RsachatError) -> None:
        self._progress.end()
        self._outcomes.codes.append(error.exit_code)
        report(error, sys.stderr, self._environ, trace=error if self._delivery.debug else None)


def say_failed_json(source: str, target: str, error: RsachatError) -> None:
    """The event of a file that was not delivered."""
    data = {"source": source, "file": target, "reason": error.why or error.what}
    put_json("upload-failed", data)
    sys.stdout.flush()


def say_failed(
    error: RsachatError, outcomes: Outcomes, environ: Mapping[str, str], *, debug: bool
) -> None:
    """A source that could not even be offered."""
    outcomes.codes.append(error.exit_code)
    report(error, sys.stderr, environ, trace=error if debug else None)


def _workers(wishes: Sequence[Wish]) -> int:
    """Encrypting is twenty times as fast as decrypting: a few processes feed any server.

    An envelope needs none: a segment costs less to seal than to carry to a worker and back.
    """
    if all(wish.mode is Mode.ENVELOPE for wish in wishes):
        return 0
    return min(4, max(1, (os.cpu_count() or 1) // 2))
