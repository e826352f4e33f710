"""The server's screen, drawn into a string and onto a real pseudo-terminal."""

import re
import termios
import time
from pathlib import Path

import pytest

from rsachat.server.notices import Connected, RefusedPeer, Snapshot
from rsachat.ui.console import make_console
from rsachat.ui.dashboard import INTERVAL, Dashboard, TimedNotice
from tests.support.hostile import HOSTILE, is_safe
from tests.support.terminal import Terminal
from tests.support.ui import COLOUR, MOMENT, Clock, Tty

CHILD = ["tests/support/dashboard_child.py"]


def snapshot(now: int = 0, clients: int = 0) -> Snapshot:
    return Snapshot("127.0.0.1:8000", "abcd", 3, False, 0, now, clients, [], [])


def notices(number: int) -> list[TimedNotice]:
    return [(MOMENT, Connected(f"n{i}", "127.0.0.1:1", i)) for i in range(number)]


class Screen:
    """A dashboard on a made-up terminal, and what each frame wrote."""

    def __init__(self, height: int = 24) -> None:
        self.stream, self.clock = Tty(), Clock()
        self.console = make_console(self.stream, COLOUR, width=80, height=height)
        self.dashboard = Dashboard(self.console, clock=self.clock, input_fd=None)
        self.dashboard.start()

    def frame(self, view: Snapshot, some: list[TimedNotice]) -> str:
        before = len(self.stream.getvalue())
        self.dashboard.draw(view, some)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.stream.getvalue()[before:])


def test_nothing_new_draws_nothing() -> None:
    screen = Screen()
    assert "clients: 0" in screen.frame(snapshot(), [])
    assert screen.frame(snapshot(999), []) == ""
    assert "up 1s" in screen.frame(snapshot(1000), [])
    assert "clients: 1" in screen.frame(snapshot(1000, 1), [])


def test_a_few_notices_are_all_shown_and_many_are_counted() -> None:
    screen = Screen()
    assert screen.frame(snapshot(), notices(8)).count("connected") == 8
    text = screen.frame(snapshot(), notices(1000))
    assert re.findall(r"connected (n\d+)", text) == [
        "n0", "n1", "n2", "n997", "n998", "n999",
    ]  # fmt: skip
    assert "… 994 more" in text


def test_a_small_window_has_the_header_only() -> None:
    row = "a-client"
    view = Snapshot("127.0.0.1:8000", "abcd", 3, False, 0, 0, 1, [], [])
    assert "clients: 1" in Screen(11).frame(view, [])
    assert row not in Screen(11).frame(view, [])


@pytest.mark.parametrize("height", [1, 2, 4])
def test_the_smallest_window_still_tells_the_count(height: int) -> None:
    shown = Screen(height).frame(snapshot(0, 3), [])
    assert "clients: 3" in shown
    assert "─" not in shown


def test_slow_drawing_halves_the_rate_until_it_is_fast_again() -> None:
    screen = Screen()
    steps = iter([0.0, 0.021, 0.0, 0.015, 0.0, 0.009])
    screen.dashboard._clock = lambda: next(steps)
    for number, interval in enumerate((2 * INTERVAL, 2 * INTERVAL, INTERVAL)):
        screen.frame(snapshot(number * 1000), [])
        assert screen.dashboard.interval == interval


def test_the_end_leaves_the_notices_and_nothing_else() -> None:
    screen = Screen()
    screen.frame(snapshot(), notices(1))
    screen.dashboard.stop()
    screen.dashboard.stop()
    assert screen.stream.getvalue().endswith("\x1b[2K")
    assert "\x1b[?25h" in screen.stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_notices_are_drawn_as_they_were_cleaned(text: str) -> None:
    drawn = Screen().frame(snapshot(), [(2**64, RefusedPeer(text, text, text))])
    assert all(is_safe(c) or c in "\r\n\u200c\u200d" for c in drawn)
    assert drawn.count("refused") == 1 + text.count("refused")


def test_a_padded_name_cannot_make_a_row_look_like_another_notice() -> None:
    for spaces in range(60, 100):
        padded = RefusedPeer("1.1.1.1:1", "x", "a" + " " * spaces + "09:51:57 connected root")
        rows = Screen().frame(snapshot(), [(MOMENT, padded)]).splitlines()
        assert not any(row.strip().startswith("09:51:57 connected") for row in rows)


def test_on_a_terminal_the_header_stays_below_and_the_terminal_comes_back() -> None:
    with Terminal(CHILD, columns=80) as terminal:
        terminal.until_text("clients: 0")
        assert not terminal.stty()[3] & termios.ECHO
        terminal.type("join 3\nnotices 20\n")
        terminal.until_text("clients: 3")
        terminal.until_text("client2")
        terminal.until_text("… 1")
        assert "join 3" not in "\n".join(terminal.lines)
        terminal.type("end\n")
        assert terminal.wait() == 0
        assert terminal.stty() == terminal.settings
        shown = "\n".join(terminal.lines)
        assert "rsachat server" not in shown
        assert "connected n19" in shown


def test_resizing_leaves_one_header() -> None:
    with Terminal(CHILD, columns=90) as terminal:
        terminal.type("join 30\n")
        terminal.until_text("client29")
        for rows, columns in ((24, 54), (11, 60), (40, 100)):
            terminal.resize(rows, columns)
            terminal.read(0.25)
            display = terminal.screen.display
            assert sum("rsachat server" in line for line in display) == 1
            assert any("client29" in line for line in display) is (rows >= 12)
            assert any("connected alice" in line for line in display)


def test_a_crash_gives_the_terminal_back() -> None:
    with Terminal(CHILD) as terminal:
        terminal.until_text("clients: 0")
        terminal.type("crash\n")
        assert terminal.wait() == 1
        assert terminal.stty() == terminal.settings
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")


def test_a_terminal_that_stands_still_does_not_stop_the_server(tmp_path: Path) -> None:
    """As by Ctrl+S, or an ssh connection that sleeps: nobody reads what is drawn."""
    count = tmp_path / "frames"
    with Terminal([*CHILD, str(count)]) as terminal:
        terminal.until_text("clients: 0")
        terminal.type("flood\n")
        time.sleep(2)
        terminal.type("count\n")
        time.sleep(0.3)
        assert int(count.read_text()) > 25
        terminal.until(lambda: re.search(rb"\d{3} more", terminal.raw))
        terminal.type("end\n")
        assert terminal.wait() == 0
        assert terminal.stty() == terminal.settings
