"""What it costs to go on with an upload that was killed half way, against a whole one.

The start of a program, measured by a short upload, counts for neither. What was stored beyond
the half when the kill came is added to the cost.
"""

from __future__ import annotations

import os
import time
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.report import Figure
from benchmarks.scratch import Server, running_server
from benchmarks.upload import FEW, MANY, end, new_source, start, upload_seconds
from rsachat.crypto.jobs import CHUNK

AIM = 0.55
ROUNDS = 3
HALF = MANY * CHUNK // 2  # bytes


def run() -> list[Figure]:
    with TemporaryDirectory() as name, running_server(Path(name)) as server:
        numbers = count()
        rounds = [costs(server, next(numbers)) for _ in range(ROUNDS)]
    whole, rest = (median(one[i] for one in rounds) for i in range(2))
    ratio = median(rest / whole for whole, rest in rounds)
    return [Figure("resume", f"{rest:.2f} s", f"{whole:.2f} s", ratio, AIM, False)]


def costs(server: Server, number: int) -> tuple[float, float]:
    """Seconds of a whole upload, and of the second half after a kill."""
    short = upload_seconds(server, f"short{number}", FEW)
    whole = upload_seconds(server, f"whole{number}", MANY) - short
    source = new_source(server, f"half{number}", MANY)
    first = start(server, source, "alice")
    while stored(server) < HALF:
        time.sleep(0.001)
    first.kill()
    first.communicate()
    ahead = stored(server) / (MANY * CHUNK) - 0.5
    began = time.perf_counter()
    end(start(server, source, "alice"))
    return whole, time.perf_counter() - began - short + ahead * whole


def stored(server: Server) -> int:
    """Bytes that are there of the one upload under way."""
    parts = (server.folder / "uploads" / ".parts").glob("*/*.part")
    return sum(os.stat(part).st_size for part in parts)
