"""One run of a server, from listening to the end: core, workers, disk and screen on one loop."""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rsachat import __version__
from rsachat.commands.speak import wall_ms
from rsachat.crypto.engine import chosen
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.kem import HybridKem
from rsachat.errors import RsachatError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.frames import VERSION
from rsachat.runtime.files import UploadStore
from rsachat.runtime.key_ring import KeyRingSource
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.loop import Loop
from rsachat.runtime.metrics_port import MetricsPort
from rsachat.runtime.server_shell import ServerShell
from rsachat.runtime.signals import ending_signals
from rsachat.runtime.upload_jobs import DiskJobs
from rsachat.runtime.workers import WorkerPool
from rsachat.server.core import ServerCore
from rsachat.server.events import KeyRing
from rsachat.server.exposition import Source, page
from rsachat.server.notices import Listening, MetricsOpen, Notice, Snapshot, Warned
from rsachat.settings import ServerSettings
from rsachat.ui.log_file import LogFile
from rsachat.ui.server_screen import ServerScreen


@dataclass(frozen=True, slots=True)
class Service:
    """What a server runs with; `uploads` is an absolute path, `log` the file of --log-file."""

    settings: ServerSettings
    store: Keystore
    identity: Identity
    uploads: Path
    log: LogFile | None = None


def serve(service: Service, loop: Loop, screen: ServerScreen) -> None:
    """Listen, then work until a signal ends it.

    Raises RsachatError: the address cannot be had, or no worker process starts.
    """
    announce = partial(_announce, screen, service.log)
    keys = KeyRingSource(
        service.store,
        lambda text: announce(Warned(text)),
        guests_come=service.settings.open,
    )
    ring = keys.load()
    core = _core(service, loop, ring)
    broken: list[str] = []
    with ExitStack() as ends:
        uploads = ends.enter_context(closing(UploadStore(service.uploads)))
        shell = ServerShell(loop, core, uploads, keys, announce, loop.stop)
        address = shell.listen(service.settings.host, service.settings.port)
        port = ends.enter_context(_metrics_port(service.settings, loop))
        pool = ends.enter_context(closing(_workers(service, loop, shell, broken)))
        on_end = partial(on_signal, shell.stop, service.log, announce)
        ends.enter_context(ending_signals(loop, on_end))  # before anybody can hear that it listens
        announce(_listening(service, address, ring))
        if port is not None:
            _open_metrics(port, core, pool, announce)
        _keep_drawing(loop, screen, partial(core.overview.snapshot, address, chosen().NAME))
        loop.run()
    if broken:
        raise RsachatError(
            "the worker processes do not start",
            why=broken[0],
            hint="free memory and processes (free, ulimit -u), or use fewer: --workers N",
        )


def on_signal(
    stop: Callable[[], object],
    log: LogFile | None,
    announce: Callable[[Notice], object],
    number: signal.Signals,
) -> None:
    """SIGHUP without a terminal is the operator's word that the log was moved away."""
    if number != signal.SIGHUP or sys.stdout.isatty():
        stop()
    elif log is not None and (trouble := log.reopen()):
        announce(Warned(trouble))


def _announce(screen: ServerScreen, log: LogFile | None, notice: Notice) -> None:
    now = wall_ms()
    trouble = log.show(notice, now) if log is not None else ""
    screen.announce(notice, now)
    if trouble:
        screen.announce(Warned(trouble), now)


def _core(service: Service, loop: Loop, ring: KeyRing) -> ServerCore:
    settings = service.settings
    ambient = Ambient(loop.now, wall_ms, os.urandom, HybridKem())
    jobs = DiskJobs(service.uploads, settings.uploads_mode, settings.transfer.receipt_kept)
    return ServerCore(service.identity.public, settings, ambient, ring, jobs)


def _workers(service: Service, loop: Loop, shell: ServerShell, broken: list[str]) -> WorkerPool:
    """The pool at work for `shell`; its giving up stops the shell and stands in `broken`."""

    def on_broken(why: str) -> None:
        broken.append(why)
        shell.stop()

    pool = WorkerPool(
        loop,
        service.settings.workers,
        service.identity.private.to_der(),
        shell.job_finished,
        shell.job_failed,
        on_broken=on_broken,
    )
    shell.use(pool)
    return pool


def _listening(service: Service, address: str, ring: KeyRing) -> Listening:
    fingerprint = fingerprint_text(service.identity.public.fingerprint)
    keys, engine = len(ring.authorized), chosen().NAME
    return Listening(address, fingerprint, keys, service.settings.open, engine)


@contextmanager
def _metrics_port(settings: ServerSettings, loop: Loop) -> Iterator[MetricsPort | None]:
    if settings.metrics_at is None:
        yield None
        return
    with closing(MetricsPort(loop, *settings.metrics_at, settings.metrics)) as port:
        yield port


def _open_metrics(
    port: MetricsPort, core: ServerCore, pool: WorkerPool, announce: Callable[[Notice], object]
) -> None:
    about = {
        "version": __version__,
        "protocol": str(VERSION),
        "python": platform.python_version(),
        "engine": chosen().NAME,
    }
    port.page = lambda: page(Source(core.overview.metrics(), pool.load(), about))
    announce(MetricsOpen(port.address))
    if not port.is_local:
        announce(Warned("whoever reaches that address can read the metrics"))


def _keep_drawing(loop: Loop, screen: ServerScreen, snapshot: Callable[[], Snapshot]) -> None:
    def draw() -> None:
        screen.draw(snapshot)
        loop.call_later(screen.interval, draw)

    draw()
