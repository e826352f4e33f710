"""The word while a key is opened: only where somebody waits for it."""

import io
import time

from rsachat.ui.opening import opening_key


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(stream: io.StringIO, patience: float, *, quiet: bool = False) -> str:
    with opening_key(stream, {"TERM": "xterm"}, quiet=quiet, patience=patience):
        time.sleep(0.2)
    return stream.getvalue()


def test_it_is_said_after_some_time_only() -> None:
    assert said(Tty(), 0.01) == "opening the key…\n"
    assert said(Tty(), 5) == ""


def test_nothing_is_said_in_a_pipe_or_quietly() -> None:
    assert said(io.StringIO(), 0.01) == ""
    assert said(Tty(), 0.01, quiet=True) == ""
