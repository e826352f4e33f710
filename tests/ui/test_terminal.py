"""What the terminal may be asked for, and its echo."""

import os
import pty
import termios
from collections.abc import Iterator

import pytest

from rsachat.ui.terminal import EchoOff, is_terminal, may_draw, may_prompt
from tests.support.terminal import Terminal
from tests.support.ui import COLOUR, Tty


@pytest.mark.parametrize("term", ["", "dumb", "DUMB", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_is_none(term: str) -> None:
    assert not is_terminal(Tty(), {"TERM": term})
    assert not is_terminal(Tty(), {})


def test_only_a_terminal_is_one() -> None:
    with open(os.devnull, encoding="utf-8") as file:
        assert not is_terminal(file, COLOUR)
    assert not is_terminal(None, COLOUR)
    assert is_terminal(Tty(), COLOUR)


def test_drawing_stops_at_each_wish_for_plain_lines() -> None:
    assert may_draw(Tty(), COLOUR)
    assert not may_draw(Tty(), COLOUR, plain=True)
    assert not may_draw(Tty(), COLOUR | {"NO_COLOR": "1"})
    assert may_draw(Tty(), COLOUR | {"NO_COLOR": ""})


def test_the_prompt_needs_both_ends_and_stays_without_colour() -> None:
    with open(os.devnull, encoding="utf-8") as file:
        assert not may_prompt(file, Tty(), COLOUR)
        assert not may_prompt(Tty(), file, COLOUR)
    assert may_prompt(Tty(), Tty(), COLOUR | {"NO_COLOR": "1"})
    assert not may_prompt(Tty(), Tty(), COLOUR, plain=True)


@pytest.fixture
def foreign_terminal() -> Iterator[int]:
    """A terminal, but not this process's own."""
    main, child = pty.openpty()
    yield child
    os.close(main)
    os.close(child)


def test_the_echo_of_a_terminal_that_is_not_ours_is_left_alone(foreign_terminal: int) -> None:
    before = termios.tcgetattr(foreign_terminal)
    echo = EchoOff(foreign_terminal)
    echo.start()
    assert termios.tcgetattr(foreign_terminal) == before
    echo.stop()


def test_no_terminal_has_no_echo() -> None:
    for fd in (None, os.open(os.devnull, os.O_RDONLY), 999):
        echo = EchoOff(fd)
        echo.start()
        echo.stop()


ECHO = """
import sys
from rsachat.ui.terminal import EchoOff
echo = EchoOff(0)
echo.start()
echo.start()
print("quiet", flush=True)
if sys.stdin.readline().strip() == "crash":
    raise RuntimeError
echo.stop()
echo.stop()
print("loud", flush=True)
sys.stdin.readline()
"""


def test_echo_is_off_meanwhile_and_on_again_afterwards() -> None:
    with Terminal(["-c", ECHO]) as terminal:
        terminal.until_text("quiet")
        assert not terminal.stty()[3] & termios.ECHO
        terminal.type("typed unseen\n")
        terminal.until_text("loud")
        assert terminal.stty() == terminal.settings
        assert "unseen" not in "".join(terminal.lines)
        terminal.type("\n")
        assert terminal.wait() == 0


def test_echo_comes_back_after_a_crash() -> None:
    with Terminal(["-c", ECHO]) as terminal:
        terminal.until_text("quiet")
        terminal.type("crash\n")
        assert terminal.wait() == 1
        assert terminal.stty() == terminal.settings
