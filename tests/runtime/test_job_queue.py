"""The order of waiting jobs."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from rsachat.runtime.job_queue import JobQueue


def drain(queue: JobQueue[str], worst: int = 2) -> str:
    taken = []
    while (item := queue.take(worst)) is not None:
        taken.append(item)
    return " ".join(taken)


def test_priorities_go_first_and_queues_take_turns() -> None:
    queue: JobQueue[str] = JobQueue(3)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        queue.put(item, 1, item[0])
    queue.put("idle", 2, "a")
    queue.put("urgent", 0, "z")
    assert len(queue) == 8
    assert drain(queue) == "urgent a1 b1 c1 a2 c2 a3 idle"
    assert len(queue) == 0


def test_worst_leaves_the_rest() -> None:
    queue: JobQueue[str] = JobQueue(3)
    queue.put("bulk", 1, "q")
    queue.put("urgent", 0, "q")
    assert drain(queue, worst=0) == "urgent"
    assert len(queue) == 1


def test_a_queue_that_comes_back_does_not_jump_ahead() -> None:
    queue: JobQueue[str] = JobQueue(1)
    queue.put("a1", 0, "a")
    queue.put("b1", 0, "b")
    queue.put("b2", 0, "b")
    assert queue.take(0) == "a1"
    queue.put("a2", 0, "a")
    assert drain(queue, 0) == "b1 a2 b2"


def test_cancel_takes_out_one_queue_of_every_priority() -> None:
    queue: JobQueue[str] = JobQueue(3)
    for priority in range(3):
        queue.put(f"x{priority}", priority, "x")
        queue.put(f"y{priority}", priority, "y")
    queue.cancel("x")
    queue.cancel("x")
    assert len(queue) == 3
    assert drain(queue) == "y0 y1 y2"


PUTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=60)


@given(PUTS)
def test_nothing_is_lost_order_is_kept_and_turns_are_fair(puts: list[tuple[int, int]]) -> None:
    queue: JobQueue[tuple[int, int, int]] = JobQueue(3)
    for number, (priority, key) in enumerate(puts):
        queue.put((priority, key, number), priority, key)
    taken = []
    while (item := queue.take(2)) is not None:
        taken.append(item)
    assert sorted(taken) == sorted((p, k, n) for n, (p, k) in enumerate(puts))
    assert [p for p, _, _ in taken] == sorted(p for p, _ in puts)
    for priority in range(3):
        rounds: dict[int, int] = defaultdict(int)
        served = []
        last: dict[int, int] = {}
        for level, key, number in taken:
            if level == priority:
                assert number > last.get(key, -1)
                last[key] = number
                rounds[key] += 1
                served.append(rounds[key])
        assert served == sorted(served)  # no one's second turn before another's first
