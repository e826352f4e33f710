"""The worker pool against as many processes that open the same ciphertexts without a pipe."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_rsa
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import CORES, FIXED_KEYS, by_engine, read_key
from rsachat.crypto.jobs import CHUNK, DecryptChunks, EncryptChunks
from rsachat.runtime.loop import Loop
from rsachat.runtime.workers import WorkerPool
from rsachat.settings import TransferLimits

AIM = by_engine(0.9, 0.85)  # 0.94 to 1.0 on a machine that does nothing else
ROUNDS = 7
SECONDS = 1.0  # a half round
BATCH = TransferLimits().units_per_task
UNITS = 16
WAITING = 8  # batches that the pool is kept supplied with, as a full upload window would


def run() -> list[Figure]:
    with TemporaryDirectory() as folder:
        units = make_units(Path(folder) / "units")
        key = FIXED_KEYS / "server-rsapvt.pem"
        with PoolRate(units.read_bytes()) as pool:
            return [
                rate_figure(
                    "worker pool",
                    "chunks/s",
                    AIM,
                    ROUNDS,
                    lambda: bare_rsa.rate(CORES, "decrypt", key, SECONDS, units),
                    lambda: pool.measure(SECONDS),
                )
            ]


def make_units(path: Path) -> Path:
    """The ciphertexts of `UNITS` chunks of one transfer, one behind the other."""
    spki = read_key("server").public.spki
    data = os.urandom(UNITS * CHUNK)
    job = EncryptChunks(spki, bare_rsa.MANIFEST_HASH, 0, bare_rsa.TOTAL, data)
    path.write_bytes(job.run(None))
    return path


def make_batch(units: bytes) -> DecryptChunks:
    """The first of them as a job of the usual size."""
    return DecryptChunks(
        bare_rsa.MANIFEST_HASH,
        0,
        bare_rsa.TOTAL,
        bare_rsa.TOTAL * CHUNK,
        tuple(units[at * bare_rsa.UNIT :][: bare_rsa.UNIT] for at in range(BATCH)),
    )


class PoolRate:
    """A pool on a loop, kept busy while it is measured."""

    def __init__(self, units: bytes) -> None:
        self._job = make_batch(units)
        self._done = 0
        self._busy = False
        self._waiting = 0
        self._loop = Loop()
        key = read_key("server").to_der()
        self._pool = WorkerPool(self._loop, CORES, key, self._finished, self._failed)

    def __enter__(self) -> PoolRate:
        self._run_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        self._loop.close()

    def measure(self, seconds: float) -> float:
        """Chunks a second."""
        self._busy = True
        self._supply()
        self._done = 0
        began = time.perf_counter()
        self._loop.call_later(seconds, self._loop.stop)
        self._loop.run()
        rate = self._done / (time.perf_counter() - began)
        self._busy = False
        while self._waiting:
            self._loop.call_later(0.01, self._loop.stop)
            self._loop.run()
        return rate

    def _supply(self) -> None:
        while self._busy and self._waiting < WAITING:
            self._waiting += 1
            self._pool.submit(self._waiting, self._job)

    def _finished(self, _job_id: int, result: object) -> None:
        assert isinstance(result, bytes)
        assert len(result) == BATCH * CHUNK
        self._done += BATCH
        self._waiting -= 1
        self._supply()

    def _failed(self, _job_id: int, why: str) -> None:
        raise RuntimeError(why)

    def _run_until_ready(self) -> None:
        while len(self._pool.pids) < CORES:
            self._loop.call_later(0.01, self._loop.stop)
            self._loop.run()
