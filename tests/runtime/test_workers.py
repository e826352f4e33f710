"""The pool with real processes: order, failures, deaths, and an end that leaves nothing."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from rsachat.crypto.jobs import Priority, Sign
from rsachat.runtime import worker_process, workers
from rsachat.runtime.loop import Loop
from rsachat.runtime.workers import WorkerPool
from rsachat.settings import POOL, PoolLimits
from tests.support import keys
from tests.support.loops import run_for, run_until
from tests.support.pool_jobs import (
    Die,
    Echo,
    Exit,
    Fail,
    Lambda,
    Pid,
    Sleep,
    Slices,
    Stop,
    Surroundings,
    Unreadable,
)

pytestmark = pytest.mark.slow


class Boss:
    """Owns a pool and writes down what it tells."""

    def __init__(
        self, loop: Loop, size: int = 1, key: bytes | None = None, limits: PoolLimits = POOL
    ) -> None:
        self.loop = loop
        self.order: list[int] = []
        self.results: dict[int, object] = {}
        self.failures: dict[int, str] = {}
        self.broken: list[str] = []
        self.pool = WorkerPool(
            loop,
            size,
            key,
            self.finished,
            self.failed,
            on_broken=self.broken.append,
            limits=limits,
        )

    def finished(self, job_id: int, result: object) -> None:
        assert job_id not in self.results
        self.order.append(job_id)
        self.results[job_id] = result

    def failed(self, job_id: int, why: str) -> None:
        assert job_id not in self.failures
        self.failures[job_id] = why

    def told(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.results) + len(self.failures) == count

    def until_ready(self) -> None:
        run_until(self.loop, lambda: len(self.pool.pids) == len(self.pool._workers))


STRICT = PoolLimits(beat_every=0.1, silent_beats=4)


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


@pytest.fixture
def boss(loop: Loop) -> Iterator[Boss]:
    """A pool of one worker: what happens there happens in order."""
    made = Boss(loop)
    yield made
    made.pool.close()


@pytest.fixture
def two(loop: Loop) -> Iterator[Boss]:
    made = Boss(loop, size=2)
    yield made
    made.pool.close()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_jobs_are_answered_each_once(loop: Loop, two: Boss) -> None:
    for number in range(200):
        two.pool.submit(number, Echo(number * number))
    assert two.pool.waiting == 200
    run_until(loop, two.told(200))
    assert two.results == {number: number * number for number in range(200)}
    assert two.pool.waiting == 0
    assert two.pool.busy == 0


def test_large_jobs_and_results_do_not_hold_up_the_loop(loop: Loop, boss: Boss) -> None:
    big = os.urandom(8 << 20)
    turns: list[float] = []
    boss.until_ready()
    boss.pool.submit(1, Sleep(1.0))  # the worker is busy: its pipe fills
    boss.pool.submit(2, Echo(big))
    loop.add_end_of_pass(lambda: turns.append(loop.now()))
    run_until(loop, boss.told(2))
    assert boss.results[2] == big
    assert max(b - a for a, b in pairwise(turns)) < 0.9


def test_one_worker_keeps_the_order_of_a_queue(loop: Loop, boss: Boss) -> None:
    for number in range(50):
        boss.pool.submit(number, Echo(None))
    run_until(loop, boss.told(50))
    assert boss.order == list(range(50))


def test_the_urgent_overtake_even_what_the_worker_has(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    for number in range(6):
        boss.pool.submit(number, Sleep(0.05))
    run_for(loop, 0.02)
    boss.pool.submit(10, Echo(None), Priority.IDLE)
    boss.pool.submit(11, Echo(None), Priority.URGENT)
    run_until(loop, boss.told(8))
    assert boss.order == [0, 11, 1, 2, 3, 4, 5, 10]


def test_the_urgent_go_between_the_slices_of_a_long_job(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    boss.pool.submit(1, Slices(20, 0.02))
    boss.pool.submit(2, Echo(None))
    run_for(loop, 0.05)
    boss.pool.submit(3, Fail("not this"), Priority.URGENT)
    boss.pool.submit(4, Echo("signed"), Priority.URGENT)
    run_until(loop, boss.told(4))
    assert boss.order == [4, 1, 2]
    assert boss.results[1] == 20
    assert boss.failures == {3: "ValueError: not this"}


def test_a_long_job_ends_with_its_pool(loop: Loop, boss: Boss) -> None:
    boss.pool.submit(1, Echo("now it has loaded what jobs need"))
    run_until(loop, boss.told(1))
    (pid,) = boss.pool.pids
    boss.pool.submit(2, Slices(1000, 0.01))
    run_for(loop, 0.05)
    began = time.monotonic()
    boss.pool.close()
    assert time.monotonic() - began < workers.CLOSE_GRACE / 2
    assert gone(pid)


def test_queues_take_turns(loop: Loop, boss: Boss) -> None:
    for number in range(6):
        boss.pool.submit(number, Echo(None), queue=b"big")
    for number in range(10, 12):
        boss.pool.submit(number, Echo(None), queue=b"small")
    run_until(loop, boss.told(8))
    assert boss.order == [0, 10, 1, 11, 2, 3, 4, 5]


def test_both_workers_work(loop: Loop, two: Boss) -> None:
    two.until_ready()
    for number in range(8):
        two.pool.submit(number, Pid(0.02))
    assert two.pool.busy == 2
    run_until(loop, two.told(8))
    assert set(two.results.values()) == set(two.pool.pids)


def test_cancel_drops_what_waits_and_what_runs(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    for number in range(6):
        boss.pool.submit(number, Sleep(0.05), queue=b"gone")
    boss.pool.submit(7, Echo("kept"), queue=b"kept")
    run_for(loop, 0.02)
    boss.pool.cancel(b"gone")
    assert boss.pool.waiting == 1
    boss.pool.submit(8, Echo("new"), queue=b"gone")
    run_until(loop, boss.told(2))
    run_for(loop, 0.05)
    assert boss.results == {7: "kept", 8: "new"}
    assert boss.failures == {}


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (Fail("mine"), "ValueError: mine"),
        (Lambda(), "pickle"),
        (Unreadable(), "not a number"),
        (Sign(b"auth", b"x"), "holds no key"),
    ],
)
def test_a_job_that_raises_fails_and_the_worker_stays(
    loop: Loop, boss: Boss, job: object, why: str
) -> None:
    boss.until_ready()
    pids = boss.pool.pids
    boss.pool.submit(1, job)
    boss.pool.submit(2, Echo("fine"))
    run_until(loop, boss.told(2))
    assert why in boss.failures[1]
    assert boss.results == {2: "fine"}
    assert boss.pool.pids == pids


def test_a_job_that_cannot_be_sent_raises_at_once(boss: Boss) -> None:
    with pytest.raises(Exception, match="pickle"):
        boss.pool.submit(1, Echo(lambda: None))


def test_a_killed_worker_loses_nothing(loop: Loop, two: Boss) -> None:
    two.until_ready()
    for number in range(30):
        two.pool.submit(number, Sleep(0.02, number))
    run_for(loop, 0.05)
    victim = two.pool.pids[0]
    os.kill(victim, signal.SIGKILL)
    run_until(loop, two.told(30))
    assert two.results == {number: number for number in range(30)}
    assert two.failures == {}
    run_until(loop, lambda: len(two.pool.pids) == 2)
    assert victim not in two.pool.pids


def test_every_worker_killed_at_once_loses_nothing(loop: Loop, two: Boss) -> None:
    two.until_ready()
    for number in range(12):
        two.pool.submit(number, Sleep(0.02, number))
    run_for(loop, 0.03)
    for pid in two.pool.pids:
        os.kill(pid, signal.SIGKILL)
    run_until(loop, two.told(12))
    assert two.results == {number: number for number in range(12)}


def test_an_idle_worker_that_dies_is_replaced(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    (victim,) = boss.pool.pids
    os.kill(victim, signal.SIGTERM)
    run_until(loop, lambda: boss.pool.pids not in ([victim], []))
    boss.pool.submit(1, Echo("fine"))
    run_until(loop, boss.told(1))


@pytest.mark.parametrize(("job", "how"), [(Die(), "SIGKILL"), (Exit(), "exit code")])
def test_a_job_that_ends_its_worker_twice_fails_alone(
    loop: Loop, boss: Boss, job: object, how: str
) -> None:
    boss.pool.submit(0, Echo("before"))
    boss.pool.submit(1, job)
    for number in range(2, 9):
        boss.pool.submit(number, Echo("beside"))
    run_until(loop, boss.told(9))
    assert list(boss.failures) == [1]
    assert how in boss.failures[1]
    assert "twice" in boss.failures[1]


def test_a_job_that_ended_its_worker_once_is_repeated(
    loop: Loop, boss: Boss, tmp_path: Path
) -> None:
    boss.pool.submit(1, Die(str(tmp_path / "mark"), "second time"))
    run_until(loop, boss.told(1))
    assert boss.results == {1: "second time"}


def test_a_cancelled_job_is_not_repeated(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    boss.pool.submit(1, Sleep(5), queue=b"gone")
    run_for(loop, 0.02)
    boss.pool.cancel(b"gone")
    os.kill(boss.pool.pids[0], signal.SIGKILL)
    boss.pool.submit(2, Echo("next"))
    run_until(loop, boss.told(1))
    assert boss.results == {2: "next"}


def test_a_stopped_workers_jobs_are_done_by_another(loop: Loop) -> None:
    boss = Boss(loop, size=2, limits=STRICT)
    boss.until_ready()
    for number in range(12):
        boss.pool.submit(number, Sleep(0.02, number))
    run_for(loop, 0.03)
    victim = boss.pool.pids[0]
    os.kill(victim, signal.SIGSTOP)
    run_until(loop, boss.told(12))
    run_until(loop, lambda: len(boss.pool.pids) == 2)
    boss.pool.close()
    assert boss.results == {number: number for number in range(12)}
    assert gone(victim)


def test_a_job_that_stops_its_worker_twice_fails_alone(loop: Loop) -> None:
    boss = Boss(loop, limits=STRICT)
    boss.pool.submit(1, Stop())
    boss.pool.submit(2, Echo("beside"))
    run_until(loop, boss.told(2))
    boss.pool.close()
    assert boss.results == {2: "beside"}
    assert "twice" in boss.failures[1]


def test_a_long_job_is_no_stopped_worker(loop: Loop) -> None:
    boss = Boss(loop, limits=STRICT)
    boss.until_ready()
    pids = boss.pool.pids
    boss.pool.submit(1, Sleep(1.2, "long"))
    run_until(loop, boss.told(1))
    assert boss.pool.pids == pids
    boss.pool.close()
    assert boss.results == {1: "long"}


def test_a_pool_that_was_suspended_with_its_workers_kills_none(loop: Loop) -> None:
    boss = Boss(loop, limits=STRICT)
    boss.until_ready()
    (pid,) = boss.pool.pids
    boss.pool.submit(1, Sleep(0.3, "late"))
    run_for(loop, 0.05)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(1.0)  # the loop stands still, too
    os.kill(pid, signal.SIGCONT)
    run_until(loop, boss.told(1))
    assert boss.pool.pids == [pid]
    boss.pool.close()


def test_an_idle_worker_owes_nothing_until_it_has_a_job(loop: Loop) -> None:
    boss = Boss(loop, limits=STRICT)
    boss.until_ready()
    (pid,) = boss.pool.pids
    os.kill(pid, signal.SIGSTOP)
    run_for(loop, 0.8)
    assert boss.pool.pids == [pid]
    boss.pool.submit(1, Echo("fine"))
    run_until(loop, boss.told(1))
    boss.pool.close()
    assert boss.results == {1: "fine"}
    assert gone(pid)


def test_a_worker_that_stops_while_it_starts_is_replaced(loop: Loop) -> None:
    boss = Boss(loop, limits=PoolLimits(beat_every=0.1, start_beats=20))
    pid = boss.pool._workers[0].process.pid or 0
    os.kill(pid, signal.SIGSTOP)
    boss.pool.submit(1, Echo("fine"))
    run_until(loop, boss.told(1))
    boss.pool.close()
    assert gone(pid)


def test_the_key_is_loaded_in_every_worker(loop: Loop) -> None:
    alice = keys.private("alice")
    boss = Boss(loop, size=2, key=alice.to_der())
    for number in range(4):
        boss.pool.submit(number, Sign(b"auth", b"message"))
    run_until(loop, boss.told(4))
    boss.pool.close()
    for signature in boss.results.values():
        assert isinstance(signature, bytes)
        assert alice.public.verify(b"auth", b"message", signature)


def test_a_worker_sees_no_secret_and_no_socket_but_its_pipe(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S24: neither command lines nor environments hold a secret."""
    monkeypatch.setenv("RSACHAT_PASSWORD", "canary")
    der = keys.private("alice").to_der()
    boss = Boss(loop, key=der)
    assert os.environ["RSACHAT_PASSWORD"] == "canary"
    boss.pool.submit(1, Surroundings())
    run_until(loop, boss.told(1))
    (pid,) = boss.pool.pids
    for name in ("environ", "cmdline"):
        text = Path(f"/proc/{pid}/{name}").read_bytes()
        assert text
        assert b"canary" not in text
        assert der[:40].hex().encode() not in text
    seen = boss.results[1]
    assert isinstance(seen, dict)
    assert "RSACHAT_PASSWORD" not in seen["environ"]
    assert seen["fingerprint"] == keys.public("alice").fingerprint
    assert seen["sockets"] == 1
    assert {signal.SIGINT, signal.SIGHUP} <= set(seen["ignores"])
    assert signal.SIGTERM not in seen["ignores"]
    assert seen["blocked"] == set()
    boss.pool.close()


def test_ctrl_c_does_not_reach_workers_even_while_they_start(
    loop: Loop, boss: Boss, capfd: pytest.CaptureFixture[str]
) -> None:
    pid = boss.pool._workers[0].process.pid
    assert pid is not None
    for _ in range(20):
        os.kill(pid, signal.SIGINT)
        run_for(loop, 0.01)
    boss.pool.submit(1, Pid())
    run_until(loop, boss.told(1))
    assert boss.results == {1: pid}
    assert capfd.readouterr().err == ""


def test_a_key_that_cannot_be_loaded_is_told(loop: Loop) -> None:
    boss = Boss(loop, size=2, key=b"not a key")
    boss.pool.submit(1, Echo("never"))
    run_until(loop, lambda: boss.broken)
    assert "cannot load the key" in boss.failures[1]
    boss.pool.submit(2, Echo("never"))
    assert 2 not in boss.failures
    run_until(loop, lambda: 2 in boss.failures)
    assert len(boss.broken) == 1
    boss.pool.close()


def test_workers_that_die_at_their_start_do_not_fork_for_ever(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int] = []
    real = worker_process.start

    def start(beat_every: float) -> object:
        process, sock = real(beat_every)
        assert process.pid is not None
        starts.append(process.pid)
        process.kill()
        return process, sock

    monkeypatch.setattr(worker_process, "start", start)
    boss = Boss(loop, size=2)
    boss.pool.submit(1, Echo("never"))
    run_until(loop, lambda: boss.broken)
    assert "before it was ready" in boss.broken[0]
    assert "SIGKILL" in boss.failures[1]
    run_for(loop, 0.3)
    assert len(starts) <= 2 + workers.FAILED_STARTS
    assert all(gone(pid) for pid in starts)


def test_a_system_without_processes_left_is_told(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(beat_every: float) -> object:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(worker_process, "start", start)
    boss = Boss(loop)
    run_until(loop, lambda: boss.broken)
    assert "temporarily unavailable" in boss.broken[0]


@pytest.mark.parametrize("job", [None, Sleep(30)])
def test_close_ends_every_process_within_a_second(loop: Loop, job: object) -> None:
    boss = Boss(loop, size=2)
    boss.until_ready()
    pids = boss.pool.pids
    if job:
        boss.pool.submit(1, job)
        boss.pool.submit(2, job)
        run_for(loop, 0.02)
    began = time.monotonic()
    boss.pool.close()
    assert time.monotonic() - began < 1.0
    assert all(gone(pid) for pid in pids)
    boss.pool.submit(3, Echo("ignored"))
    boss.pool.close()
    run_for(loop, 0.05)
    assert boss.results == {}


def test_close_before_they_are_ready(loop: Loop) -> None:
    boss = Boss(loop, size=2)
    pids = [worker.process.pid for worker in boss.pool._workers]
    boss.pool.close()
    assert all(gone(pid or 0) for pid in pids)


def test_no_descriptor_is_left(loop: Loop) -> None:
    Boss(loop).pool.close()  # the first start opens the resource tracker's pipe for good
    before = len(os.listdir("/proc/self/fd"))
    boss = Boss(loop, size=2)
    boss.until_ready()
    os.kill(boss.pool.pids[0], signal.SIGKILL)
    run_until(loop, lambda: len(boss.pool.pids) == 1)
    run_until(loop, lambda: len(boss.pool.pids) == 2)
    boss.pool.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_load_is_who_is_busy_and_for_how_long_it_was(loop: Loop, boss: Boss) -> None:
    boss.until_ready()
    assert (boss.pool.load().ready, boss.pool.load().busy) == (1, 0)
    before = boss.pool.load().busy_seconds
    boss.pool.submit(1, Sleep(0.2))
    boss.pool.submit(2, Sleep(0.0))
    run_for(loop, 0.1)
    assert boss.pool.load().busy == 1
    assert boss.pool.load().busy_seconds > before
    run_until(loop, boss.told(2))
    spent = boss.pool.load().busy_seconds - before
    assert 0.2 <= spent < 2.0
    run_for(loop, 0.05)
    assert boss.pool.load().busy_seconds - before == spent
