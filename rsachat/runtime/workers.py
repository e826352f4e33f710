"""The pool of worker processes: jobs go out over pipes on the loop, results come back.

Knows who is busy, who died, and what to repeat; nothing of what a job computes. Only what comes
from the workers that this pool started is ever unpickled.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial

from rsachat.crypto.jobs import Priority
from rsachat.runtime import worker_process
from rsachat.runtime.job_queue import JobQueue
from rsachat.runtime.loop import Loop, Timer
from rsachat.runtime.pipe_frames import BEAT, DONE, KEY, READY, Frame, FrameReader, pack
from rsachat.runtime.stream import Stream
from rsachat.runtime.worker_process import WorkerProcess
from rsachat.server.worker_load import WorkerLoad
from rsachat.settings import POOL, PoolLimits

DEPTH = 2  # jobs at one worker: the next is there when one is done
URGENT_DEPTH = DEPTH + 1  # an urgent one finds room, and overtakes inside the worker
DEATHS = 2  # a job that ended two workers is not given to a third
FAILED_STARTS = 3  # in a row, with no worker left: the pool gives up
RESTART_PAUSE = 0.25  # seconds, doubled with each failed start
SHORT_LIFE = 1.0  # seconds; a worker that lived longer is replaced without a pause
CLOSE_GRACE = 0.5  # seconds for running jobs to end by themselves


@dataclass(slots=True)
class _Task:
    job_id: int
    pickled: bytes
    priority: int
    queue: Hashable
    deaths: int = 0
    cancelled: bool = False


@dataclass(slots=True, eq=False)
class _Worker:
    process: WorkerProcess
    born: float
    stream: Stream = field(init=False)
    reader: FrameReader = field(default_factory=FrameReader)
    running: dict[int, _Task] = field(default_factory=dict)
    ready: bool = False
    busy_since: float = 0.0
    alone: bool = False  # holds a suspect, and gets nothing beside it
    silent: int = 0  # looks of the watchdog since it said something


class WorkerPool:
    """`size` processes that run jobs: picklable objects with `.run(key)`; long ones pause.

    `key_der` is the private key every worker loads, or None. For each submitted job exactly one
    of `on_result(job_id, result)` and `on_failed(job_id, why)` comes from the loop, unless its
    queue was cancelled. `on_broken(why)` comes once, when no worker can be started; all jobs
    fail from then on. Workers die with the thread that started them: that is the thread of the
    constructor and then the loop's.
    """

    def __init__(
        self,
        loop: Loop,
        size: int,
        key_der: bytes | None,
        on_result: Callable[[int, object], object],
        on_failed: Callable[[int, str], object],
        *,
        on_broken: Callable[[str], object] | None = None,
        limits: PoolLimits = POOL,
    ) -> None:
        self._loop = loop
        self._limits = limits
        self._key = key_der or b""
        self._on_result = on_result
        self._on_failed = on_failed
        self._on_broken = on_broken
        self._queue: JobQueue[_Task] = JobQueue(len(Priority))
        self._suspects: deque[_Task] = deque()  # were at a worker that died; each runs alone next
        self._workers: list[_Worker] = []
        self._restarts: list[Timer] = []
        self._watchdog: Timer | None = None
        self._number = 0
        self._busy_seconds = 0.0
        self._failed_starts = 0
        self._broken = ""
        self._closed = False
        for _ in range(size):
            self._start_worker()

    @property
    def waiting(self) -> int:
        """Jobs that no worker has yet."""
        return len(self._queue) + len(self._suspects)

    @property
    def busy(self) -> int:
        """Workers that have a job."""
        return sum(1 for worker in self._workers if worker.running)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that have loaded the key."""
        return [worker.process.pid for worker in self._workers if worker.ready]

    def load(self) -> WorkerLoad:
        """How busy the workers are, and were."""
        now = self._loop.now()
        running = sum(now - worker.busy_since for worker in self._workers if worker.running)
        return WorkerLoad(len(self.pids), self.busy, self.waiting, self._busy_seconds + running)

    def submit(
        self, job_id: int, job: object, priority: int = Priority.BULK, queue: Hashable = b""
    ) -> None:
        """Queue a job. Queues of one priority take turns; within a queue order is kept.

        Raises what pickling raises when the job cannot be sent to a process.
        """
        task = _Task(job_id, pickle.dumps(job, protocol=5), priority, queue)
        if self._broken:
            self._loop.call_soon(partial(self._on_failed, job_id, self._broken))
        elif not self._closed:
            self._queue.put(task, priority, queue)
            self._hand_out()

    def cancel(self, queue: Hashable) -> None:
        """Drop what of this queue waits, and the results of what runs."""
        self._queue.cancel(queue)
        self._suspects = deque(task for task in self._suspects if task.queue != queue)
        for worker in self._workers:
            for task in worker.running.values():
                task.cancelled |= task.queue == queue

    def close(self) -> None:
        """End every process, within a second; running jobs have half of it. No callback comes."""
        self._closed = True
        for timer in (*self._restarts, self._watchdog):
            if timer is not None:
                timer.cancel()
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.stream.abort()
            if not worker.ready:
                worker.process.kill()
        deadline = time.monotonic() + CLOSE_GRACE
        for worker in workers:
            if worker_process.wait(worker.process, max(0.0, deadline - time.monotonic())) is None:
                worker.process.kill()
        for worker in workers:
            worker_process.reap(worker.process)

    def _start_worker(self) -> None:
        try:
            process, sock = worker_process.start(self._limits.beat_every)
        except OSError as error:
            why = f"a worker process cannot be started: {error.strerror}"
            self._loop.call_soon(partial(self._start_failed, why))
            return
        worker = _Worker(process, self._loop.now())
        worker.stream = Stream(
            self._loop,
            sock,
            partial(self._received, worker),
            partial(self._lost, worker),
            partial(self._lost, worker),
        )
        worker.stream.write(pack(0, KEY, self._key))
        self._workers.append(worker)
        self._watch_over(worker)

    def _received(self, worker: _Worker, data: bytes) -> None:
        worker.silent = 0
        for frame in worker.reader.feed(data):
            if frame.number:
                self._answered(worker, frame)
            elif frame.tag == READY:
                worker.ready = True
                self._failed_starts = 0
            elif frame.tag != BEAT:
                self._break(f"a worker cannot load the key: {frame.body.decode()}")
            if self._closed or self._broken:
                return
        self._hand_out()

    def _answered(self, worker: _Worker, frame: Frame) -> None:
        task = worker.running.pop(frame.number)
        if not worker.running:
            self._count_busy(worker)
        worker.alone = False
        if task.cancelled:
            return
        if frame.tag == DONE:
            self._on_result(task.job_id, pickle.loads(frame.body))
        else:
            self._on_failed(task.job_id, frame.body.decode())

    def _hand_out(self) -> None:
        """Give waiting jobs to the workers that have the fewest."""
        free = [worker for worker in self._workers if worker.ready and not worker.alone]
        if self._suspects and free:
            self._hand_out_suspect(free)
        while free and self._queue:
            worker = min(free, key=_load)
            load = len(worker.running)
            worst = Priority.IDLE if load < DEPTH else Priority.URGENT
            task = self._queue.take(worst) if load < URGENT_DEPTH else None
            if task is None:
                return
            self._give(worker, task)

    def _hand_out_suspect(self, free: list[_Worker]) -> None:
        """A suspect runs alone, so that it is known whether it was the one: make room for it."""
        while self._suspects and free:
            worker = min(free, key=_load)
            free.remove(worker)
            if worker.running:
                return  # nothing more is given to it until it is empty
            worker.alone = True
            self._give(worker, self._suspects.popleft())

    def _give(self, worker: _Worker, task: _Task) -> None:
        self._number = self._number % 0xFFFF_FFFF + 1
        if not worker.running:
            worker.busy_since = self._loop.now()
            self._watch_over(worker)
        worker.running[self._number] = task
        worker.stream.write(pack(self._number, task.priority, task.pickled))

    def _count_busy(self, worker: _Worker) -> None:
        self._busy_seconds += self._loop.now() - worker.busy_since

    def _watch_over(self, worker: _Worker) -> None:
        """From now on it owes an answer."""
        worker.silent = 0
        self._wind_up()

    def _wind_up(self) -> None:
        if self._watchdog is None:
            self._watchdog = self._loop.call_later(self._limits.beat_every, self._look)

    def _look(self) -> None:
        """Whoever owes an answer and gives no sign is stopped or stuck: another does its jobs.

        Looks are counted, and not seconds: a server that was suspended with its workers hears
        them before it judges.
        """
        self._watchdog = None
        limits = self._limits
        owing = [worker for worker in self._workers if worker.running or not worker.ready]
        for worker in owing:
            worker.silent += 1
            most = limits.silent_beats if worker.ready else limits.start_beats
            if worker.silent > most and not self._closed:
                worker.process.kill()
                self._lost(worker)
        if owing and not self._closed:
            self._wind_up()

    def _lost(self, worker: _Worker, _why: str = "") -> None:
        """The pipe has closed: the process has ended, or is about to."""
        worker.stream.abort()
        self._workers.remove(worker)
        how = worker_process.reap(worker.process)
        if worker.running:
            self._count_busy(worker)
        for task in worker.running.values():
            task.deaths += 1
            if task.cancelled:
                continue
            if task.deaths < DEATHS:
                self._suspects.append(task)
            else:
                self._on_failed(task.job_id, f"its worker {how}, twice")
        if not worker.ready:
            self._start_failed(f"a worker {how} before it was ready")
        elif not self._closed:
            lived = self._loop.now() - worker.born
            self._restart_after(0.0 if lived > SHORT_LIFE else RESTART_PAUSE)
            self._hand_out()

    def _start_failed(self, why: str) -> None:
        if self._closed or self._broken:
            return
        self._failed_starts += 1
        if self._failed_starts >= FAILED_STARTS and not any(w.ready for w in self._workers):
            self._break(why)
        else:
            self._restart_after(RESTART_PAUSE * 2 ** min(self._failed_starts - 1, 6))

    def _restart_after(self, seconds: float) -> None:
        now = self._loop.now()
        self._restarts = [timer for timer in self._restarts if timer.when >= now]
        self._restarts.append(self._loop.call_later(seconds, self._start_worker))

    def _break(self, why: str) -> None:
        """No worker can be had: everything fails, instead of waiting for ever."""
        self._broken = why
        running = [task for worker in self._workers for task in worker.running.values()]
        tasks = [task for task in running if not task.cancelled] + list(self._suspects)
        self._suspects.clear()
        while task := self._queue.take(Priority.IDLE):
            tasks.append(task)
        self.close()
        for task in tasks:
            self._on_failed(task.job_id, why)
        if self._on_broken is not None:
            self._on_broken(why)


def _load(worker: _Worker) -> int:
    return len(worker.running)
