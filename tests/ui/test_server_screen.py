"""What a running server shows: lines, the log file, the live screen."""

import os

import pytest

from rsachat.server.notices import Connected, Snapshot, Stopping
from rsachat.ui.console import make_console
from rsachat.ui.dashboard import Dashboard
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.server_screen import LinesScreen, LiveScreen
from tests.support.ui import ALICE, COLOUR, MOMENT, Sink, Tty

LINE = "2026-11-25T09:51:57Z stopping (clients: 2)\n"


def snapshot() -> Snapshot:
    return Snapshot("127.0.0.1:8000", "abcd", 3, False, 0, 0, 2, [], [])


def test_lines_are_written_at_once() -> None:
    sink = Sink()
    screen = LinesScreen(LineWriter(sink.fd), json=False)
    screen.start()
    screen.announce(Stopping(2), MOMENT)
    screen.draw(snapshot)
    screen.stop()
    assert sink.text() == LINE


def test_the_live_screen_keeps_notices_for_its_next_frame_and_loses_none() -> None:
    stream = Tty()
    console = make_console(stream, COLOUR, width=80, height=24)
    screen = LiveScreen(Dashboard(console, input_fd=None))
    screen.start()
    screen.announce(Connected("alice", ALICE, 1), MOMENT)
    assert "alice" not in stream.getvalue()
    screen.draw(snapshot)
    assert stream.getvalue().count("connected alice") == 1
    assert "clients: " in stream.getvalue()
    assert screen.interval > 0
    screen.announce(Stopping(2), MOMENT)
    screen.stop()
    assert "stopping" in stream.getvalue()


def test_a_suspended_screen_stays_standing_and_another_begins_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the executable the bootloader stops first: the shell has written below it by then."""
    stream = Tty()
    screen = LiveScreen(Dashboard(make_console(stream, COLOUR, width=80, height=24), input_fd=None))
    screen.start()
    screen.draw(snapshot)
    drawn = len(stream.getvalue())
    asleep: list[str] = []
    monkeypatch.setattr(os, "kill", lambda *_: asleep.append(stream.getvalue()[drawn:]))
    screen.suspend()
    assert asleep == ["\x1b[?25h"]
    back = len(stream.getvalue())
    screen.draw(snapshot)
    assert "rsachat server" in stream.getvalue()[back:]
    assert "\x1b[2K" not in stream.getvalue()[drawn:]
    screen.stop()
    assert stream.getvalue().endswith("\x1b[2K")
