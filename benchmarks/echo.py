"""How soon a typed key shows on the client's screen, while 200 messages a second arrive."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from benchmarks.report import Figure
from benchmarks.scratch import END_SECONDS, ROOT, environment

AIM = 30.0  # milliseconds, of 95 keys in 100
RATE = 200  # messages a second
LINES = 30
KEYS = "äöüßéèêàçñøåæœčšžřłđ"  # each once in a line, and in nothing that the screen itself writes
BETWEEN = 1 / 80  # seconds from a key to the next
PATIENCE = 10.0
SETTLED = 0.3  # seconds after which all of the last line is drawn and read
SCREEN = ROOT / "tests" / "support" / "screen_child.py"


def run() -> list[Figure]:
    times = echo_times(LINES)
    p95 = quantiles(times, n=20)[-1] * 1000
    return [Figure("echo of a key, p95", f"{p95:.1f} ms", f"at {RATE} msg/s", p95, AIM, False)]


def echo_times(lines: int) -> list[float]:
    """Seconds from each key of so many typed lines until the screen shows it."""
    with screen() as fd:
        read_until(fd, b"message 00001")
        times: list[float] = []
        for _ in range(lines):
            times += [echo_time(fd, key.encode()) for key in KEYS]
            os.write(fd, b"\r")
            drain(fd, SETTLED)
        return times


def echo_time(fd: int, key: bytes) -> float:
    """Type one key; seconds until it shows. The next may come BETWEEN after it."""
    began = time.perf_counter()
    os.write(fd, key)
    read_until(fd, key)
    taken = time.perf_counter() - began
    drain(fd, BETWEEN - taken)
    return taken


def read_until(fd: int, text: bytes) -> None:
    seen = b""
    while text not in seen:
        if not select.select([fd], [], [], PATIENCE)[0]:
            raise TimeoutError(f"{text!r} is not shown")
        seen += os.read(fd, 65536)


def drain(fd: int, seconds: float) -> None:
    """Read and drop for so long."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        if select.select([fd], [], [], left)[0]:
            os.read(fd, 65536)


@contextmanager
def screen() -> Iterator[int]:
    """The client's screen on a pseudo-terminal of its own; the end that types and reads."""
    outer, inner = pty.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    with TemporaryDirectory() as folder:
        command = [sys.executable, str(SCREEN), str(RATE), "1000000", str(Path(folder) / "result")]
        env = environment() | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        process = subprocess.Popen(command, stdin=inner, stdout=inner, env=env)
        os.close(inner)
        try:
            yield outer
        finally:
            process.kill()
            process.wait(END_SECONDS)
            os.close(outer)
