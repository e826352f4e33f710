"""Uploaded chunks a second through the real commands, against the bare pool ceiling.

The ceiling is as many processes as the server has workers that open such ciphertexts and do
nothing else. Two sizes are uploaded and their difference counts: the start of a program, the
login and the receipt are the same for both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_rsa
from benchmarks.pool import make_units
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import CORES, FIXED_KEYS, ROOT, Server, environment, running_server
from rsachat.crypto.jobs import CHUNK

AIM = 0.8
ROUNDS = 3
SECONDS = 2.0  # of the reference, a round
FEW, MANY = 100, 2100  # chunks


def run() -> list[Figure]:
    with TemporaryDirectory() as name, running_server(Path(name)) as server:
        units = make_units(Path(name) / "units")
        key = FIXED_KEYS / "server-rsapvt.pem"
        numbers = count()
        return [
            rate_figure(
                "upload",
                "chunks/s",
                AIM,
                ROUNDS,
                lambda: bare_rsa.rate(CORES, "decrypt", key, SECONDS, units),
                lambda: upload_rate(server, next(numbers)),
            )
        ]


def upload_rate(server: Server, number: int) -> float:
    """Chunks a second, over the difference of a long and a short upload."""
    short = upload_seconds(server, f"short{number}", FEW)
    long = upload_seconds(server, f"long{number}", MANY)
    return (MANY - FEW) / (long - short)


def upload_seconds(server: Server, name: str, chunks: int) -> float:
    """How long the upload command takes for a new file of so many chunks."""
    source = server.folder / name
    source.write_bytes(os.urandom(chunks * CHUNK))
    command = [sys.executable, str(ROOT / "rsachat.py"), "upload", str(source), "--name", "alice"]
    command += ["--server", f"127.0.0.1:{server.port}", "--keys", str(server.folder / "keys")]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--json", "--no-retry"],
        cwd=server.folder,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - began
