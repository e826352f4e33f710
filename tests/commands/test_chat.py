"""A chat's frame around the core: pacing, signals and what it raises. No server is needed."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.client import events as ce
from rsachat.client.core import Login
from rsachat.commands import chat as module
from rsachat.commands.chat import MANY_UNFINISHED, run_in_lines
from rsachat.commands.chat_run import Chat
from rsachat.errors import ConnectError, Interrupted
from rsachat.runtime.client_shell import Target
from rsachat.runtime.loop import Loop
from tests.support import keys
from tests.support.loops import run_for, run_until


def chat(port: int, folder: Path, chosen: str | None = None) -> Chat:
    login = Login(
        keys.private("alice"),
        "",
        f"127.0.0.1:{port}",
        keys.public("server").fingerprint,
        chosen,
        piped=True,
    )
    return Chat(login, Target("127.0.0.1", port), folder)


@pytest.fixture
def interrupting(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of something that takes a connection and answers with a signal to its client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(100)
                os.kill(os.getpid(), request.param)
                while sock.recv(65_536):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of what the program reads as its standard input."""
    reading, writing = os.pipe()
    saved = os.dup(0)
    os.dup2(reading, 0)
    os.close(reading)
    yield writing
    os.dup2(saved, 0)
    os.close(saved)
    os.close(writing)


def test_nobody_there_is_raised(tmp_path: Path, stdin: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError):
        run_in_lines(chat(port, tmp_path), json=False, quiet=False, stay=False)


@pytest.mark.parametrize("interrupting", [signal.SIGINT, signal.SIGTERM], indirect=True)
def test_a_signal_before_the_login_interrupts_and_names_what_it_cost(
    interrupting: int, tmp_path: Path, stdin: int, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(stdin, b"@bob hello\n")
    with pytest.raises(Interrupted) as raised:
        run_in_lines(chat(interrupting, tmp_path), json=False, quiet=False, stay=False)
    assert raised.value.exit_code == 130
    out, err = capfd.readouterr()
    assert out == ""
    assert "@bob hello" in err


class FakeCore:
    def __init__(self) -> None:
        self.unfinished = 0


class FakeRunning:
    """A chat that takes lines and finishes none until it is told to."""

    def __init__(self) -> None:
        self.core: FakeCore | None = None
        self.fed: list[object] = []

    @property
    def unfinished(self) -> int | None:
        return None if self.core is None else self.core.unfinished

    def feed(self, event: object) -> None:
        self.fed.append(event)
        if self.core is not None and not isinstance(event, ce.InputEnded):
            self.core.unfinished += 1


def test_input_is_read_no_faster_than_texts_find_their_end(tmp_path: Path, stdin: int) -> None:
    running = FakeRunning()
    with Loop() as loop:
        module._read_lines(chat(1, tmp_path), loop, running, stay=False)  # type: ignore[arg-type]
        os.write(stdin, b"".join(b"%d\n" % number for number in range(300)))
        run_for(loop, 0.03)
        assert len(running.fed) == 1  # no core yet: no more than one line is read ahead
        running.core = FakeCore()
        run_until(loop, lambda: len(running.fed) > 1)
        run_for(loop, 0.03)
        assert len(running.fed) == MANY_UNFINISHED + 1
        running.core.unfinished = MANY_UNFINISHED // 2
        loop.call_soon(lambda: None)
        run_until(loop, lambda: len(running.fed) > MANY_UNFINISHED + 1)
        assert running.core.unfinished == MANY_UNFINISHED
        assert running.fed == [ce.LineEntered(str(n)) for n in range(len(running.fed))]


def test_with_somebody_chosen_lines_are_texts_and_the_end_is_told(
    tmp_path: Path, stdin: int
) -> None:
    running = FakeRunning()
    running.core = FakeCore()
    with Loop() as loop:
        to_bob = chat(1, tmp_path, chosen="@bob")
        module._read_lines(to_bob, loop, running, stay=True)  # type: ignore[arg-type]
        os.write(stdin, b"quit\n")
        null = os.open(os.devnull, os.O_RDONLY)
        run_until(loop, lambda: running.fed)
        os.dup2(null, 0)
        os.close(null)
        run_for(loop, 0.01)
    assert running.fed[0] == ce.TextEntered("quit")
