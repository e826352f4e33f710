"""Starts and ends one worker process.

Nothing secret reaches its command line or environment; the only descriptor it gets is its pipe.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess

from rsachat.runtime.worker import STARTUP_SIGNALS, worker_main

SECRETS = ("RSACHAT_PASSWORD",)
ENDING_SECONDS = 0.05  # its pipe closes a moment before it has ended; the loop can wait this long
KILL_SECONDS = 1.0  # a killed process is gone in far less


def start(beat_every: float) -> tuple[SpawnProcess, socket.socket]:
    """A new worker and this side of its pipe. Raises OSError when there can be none.

    While it has a job it says every `beat_every` seconds that it goes on.
    """
    ours, theirs = socket.socketpair()
    process = multiprocessing.get_context("spawn").Process(
        target=worker_main,
        args=(theirs, os.getpid(), beat_every),
        name="rsachat worker",
        daemon=True,
    )
    try:
        with _secrets_aside():
            resource_tracker.ensure_running()  # starting it unblocks signals: so before ours are
            with _signals_held():
                process.start()
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def reap(process: SpawnProcess) -> str:
    """End the process if it has not ended; returns how it ended, in words."""
    process.join(ENDING_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join(KILL_SECONDS)
    code = process.exitcode
    if code is None:
        return "did not end"  # stuck in the kernel; it goes with us
    process.close()
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


@contextmanager
def _secrets_aside() -> Iterator[None]:
    """A child inherits the environment as it is at its start, and /proc shows it for good."""
    held = {name: os.environ.pop(name) for name in SECRETS if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(held)


@contextmanager
def _signals_held() -> Iterator[None]:
    """A child inherits the mask: until it is ready for signals, they wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STARTUP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
