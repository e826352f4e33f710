"""The faster engine against pycryptodome: RSA private operations, and records.

`python -m benchmarks.engine chunks|records BYTES SECONDS` is one process of a measurement, with
the engine that RSACHAT_ENGINE names: it opens RSA chunks, or seals records of that many bytes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.bare_rsa import started_together
from benchmarks.report import Figure, Skipped, rate_figure
from benchmarks.scratch import ROOT, environment, read_key
from rsachat.crypto import engine
from rsachat.crypto.jobs import CHUNK
from rsachat.crypto.record_cipher import RecordCipher
from rsachat.errors import UsageError

ROUNDS = 5
SECONDS = 0.7  # a half round
AIMS = [("chunks", CHUNK, 2.0), ("records", 60, 1.5), ("records", 65_536, 1.0)]
"""What is measured, of how many bytes, and how many times as fast it must be."""


def run() -> list[Figure | Skipped]:
    try:
        engine.ALL["openssl"]()
    except UsageError as error:
        return [Skipped("engine", f"{error}: {error.why}")]
    return [_figure(*aim) for aim in AIMS]


def _figure(what: str, size: int, aim: float) -> Figure:
    return rate_figure(
        f"engine, {what} of {size:,} bytes",
        f"{what}/s",
        aim,
        ROUNDS,
        lambda: _rate("pycryptodome", what, size),
        lambda: _rate("openssl", what, size),
    )


def _rate(name: str, what: str, size: int) -> float:
    """Operations a second of one process with that engine."""
    words = [sys.executable, "-m", "benchmarks.engine", what, str(size), str(SECONDS)]
    env = environment() | {engine.VARIABLE: name}
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True)
    return sum(started_together([process]))


def _chunks(size: int) -> Callable[[], object]:
    key = read_key("server")
    unit = key.public.encrypt(b"chunk", b"place", bytes(size))
    return lambda: key.decrypt(b"chunk", b"place", unit)


def _records(size: int) -> Callable[[], object]:
    cipher, plaintext = RecordCipher(bytes(64)), bytes(size)
    return lambda: cipher.seal(plaintext)


def main(arguments: Sequence[str]) -> None:
    what, size, seconds = arguments
    work = {"chunks": _chunks, "records": _records}[what](int(size))
    work()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < float(seconds):
        work()
        done += 1
    print(done, time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
