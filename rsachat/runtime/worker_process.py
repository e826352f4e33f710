"""Starts and ends one worker process.

Nothing secret reaches its command line or environment; the only descriptor it gets is its pipe.
It imports nothing from the folder that the program happens to be run in.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rsachat.runtime.frozen import WORKER, is_frozen
from rsachat.runtime.worker import STARTUP_SIGNALS

SECRETS = ("RSACHAT_PASSWORD",)
ENDING_SECONDS = 0.05  # its pipe closes a moment before it has ended; the loop can wait this long
KILL_SECONDS = 1.0  # a killed process is gone in far less

_ROOT = Path(__file__).parents[2]
_CODE = (
    "import sys; root = sys.argv[1]; root in sys.path or sys.path.insert(0, root); "
    "from rsachat.runtime.worker import Place, main; main(Place.read(sys.argv[2:]))"
)

WorkerProcess = subprocess.Popen[bytes]


def start(beat_every: float) -> tuple[WorkerProcess, socket.socket]:
    """A new worker and this side of its pipe. Raises OSError when there can be none.

    While it has a job it says every `beat_every` seconds that it goes on.
    """
    ours, theirs = socket.socketpair()
    pipe = theirs.fileno()
    try:
        with theirs, _signals_held():
            process = subprocess.Popen(
                [*_command(), str(pipe), str(os.getpid()), str(beat_every)],
                env={name: text for name, text in os.environ.items() if name not in SECRETS},
                pass_fds=(pipe,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # one that ends while it starts has no traceback to show
            )
    except OSError:
        ours.close()
        raise
    return process, ours


def _command() -> list[str]:
    """Python without the current folder in its path (-P), or the executable once more."""
    if is_frozen():
        return [sys.executable, WORKER]
    return [sys.executable, "-P", "-c", _CODE, str(_ROOT)]


def wait(process: WorkerProcess, seconds: float) -> int | None:
    """The exit code; None if it has not ended by then."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def reap(process: WorkerProcess) -> str:
    """End the process if it has not ended; returns how it ended, in words."""
    code = wait(process, ENDING_SECONDS)
    if code is None:
        process.kill()
        code = wait(process, KILL_SECONDS)
    if code is None:
        return "did not end"  # stuck in the kernel; it goes with us
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


@contextmanager
def _signals_held() -> Iterator[None]:
    """A child inherits the mask: until it is ready for signals, they wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STARTUP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
