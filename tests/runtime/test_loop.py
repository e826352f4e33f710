"""The loop as its users see it: what fires, in which order, and what never fires."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.runtime.loop import READ, WRITE, Loop, Timer, Watch


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        made.call_later(20, lambda: pytest.fail("the loop was not stopped"))
        yield made


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        yield left, right


Pair = tuple[socket.socket, socket.socket]


def note_and_stop(loop: Loop, seen: list[str], what: str) -> Callable[[], None]:
    def note() -> None:
        seen.append(what)
        loop.stop()

    return note


def test_a_ready_descriptor_calls_with_its_mask(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []

    def ready(mask: int) -> None:
        seen.append(mask)
        loop.stop()

    loop.watch(pair[0], READ | WRITE, ready)
    pair[1].send(b"x")
    loop.run()
    assert seen == [READ | WRITE]


def test_mask_zero_is_silent_and_comes_back(loop: Loop, pair: Pair) -> None:
    seen: list[int] = []
    watch = loop.watch(pair[0], 0, seen.append)
    pair[1].send(b"x")
    loop.call_later(0.02, loop.stop)
    loop.run()
    assert seen == []
    assert not watch.closed
    watch.events = READ
    loop.call_soon(loop.stop)
    loop.run()
    assert seen == [READ]


def test_a_watch_without_interest_survives_a_hang_up(loop: Loop, pair: Pair) -> None:
    passes: list[None] = []
    watch = loop.watch(pair[0], READ, lambda mask: pytest.fail("fired"))
    watch.events = 0
    pair[1].close()
    loop.add_end_of_pass(lambda: passes.append(None))
    loop.call_later(0.05, loop.stop)
    loop.run()
    assert len(passes) < 10  # no spinning on the hang-up


def test_a_watch_closed_in_the_same_pass_does_not_fire(loop: Loop, pair: Pair) -> None:
    fired: list[str] = []
    watches: dict[str, Watch] = {}

    def ready(name: str, other: str) -> Callable[[int], None]:
        def callback(_mask: int) -> None:
            fired.append(name)
            watches[other].close()
            loop.stop()

        return callback

    watches["left"] = loop.watch(pair[0], READ, ready("left", "right"))
    watches["right"] = loop.watch(pair[1], READ, ready("right", "left"))
    pair[0].send(b"x")
    pair[1].send(b"x")
    loop.run()
    assert len(fired) == 1


def test_a_watch_silenced_in_the_same_pass_does_not_fire(loop: Loop, pair: Pair) -> None:
    fired: list[int] = []
    watches: list[Watch] = []

    def ready(mask: int) -> None:
        fired.append(mask)
        for watch in watches:
            watch.events = 0
        loop.stop()

    watches.extend(loop.watch(end, READ, ready) for end in pair)
    pair[0].send(b"x")
    pair[1].send(b"x")
    loop.run()
    assert fired == [READ]


def test_a_reused_descriptor_is_not_taken_for_the_old_one(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(2)]
    fired: list[str] = []
    watches: dict[int, Watch] = {}
    fresh: list[socket.socket] = []

    def ready(index: int) -> Callable[[int], None]:
        def callback(_mask: int) -> None:
            fired.append("old")
            other = 1 - index
            number = pairs[other][0].fileno()
            watches[other].close()
            pairs[other][0].close()
            fresh.extend(socket.socketpair())
            assert number in [end.fileno() for end in fresh]
            for end in fresh:
                loop.watch(end, READ, lambda mask: fired.append("new"))
            watches[index].close()
            loop.call_later(0.02, loop.stop)

        return callback

    for index, (near, far) in enumerate(pairs):
        watches[index] = loop.watch(near, READ, ready(index))
        far.send(b"x")
    loop.run()
    assert fired == ["old"]
    for end in [*fresh, *pairs[0], *pairs[1]]:
        end.close()


def test_a_closed_watch_takes_no_interest(loop: Loop, pair: Pair) -> None:
    watch = loop.watch(pair[0], READ, lambda mask: None)
    watch.close()
    watch.close()
    with pytest.raises(RuntimeError):
        watch.events = READ


def test_every_ready_descriptor_has_one_turn_a_pass(loop: Loop) -> None:
    pairs = [socket.socketpair() for _ in range(20)]
    turns = [0] * len(pairs)
    spread: list[int] = []

    def turn(index: int) -> Callable[[int], None]:
        def callback(_mask: int) -> None:
            turns[index] += 1

        return callback

    for index, (near, far) in enumerate(pairs):
        loop.watch(near, READ, turn(index))  # never read: ready in every pass
        far.send(b"x")
    loop.add_end_of_pass(lambda: spread.append(max(turns) - min(turns)))
    loop.call_later(0.05, loop.stop)
    loop.run()
    assert min(turns) > 1
    assert max(spread) == 0
    for near, far in pairs:
        near.close()
        far.close()


def test_the_order_of_a_pass(loop: Loop, pair: Pair) -> None:
    order: list[str] = []

    def ready(_mask: int) -> None:
        order.append("descriptor")
        loop.call_soon(lambda: order.append("soon"))
        loop.call_at_end(lambda: order.append("at end"))
        loop.call_at(0, lambda: order.append("timer"))
        loop.stop()

    loop.add_end_of_pass(lambda: order.append("hook"))
    loop.watch(pair[0], READ, ready)
    pair[1].send(b"x")
    loop.run()
    assert order == ["descriptor", "timer", "soon", "hook", "at end"]


def test_call_soon_from_itself_waits_for_the_next_pass(loop: Loop) -> None:
    order: list[str] = []

    def again() -> None:
        order.append("soon")
        if order.count("soon") < 3:
            loop.call_soon(again)
        else:
            loop.stop()

    loop.call_soon(again)
    loop.add_end_of_pass(lambda: order.append("hook"))
    loop.run()
    assert order == ["soon", "hook"] * 3


def test_call_at_end_from_itself_waits_for_the_next_pass(loop: Loop) -> None:
    order: list[str] = []

    def first() -> None:
        order.append("first")
        loop.call_at_end(loop.stop)

    loop.call_at_end(first)
    loop.add_end_of_pass(lambda: order.append("hook"))
    loop.run()
    assert order == ["hook", "first", "hook"]


def test_what_was_asked_before_the_start_is_done(loop: Loop) -> None:
    order: list[str] = []
    loop.call_at_end(note_and_stop(loop, order, "end"))
    loop.run()
    assert order == ["end"]


def test_stop_before_run_makes_no_pass(loop: Loop) -> None:
    loop.add_end_of_pass(lambda: pytest.fail("a pass was made"))
    loop.stop()
    loop.run()


def test_timers_fire_in_order_of_time_and_not_early(loop: Loop) -> None:
    fired: list[tuple[str, float]] = []
    began = loop.now()

    def fire(name: str) -> None:
        fired.append((name, loop.now() - began))

    for name, seconds in (("c", 0.06), ("a", 0.02), ("b", 0.04)):
        loop.call_later(seconds, partial(fire, name))
    loop.call_later(0.08, loop.stop)
    loop.run()
    assert [name for name, _ in fired] == ["a", "b", "c"]
    assert all(at >= due for (_, at), due in zip(fired, (0.02, 0.04, 0.06), strict=True))


def test_a_cancelled_timer_never_fires(loop: Loop) -> None:
    timer = loop.call_later(0.01, lambda: pytest.fail("fired"))
    timer.cancel()
    timer.cancel()
    loop.call_later(0.03, loop.stop)
    loop.run()


def test_a_timer_cancelled_by_one_due_at_the_same_time_never_fires() -> None:
    clock = Clock()
    with Loop(clock=clock) as loop:
        second: list[Timer] = []

        def first() -> None:
            second[0].cancel()

        loop.call_at(100, first)
        second.append(loop.call_at(100, lambda: pytest.fail("fired")))
        loop.call_soon(loop.stop)
        loop.run()


def test_a_timer_that_sets_itself_again_at_once_does_not_starve_the_loop() -> None:
    clock = Clock()
    fired: list[None] = []
    with Loop(clock=clock) as loop:

        def again() -> None:
            fired.append(None)
            loop.call_at(0, again)

        again()
        loop.call_soon(lambda: loop.call_soon(loop.stop))
        loop.run()
    assert len(fired) == 3


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.booleans()),
        max_size=300,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_cancelled_the_rest_fires_in_order(plan: list[tuple[int, bool]]) -> None:
    clock = Clock()
    fired: list[tuple[int, int]] = []
    with Loop(clock=clock) as loop:
        timers = [
            loop.call_at(when, partial(fired.append, (when, number)))
            for number, (when, _) in enumerate(plan)
        ]
        for timer, (_, cancelled) in zip(timers, plan, strict=True):
            if cancelled:
                timer.cancel()
        loop.call_soon(loop.stop)
        loop.run()
    assert fired == sorted(
        (when, number) for number, (when, cancelled) in enumerate(plan) if not cancelled
    )


def test_a_timer_moved_a_hundred_thousand_times_leaves_no_litter(loop: Loop) -> None:
    timer = loop.call_later(60, loop.stop)
    for _ in range(100_000):
        timer.cancel()
        timer = loop.call_later(60, loop.stop)
    assert len(loop._timers) < 1000


def test_other_threads_reach_the_loop_in_order(loop: Loop) -> None:
    seen: list[tuple[int, int]] = []

    def call(who: int) -> None:
        for n in range(2000):
            loop.call_threadsafe(partial(seen.append, (who, n)))

    threads = [threading.Thread(target=call, args=(who,)) for who in range(3)]

    def poll() -> None:
        if len(seen) == 6000:
            loop.stop()
        else:
            loop.call_later(0.005, poll)

    poll()
    for thread in threads:
        thread.start()
    loop.run()
    for thread in threads:
        thread.join()
    for who in range(3):
        assert [n for owner, n in seen if owner == who] == list(range(2000))


def test_a_call_from_another_thread_wakes_a_sleeping_loop(loop: Loop) -> None:
    thread = threading.Timer(0.05, lambda: loop.call_threadsafe(loop.stop))
    thread.start()
    began = time.monotonic()
    loop.run()
    thread.join()
    assert time.monotonic() - began < 2


def test_call_threadsafe_after_the_end_is_harmless() -> None:
    loop = Loop()
    loop.close()
    loop.close()
    loop.call_threadsafe(lambda: None)


def test_the_loop_runs_in_another_thread(pair: Pair) -> None:
    got: list[bytes] = []

    def serve() -> None:
        with Loop() as loop:

            def ready(_mask: int) -> None:
                got.append(pair[0].recv(9))
                loop.stop()

            loop.watch(pair[0], READ, ready)
            loop.run()

    thread = threading.Thread(target=serve)
    thread.start()
    pair[1].send(b"hello")
    thread.join(10)
    assert got == [b"hello"]


def test_an_exception_leaves_run_and_the_loop_goes_on_when_asked(loop: Loop) -> None:
    done: list[str] = []

    def fail() -> None:
        raise ValueError("mine")

    loop.call_soon(fail)
    loop.call_soon(note_and_stop(loop, done, "after"))
    with pytest.raises(ValueError, match="mine"):
        loop.run()
    assert done == []
    loop.run()
    assert done == ["after"]


def test_a_signal_calls_on_the_loop_and_its_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    seen: list[str] = []
    with Loop() as loop:
        loop.on_signal(signal.SIGUSR1, note_and_stop(loop, seen, "usr1"))
        loop.call_later(20, loop.stop)
        os.kill(os.getpid(), signal.SIGUSR1)  # before the start: kept
        loop.run()
        threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
        loop.run()
    assert seen == ["usr1", "usr1"]
    assert signal.getsignal(signal.SIGUSR1) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_a_signal_watch_ends_by_itself() -> None:
    before = signal.getsignal(signal.SIGUSR2)
    with Loop() as loop:
        watch = loop.on_signal(signal.SIGUSR2, loop.stop)
        watch.close()
        watch.close()
        assert signal.getsignal(signal.SIGUSR2) == before


def test_signals_of_others_are_left_alone() -> None:
    """A handler that somebody else installed still runs; the loop shrugs at its number."""
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(number))
    try:
        with Loop() as loop:
            loop.on_signal(signal.SIGUSR1, lambda: pytest.fail("not sent"))
            loop.call_later(0.02, lambda: os.kill(os.getpid(), signal.SIGUSR2))
            loop.call_later(0.05, loop.stop)
            loop.run()
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert seen == [signal.SIGUSR2]


def test_closing_the_loop_closes_its_descriptors() -> None:
    before = set(os.listdir("/dev/fd"))
    loop = Loop()
    loop.close()
    assert set(os.listdir("/dev/fd")) == before
