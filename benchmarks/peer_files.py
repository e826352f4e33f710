"""Files beside others in one run: an envelope upload beside scp and age.

A file of random bytes, from the start of the command until all is on the disk. `age` encrypts it
for a key into another file here and sends nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.envelope import NoPeer, make_source, sshd, upload
from benchmarks.report import Skipped
from benchmarks.scratch import running_server
from benchmarks.voices import Missing

MEBIBYTES = 256
ROUNDS = 3
Copy = Callable[[], object]


def rows() -> tuple[list[Sequence[str]], list[Skipped]]:
    """A head and rows for a table, and what is not here."""
    missing: list[Skipped] = []
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        source = make_source(folder / "source", MEBIBYTES)
        copies = dict(_copies(stack, folder, source, missing))
        seconds: dict[str, list[float]] = {way: [] for way in copies}
        for _ in range(ROUNDS):
            for way, copy in copies.items():
                seconds[way].append(_timed(copy))
    table = [(way, f"{MEBIBYTES / median(took):,.0f} MiB/s") for way, took in seconds.items()]
    return [("file of 256 MiB", "rate"), *table], missing


def _timed(copy: Copy) -> float:
    began = time.perf_counter()
    copy()
    os.sync()
    return time.perf_counter() - began


def _copies(
    stack: ExitStack, folder: Path, source: Path, missing: list[Skipped]
) -> Iterator[tuple[str, Copy]]:
    server = stack.enter_context(running_server(folder / "rsachat"))
    numbers = count()
    yield "rsachat upload --envelope", lambda: upload(server, source, f"envelope{next(numbers)}")
    try:
        scp = stack.enter_context(sshd(folder / "ssh"))
        yield "scp (OpenSSH)", lambda: scp(source)
    except NoPeer as error:
        missing.append(Skipped("scp", str(error)))
    try:
        yield "age, to a file here", _age(folder, source)
    except Missing as error:
        missing.append(Skipped("age", str(error)))


def _age(folder: Path, source: Path) -> Copy:
    if shutil.which("age") is None or shutil.which("age-keygen") is None:
        raise Missing("age is not installed")
    key, copy = folder / "age.key", folder / "age.copy"
    subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
    made = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True)
    recipient = made.stdout.strip()
    return lambda: subprocess.run(["age", "-r", recipient, "-o", copy, source], check=True)
