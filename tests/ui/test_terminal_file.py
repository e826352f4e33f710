"""A terminal that stands still holds up nothing."""

import io
import os
import pty
from collections.abc import Iterator

import pytest
from rich.console import Console

from rsachat.ui.terminal_file import LIMIT, TerminalFile, own_terminal


class Ends:
    """A pseudo-terminal: our end, and the one that shows it."""

    def __init__(self) -> None:
        self.shown, self.fd = pty.openpty()
        self.file = TerminalFile(self.fd)

    def read(self) -> bytes:
        """What has arrived, line ends as the terminal makes them."""
        return os.read(self.shown, 65536)


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    both.file.close()
    both.file.close()
    os.close(both.fd)
    os.close(both.shown)


def test_text_arrives(ends: Ends) -> None:
    assert ends.file.isatty()
    assert ends.file.writable()
    ends.file.write("漢字\n")
    ends.file.flush()
    assert ends.read() == "漢字\r\n".encode()
    assert not ends.file.stuck


def test_a_terminal_that_takes_nothing_is_waited_for_by_nobody(ends: Ends) -> None:
    text = "x" * 200_000
    ends.file.write(text)
    ends.file.flush()
    assert ends.file.stuck
    ends.file.drain(0.02)
    received = bytearray()
    while len(received) < len(text):
        received += ends.read()
        ends.file.flush()
    assert received.decode() == text
    assert not ends.file.stuck


def test_what_is_kept_is_bounded(ends: Ends) -> None:
    for _ in range(100):
        ends.file.write("x" * 50_000)
    assert len(ends.file._pending) < LIMIT + 50_001


def test_the_flag_is_not_set_for_others_on_the_terminal(ends: Ends) -> None:
    assert os.get_blocking(ends.fd)


def test_a_terminal_that_is_gone_is_no_error() -> None:
    shown, fd = pty.openpty()
    file = TerminalFile(fd)
    os.close(shown)
    file.write("x")
    assert not file.stuck
    file.close()
    os.close(fd)


def test_only_a_real_terminal_is_taken(ends: Ends) -> None:
    assert own_terminal(Console(file=io.StringIO())) is None
    with open(os.devnull, "w", encoding="utf-8") as null:
        assert own_terminal(Console(file=null)) is None
    with os.fdopen(os.dup(ends.fd), "w", encoding="utf-8") as real:
        console = Console(file=real)
        taken = own_terminal(console)
        assert taken is not None
        console.print("through it")
        assert ends.read() == b"through it\r\n"
        taken.close()
