"""Events in, actions out in order, and ticks when the core wants them."""

from collections.abc import Callable

from rsachat.protocol.io_events import Tick
from rsachat.runtime.driver import Driver
from rsachat.runtime.loop import Loop
from tests.support.loops import run_for, run_until


class Echo:
    """A core whose events are their own actions; `deadline` and `waiting` are set by tests."""

    def __init__(self) -> None:
        self.handled: list[object] = []
        self.waiting: list[object] = []
        self.deadline: float | None = None
        self.on_tick: Callable[[], object] = lambda: None

    def handle(self, event: object) -> list[object]:
        self.handled.append(event)
        if isinstance(event, Tick):
            self.deadline = None
            self.on_tick()
            return []
        return event if isinstance(event, list) else []

    def flush(self) -> list[object]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def next_deadline(self) -> float | None:
        return self.deadline


def test_actions_are_done_in_order_and_what_they_lead_to_comes_after_them() -> None:
    with Loop() as loop:
        core, done = Echo(), list[object]()

        def perform(action: int) -> None:
            done.append(action)
            if action == 1:
                driver.feed([10, 11])
                assert done == [1]

        driver = Driver(loop, core, {int: perform})
        driver.feed([1, 2, 3])
        assert done == [1, 2, 3, 10, 11]


def test_what_a_flush_leads_to_comes_after_the_whole_flush() -> None:
    with Loop() as loop:
        core, done = Echo(), list[object]()

        def perform(action: int) -> None:
            done.append(action)
            if action == 1:
                driver.feed([10])

        driver = Driver(loop, core, {int: perform})
        core.waiting = [1, 2]
        run_for(loop, 0)
        assert done == [1, 2, 10]


def test_a_tick_comes_when_it_is_due_and_not_before() -> None:
    with Loop() as loop:
        core = Echo()
        Driver(loop, core, {})
        core.deadline = due = loop.now() + 0.05
        ticked: list[float] = []
        core.on_tick = lambda: ticked.append(loop.now())
        run_until(loop, lambda: ticked)
        assert ticked[0] >= due
        run_for(loop, 0.1)
        assert len(ticked) == 1


def test_a_deadline_that_moves_is_followed() -> None:
    with Loop() as loop:
        core = Echo()
        driver = Driver(loop, core, {})
        core.deadline = loop.now() + 60
        run_for(loop, 0)
        core.deadline = loop.now() + 0.01
        loop.call_soon(lambda: driver.feed([]))
        run_until(loop, lambda: Tick() in core.handled)
        core.handled.clear()
        core.deadline = loop.now() + 0.02
        loop.call_soon(lambda: setattr(core, "deadline", None))
        run_for(loop, 0.05)
        assert Tick() not in core.handled


def test_a_failed_action_does_not_make_the_driver_deaf() -> None:
    with Loop() as loop:
        core = Echo()
        done: list[object] = []

        def perform(action: int) -> None:
            if action == 0:
                raise ZeroDivisionError
            done.append(action)

        driver = Driver(loop, core, {int: perform})
        try:
            driver.feed([0, 1])
        except ZeroDivisionError:
            driver.feed([2])
        assert done == [2]
