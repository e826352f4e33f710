"""Uploaded chunks a second through the real commands, against the ceiling of the cores.

The ceiling is a process on each core that encrypts a chunk as the sender has to, opens one as
the server has to, and does nothing else. Two sizes are uploaded and their difference counts: the
start of a program, the login and the receipt are the same for both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_rsa
from benchmarks.pool import make_units
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import (
    CORES,
    FIXED_KEYS,
    ROOT,
    Server,
    by_engine,
    environment,
    running_server,
)
from rsachat.crypto.jobs import CHUNK

AIM = by_engine(0.95, 0.85)
ROUNDS = 5
SECONDS = 2.0  # of the reference, a round
FEW = 100  # chunks
MANY = int(by_engine(2100, 6100))


def run() -> list[Figure]:
    with TemporaryDirectory() as name, running_server(Path(name)) as server:
        units = make_units(Path(name) / "units")
        numbers = count()
        return [
            rate_figure(
                "upload",
                "chunks/s",
                AIM,
                ROUNDS,
                lambda: ceiling(units),
                lambda: upload_rate(server, next(numbers)),
            )
        ]


def ceiling(units: Path) -> float:
    """Chunks a second that all cores encrypt and open."""
    key = FIXED_KEYS / "server-rsapvt.pem"
    return bare_rsa.rate(CORES, "transfer", key, SECONDS, units)


def upload_rate(server: Server, number: int) -> float:
    """Chunks a second, over the difference of a long and a short upload."""
    short = upload_seconds(server, f"short{number}", FEW)
    long = upload_seconds(server, f"long{number}", MANY)
    return (MANY - FEW) / (long - short)


def upload_seconds(
    server: Server, name: str, chunks: int, people: Sequence[str] = ("alice",)
) -> float:
    """How long the command takes for a new file of so many chunks; of several people at once."""
    source = new_source(server, name, chunks)
    began = time.perf_counter()
    for sender in [start(server, source, person) for person in people]:
        end(sender)
    return time.perf_counter() - began


def new_source(server: Server, name: str, chunks: int) -> Path:
    source = server.folder / name
    source.write_bytes(os.urandom(chunks * CHUNK))
    return source


def start(server: Server, source: Path, person: str) -> subprocess.Popen[str]:
    """The upload command of one person."""
    command = [sys.executable, str(ROOT / "rsachat.py"), "upload", str(source), "--name", person]
    command += ["--server", f"127.0.0.1:{server.port}", "--keys", str(server.folder / "keys")]
    return subprocess.Popen(
        [*command, "--json", "--no-retry"],
        cwd=server.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(sender: subprocess.Popen[str]) -> None:
    """Wait for an upload. Raises RuntimeError where it failed."""
    _, errors = sender.communicate()
    if sender.returncode:
        raise RuntimeError(errors)
