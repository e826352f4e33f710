"""What the server's live screen costs beyond plain lines: 1,000 clients, 500 notices a second.

Both are the program's own screens on its own loop, in a process on a pseudo-terminal. Snapshots
and notices are made up, for no machine takes 500 logins a second.

`python -m benchmarks.server_screen live|plain SECONDS` is that process.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from itertools import count

from benchmarks.report import Figure
from benchmarks.scratch import ROOT, environment
from rsachat.runtime.loop import Loop
from rsachat.server.notices import ClientRow, Connected, Snapshot
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.server_screen import LinesScreen, LiveScreen, ServerScreen

AIM = 10.0  # percent of a core
CLIENTS = 1000
RATE = 500  # notices a second
EVERY = 0.05  # seconds between two batches of them
SECONDS = 6.0
ROWS, COLUMNS = 40, 120


def run() -> list[Figure]:
    live, plain = (run_screen(kind, SECONDS)[0] / SECONDS * 100 for kind in ("live", "plain"))
    name = f"server screen, {CLIENTS:,} clients, {RATE} notices/s"
    return [Figure(name, f"{live:.1f} % CPU", f"{plain:.1f} % plain", live - plain, AIM, False)]


def run_screen(kind: str, seconds: float) -> tuple[float, bytes]:
    """Seconds of CPU that one screen took in so many seconds, and all that it wrote."""
    outer, inner = pty.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "benchmarks.server_screen", kind, str(seconds)]
    env = environment() | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
    written = bytearray()
    reader = threading.Thread(target=read_all, args=(outer, written))
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=inner, stdout=inner, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(inner)
        reader.start()
        told = process.communicate()[1]
    reader.join()
    os.close(outer)
    return float(told), bytes(written)


def read_all(fd: int, into: bytearray) -> None:
    with suppress(OSError):  # the other end is closed
        while data := os.read(fd, 65536):
            into += data


# the process


def main(kind: str, seconds: float) -> None:
    """Draw and announce for so long; the seconds of CPU go to standard error."""
    with Loop() as loop:
        screen = make_screen(kind)
        screen.start()
        frames, notices = count(1), count(1)

        def draw() -> None:
            screen.draw(lambda: snapshot(next(frames)))
            loop.call_later(screen.interval, draw)

        def announce() -> None:
            for number in (next(notices) for _ in range(round(RATE * EVERY))):
                screen.announce(Connected(f"n{number}", "192.0.2.7:50412", CLIENTS), number)
            if number < RATE * seconds:
                loop.call_later(EVERY, announce)
            else:
                loop.stop()

        began = time.process_time()
        draw()
        announce()
        loop.run()
        screen.draw(lambda: snapshot(next(frames)))
        taken = time.process_time() - began
        screen.stop()
    sys.stderr.write(f"{taken}\n")


def make_screen(kind: str) -> ServerScreen:
    if kind == "plain":
        return LinesScreen(LineWriter(1), json=False)
    from rsachat.ui.console import make_console
    from rsachat.ui.dashboard import Dashboard

    return LiveScreen(Dashboard(make_console(sys.stdout, os.environ)))


def snapshot(frame: int) -> Snapshot:
    """A thousand clients, each of whom has sent more in each frame."""
    rows = [
        ClientRow(f"client{i}", f"192.0.2.7:{i}", i, i * frame % 9973, i * frame * 181)
        for i in range(CLIENTS)
    ]
    fingerprint = "-".join(["abcd"] * 13)
    return Snapshot("127.0.0.1:8000", fingerprint, 3, False, 0, frame * 250, CLIENTS, rows, [])


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
