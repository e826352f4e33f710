"""The server under load: ten thousand idle clients, and a thousand pairs that talk beside them.

Memory is the resident memory of the process with the sockets, for a client more; logins a second
are those of all of the idle ones, against the RSA operations of both ends alone, on the same
cores. While the pairs talk, each a message a second: how long a message takes from its sealing
to its opening, in one process for both, and how long the server's loop takes for a pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import bare_rsa
from benchmarks.clients import prekey
from benchmarks.report import Figure
from benchmarks.scratch import (
    CORES,
    FIXED_KEYS,
    ROOT,
    Server,
    by_engine,
    environment,
    read_key,
    resident_kib,
    running_server,
)

IDLE, PAIRS, FIRST = 10_000, 1_000, 50
TALK_SECONDS = 10
PROCESSES = 4  # that hold the idle clients: as many logins are under way
AIM_KIB, AIM_KIB_BARE = 12.0, 8.0  # with its bundle, and without
AIM_LOGINS = by_engine(0.5, 0.3)
AIM_JOIN_PASS_MS = 50.0  # a pass that tells the count to as many as one pass may
AIM_PASS_MS, AIM_P50_MS, AIM_P99_MS = 20.0, 5.0, 100.0
REFERENCE_SECONDS = 3.0


def run() -> list[Figure]:
    with TemporaryDirectory() as name, ExitStack() as stack:
        passes = Path(name) / "passes"
        program = ("-m", "benchmarks.timed_server", str(passes))
        server = stack.enter_context(
            running_server(Path(name) / "server", "--sessions-per-key", "100000", program=program)
        )
        return [*idle(stack, server, passes), *talking(stack, server, passes)]


class Crowd:
    """A process of clients, told what to do by lines."""

    def __init__(self, stack: ExitStack, server: Server, what: str, count: int) -> None:
        command = [sys.executable, "-m", "benchmarks.audience", str(server.port), what, str(count)]
        pipe = subprocess.PIPE
        self._process = stack.enter_context(
            subprocess.Popen(
                command, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, text=True
            )
        )
        stack.callback(self._process.kill)
        self.answer()

    def go(self, word: str = "go") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Its next line. Raises RuntimeError where it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the clients have ended")
        return line


def joined(stack: ExitStack, server: Server, count: int, processes: int, what: str) -> list[Crowd]:
    """Crowds of so many clients together, all of them logged in and at rest."""
    crowds = [Crowd(stack, server, what, count // processes) for _ in range(processes)]
    for crowd in crowds:
        crowd.go()
    return crowds


def idle(stack: ExitStack, server: Server, passes: Path) -> list[Figure]:
    reference = bare_rsa.rate(CORES, "login", FIXED_KEYS / "server-rsapvt.pem", REFERENCE_SECONDS)
    for crowd in joined(stack, server, FIRST, 1, "idle"):
        crowd.answer()
    before, earlier = resident_kib(server.pid), passes.stat().st_size
    crowds = joined(stack, server, IDLE, PROCESSES, "idle")
    took = max(float(crowd.answer()) for crowd in crowds)
    each = (resident_kib(server.pid) - before) / IDLE
    own = each - len(prekey(read_key("alice"), "alice", bytes(32)).bundle) / 1024
    at, rate = f"at {IDLE:,}", IDLE / took
    return [
        Figure("idle client, with its bundle", f"{each:.1f} KiB", at, each, AIM_KIB, False),
        Figure("idle client, without it", f"{own:.1f} KiB", at, own, AIM_KIB_BARE, False),
        Figure(
            f"logins of {IDLE:,}",
            f"{rate:,.0f} logins/s",
            f"{reference:,.0f} logins/s",
            rate / reference,
            AIM_LOGINS,
        ),
        _milliseconds(
            "pass of the loop, as they come, p99",
            _p99(_lengths(passes, earlier)),
            f"{IDLE:,} logins",
            AIM_JOIN_PASS_MS,
        ),
    ]


def talking(stack: ExitStack, server: Server, passes: Path) -> list[Figure]:
    (crowd,) = joined(stack, server, 2 * PAIRS, 1, "talk")
    crowd.answer()
    time.sleep(1.0)
    before = passes.stat().st_size
    crowd.go(str(TALK_SECONDS))
    took = [seconds * 1000 for seconds in json.loads(crowd.answer())]
    beside = f"{PAIRS:,} pairs, {IDLE:,} idle"
    return [
        _milliseconds("delivery, p50", median(took), beside, AIM_P50_MS),
        _milliseconds("delivery, p99", _p99(took), beside, AIM_P99_MS),
        _milliseconds("pass of the loop, p99", _p99(_lengths(passes, before)), beside, AIM_PASS_MS),
    ]


def _lengths(passes: Path, start: int) -> list[float]:
    """Milliseconds of the passes that were written behind the first `start` bytes."""
    return [seconds * 1000 for seconds in array("f", passes.read_bytes()[start:])]


def _milliseconds(name: str, value: float, beside: str, aim: float) -> Figure:
    return Figure(name, f"{value:.2f} ms", beside, value, aim, at_least=False)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[int(0.99 * len(values))]
