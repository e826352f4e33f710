"""Uploaded chunks a second, against the original design: one piece, one answer, the next piece.

That design does two decryptions and two encryptions for each piece, one after the other, so that
n cores do at most about 2n times as well; 4.06 times was computed for two. With the faster engine
the aim is the share of that which the upload must reach of its own ceiling.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import CORES, FIXED_KEYS, ROOT, by_engine, environment, running_server
from benchmarks.upload import upload_rate

AIM = by_engine(1.9, 1.7) * CORES
ROUNDS = 3
PIECES = int(by_engine(600, 2000))  # two seconds
COMMAND = [sys.executable, "-m", "benchmarks.bare_stop_and_wait"]
KEYS = [str(FIXED_KEYS / f"{name}-rsapvt.pem") for name in ("server", "alice")]


def run() -> list[Figure]:
    with (
        TemporaryDirectory() as name,
        running_server(Path(name)) as server,
        running_bare_server(Path(name) / "bare") as port,
    ):
        numbers = count()
        return [
            rate_figure(
                "upload / stop-and-wait",
                "chunks/s",
                AIM,
                ROUNDS,
                lambda: bare_rate(port, PIECES),
                lambda: upload_rate(server, next(numbers)),
            )
        ]


@contextmanager
def running_bare_server(file: Path) -> Iterator[int]:
    command = [*COMMAND, "serve", *KEYS, str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def bare_rate(port: int, pieces: int) -> float:
    """Pieces a second of one client."""
    command = [*COMMAND, "send", *KEYS, str(port), str(pieces)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True
    )
    number, seconds = done.stdout.split()
    return int(number) / float(seconds)
