"""A sign of life."""

import io

from rsachat.ui.waiting import Waiting
from tests.support.ui import COLOUR, Clock, Tty

ERASE = "\r\x1b[2K"


def test_it_waits_a_moment_moves_and_goes() -> None:
    stream, clock = Tty(), Clock()
    waiting = Waiting("searching primes", stream, COLOUR, clock=clock)
    waiting.tick()
    assert stream.getvalue() == ""
    clock.now += 2
    waiting.tick()
    waiting.tick()
    assert stream.getvalue() == f"{ERASE}/ searching primes… 2s"
    clock.now += 0.1
    waiting.tick()
    waiting.done()
    waiting.done()
    assert stream.getvalue().endswith(f"{ERASE}- searching primes… 2s{ERASE}")


def test_nothing_was_drawn_and_nothing_is_removed() -> None:
    stream = Tty()
    Waiting("x", stream, COLOUR, clock=Clock()).done()
    assert stream.getvalue() == ""


def test_a_pipe_sees_nothing() -> None:
    stream, clock = io.StringIO(), Clock()
    waiting = Waiting("x", stream, COLOUR, clock=clock)
    clock.now += 10
    waiting.tick()
    waiting.done()
    assert stream.getvalue() == ""


def test_randomness_keeps_it_moving() -> None:
    stream, clock = Tty(), Clock()
    random = Waiting("x", stream, COLOUR, clock=clock).over(lambda count: b"r" * count)
    clock.now += 1
    assert random(3) == b"rrr"
    assert "x… 1s" in stream.getvalue()


def test_a_lost_terminal_is_no_failure() -> None:
    stream, clock = Tty(), Clock()
    waiting = Waiting("x", stream, COLOUR, clock=clock)
    stream.close()
    clock.now += 1
    waiting._draws = True
    waiting.tick()
    waiting.done()
