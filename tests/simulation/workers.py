"""A pool of workers that takes its time, loses workers, and does their jobs again."""

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from rsachat.crypto.jobs import Priority
from rsachat.crypto.rsa import PrivateKey
from rsachat.runtime.job_queue import JobQueue
from tests.simulation.machine import Died, Machine, SimLoop

DEATHS = 2
Around = Callable[[int | None], AbstractContextManager[object]]
"""What a job runs in; given a number, its process dies at that step on the disk."""


@dataclass(slots=True)
class _Task:
    job_id: int
    job: Any
    queue: Hashable
    deaths: int = 0
    cancelled: bool = False


class Workers:
    """Has what a shell asks of a `WorkerPool`. `doomed` is how many jobs will lose their worker."""

    def __init__(
        self,
        machine: Machine,
        key: PrivateKey | None,
        on_result: Callable[[int, object], object],
        on_failed: Callable[[int, str], object],
        *,
        around: Around = lambda _steps: nullcontext(),
        size: int = 2,
    ) -> None:
        self._machine = machine
        self._key = key
        self._dice = machine.host.net.dice
        self._faults = machine.host.net.faults
        self._on_result = on_result
        self._on_failed = on_failed
        self._around = around
        self._queue: JobQueue[_Task] = JobQueue(len(Priority))
        self._free = size
        self._running: list[_Task] = []
        self.doomed = 0
        machine.workers = self

    @property
    def idle(self) -> bool:
        return not self._running and not len(self._queue)

    def submit(
        self, job_id: int, job: object, priority: int = Priority.BULK, queue: Hashable = b""
    ) -> None:
        self._queue.put(_Task(job_id, job, queue), priority, queue)
        self._hand_out()

    def close(self) -> None:
        """The process ends."""

    def cancel(self, queue: Hashable) -> None:
        self._queue.cancel(queue)
        for task in self._running:
            task.cancelled |= task.queue == queue

    def _hand_out(self) -> None:
        while self._free and (task := self._queue.take(Priority.IDLE)) is not None:
            self._start(task)

    def _start(self, task: _Task) -> None:
        self._free -= 1
        self._running.append(task)
        seconds = 0.001 + self._dice.random() ** 3 * 0.3
        self._machine.host.net.timeline.after(seconds, lambda: self._end(task))

    def _end(self, task: _Task) -> None:
        if self._machine.dead:
            return
        self._running.remove(task)
        self._free += 1
        result = self._outcome(task)
        if task.cancelled:
            pass
        elif result is not None:
            self._machine.call(lambda: self._on_result(task.job_id, result[0]))
        elif task.deaths < DEATHS:
            self._start(task)
        else:
            why = "its worker was killed, twice"
            self._machine.call(lambda: self._on_failed(task.job_id, why))
        self._hand_out()

    def _outcome(self, task: _Task) -> tuple[object] | None:
        """The result; None if the worker died, before, in the middle or after the work."""
        steps = None
        if self.doomed:
            self.doomed -= 1
            steps = self._dice.choice((0, 0, 1, 2, 4, 6, 9))
        try:
            with self._around(steps):
                if steps == 0 and self._dice.random() < 0.5:
                    raise Died
                result = task.job.run(self._key)
            if steps is not None:
                raise Died
        except Died:
            task.deaths += 1
            self._faults["worker death"] += 1
            self._machine.host.say(self._machine.name, f"loses the worker of job {task.job_id}")
            return None
        return (result,)


def client_pool(
    loop: SimLoop,
    size: int,
    _key: None,
    on_result: Callable[[int, object], object],
    on_failed: Callable[[int, str], object],
) -> Workers:
    """In place of `WorkerPool` where an uploader makes its own."""
    return Workers(loop.machine, None, on_result, on_failed, size=size)
