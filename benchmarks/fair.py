"""What others notice of an upload that has the pool busy: a login's signature, a chat message."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import Client, prekey
from benchmarks.pool import BATCH, WAITING, make_batch, make_units
from benchmarks.relay import settle
from benchmarks.report import Figure
from benchmarks.resume import stored
from benchmarks.scratch import CORES, Server, by_engine, read_key, running_server
from benchmarks.upload import MANY, new_source, start
from rsachat.crypto.jobs import CHUNK, DecryptChunks, Priority, Sign
from rsachat.protocol.messages import ChatDeliver, ChatSend
from rsachat.runtime.loop import Loop
from rsachat.runtime.workers import WorkerPool
from rsachat.settings import TransferLimits

AIM_TIMES = 4.0  # a signature's p95 wait, against that of an idle pool
AIM_MS = 8.0  # the same with the faster engine, in itself
AIM_CHAT_MS = 20.0  # a message's p95, more than with an idle server
SIGNATURES, MESSAGES = 200, 200
PAUSE = 0.02  # seconds between two of either
ENVELOPE = bytes(256)
WINDOW = TransferLimits().window


def run() -> list[Figure]:
    with TemporaryDirectory() as name:
        return [_signatures(Path(name)), _chat(Path(name))]


def _signatures(folder: Path) -> Figure:
    waits = PoolWaits(make_batch(make_units(folder / "units").read_bytes()))
    try:
        idle, busy = (p95(waits.measure(bulk=bulk)) * 1000 for bulk in (False, True))
    finally:
        waits.close()
    name, beside = "signature beside chunks", f"{idle:.1f} ms idle"
    ratio, aim = by_engine(busy / idle, busy), by_engine(AIM_TIMES, AIM_MS)
    return Figure(name, f"{busy:.1f} ms", beside, ratio, aim, False)


class PoolWaits:
    """A pool, and how long each of some signatures takes from submit to result, in seconds."""

    def __init__(self, batch: DecryptChunks) -> None:
        self._batch = batch
        self._bulk = False
        self._waiting = self._last = 0
        self._signing: dict[int, float] = {}
        self._waits: list[float] = []
        self._loop = Loop()
        key = read_key("server").to_der()
        self._pool = WorkerPool(self._loop, CORES, key, self._finished, self._failed)
        while len(self._pool.pids) < CORES:
            self._run(0.01)

    def measure(self, *, bulk: bool) -> list[float]:
        self._bulk, self._waits = bulk, []
        self._supply()
        self._run(0.5)
        while len(self._waits) < SIGNATURES:
            self._run(PAUSE)
            if not self._signing:
                self._signing[self._submit(Sign(b"x", b"m"), Priority.URGENT)] = self._loop.now()
        self._bulk = False
        while self._waiting:
            self._run(PAUSE)
        return self._waits

    def close(self) -> None:
        self._pool.close()
        self._loop.close()

    def _run(self, seconds: float) -> None:
        self._loop.call_later(seconds, self._loop.stop)
        self._loop.run()

    def _supply(self) -> None:
        while self._bulk and self._waiting < WAITING:
            self._waiting += 1
            self._submit(self._batch, Priority.BULK)

    def _submit(self, job: object, priority: Priority) -> int:
        self._last += 1
        self._pool.submit(self._last, job, priority)
        return self._last

    def _finished(self, job_id: int, result: object) -> None:
        if job_id in self._signing:
            self._waits.append(self._loop.now() - self._signing.pop(job_id))
            return
        assert isinstance(result, bytes)
        assert len(result) == BATCH * CHUNK
        self._waiting -= 1
        self._supply()

    def _failed(self, _job_id: int, why: str) -> None:
        raise RuntimeError(why)


def _chat(folder: Path) -> Figure:
    with running_server(folder) as server:
        idle = p95(latencies(server)) * 1000
        with busy_with_an_upload(server):
            busy = p95(latencies(server)) * 1000
    name, beside = "message beside chunks", f"{idle:.1f} ms idle"
    return Figure(name, f"{busy:.1f} ms", beside, busy - idle, AIM_CHAT_MS, False)


@contextmanager
def busy_with_an_upload(server: Server) -> Iterator[None]:
    """Chunks are being opened from the first to the last moment. Raises RuntimeError if not."""
    sender = start(server, new_source(server, "big", 10 * MANY), "bob")
    try:
        while not stored(server):
            time.sleep(0.01)
        before = stored(server)
        yield
        if sender.poll() is not None or stored(server) <= before + WINDOW * CHUNK:
            raise RuntimeError("the upload did not keep the workers busy")
    finally:
        sender.kill()
        sender.communicate()


def latencies(server: Server) -> list[float]:
    """Seconds of messages from one session to another, one after the other."""
    key, server_fp = read_key("alice"), server.identity.public.fingerprint
    near, far = (Client(server.port, key, server_fp) for _ in range(2))
    try:
        for client in (near, far):
            client.say(prekey(key, "alice", server_fp))
            settle(client)
        return [_one_message(near, far, ref) for ref in range(1, MESSAGES + 1)]
    finally:
        near.cut()
        far.cut()


def _one_message(near: Client, far: Client, ref: int) -> float:
    assert far.welcome is not None
    time.sleep(PAUSE)
    far.messages.clear()
    began = time.perf_counter()
    near.say(ChatSend(ref, far.welcome.session, ENVELOPE))
    while not any(isinstance(message, ChatDeliver) for message in far.messages):
        far.pull()
    return time.perf_counter() - began


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
