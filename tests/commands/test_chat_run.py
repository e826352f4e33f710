"""One chat over several connections: tries again after a loss, and ends when it is told to."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.client.core import Login
from rsachat.commands.chat_run import Chat, ChatRun
from rsachat.errors import ConnectError, Interrupted
from rsachat.runtime.client_shell import Target
from rsachat.runtime.loop import READ, Loop
from tests.support import keys
from tests.support.loops import run_until


class Seen:
    def __init__(self) -> None:
        self.views: list[v.View] = []

    def show(self, view: v.View) -> None:
        self.views.append(view)


class Dropping:
    """A server that takes connections and drops each at once."""

    def __init__(self, loop: Loop) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        self._sock.setblocking(False)
        self.port: int = self._sock.getsockname()[1]
        self.taken = 0
        self._watch = loop.watch(self._sock, READ, self._take)

    def _take(self, _mask: int) -> None:
        self._sock.accept()[0].close()
        self.taken += 1

    def close(self) -> None:
        self._watch.close()
        self._sock.close()


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


def chat(port: int, folder: Path, *, reconnect: bool) -> Chat:
    login = Login(
        keys.private("alice"),
        "",
        f"127.0.0.1:{port}",
        keys.public("server").fingerprint,
        reconnect=reconnect,
    )
    return Chat(login, Target("127.0.0.1", port), folder)


def started(
    loop: Loop, port: int, folder: Path, *, reconnect: bool
) -> tuple[ChatRun, Seen, list[int]]:
    screen = Seen()
    ends: list[int] = []
    run = ChatRun(chat(port, folder, reconnect=reconnect), loop, screen, lambda: ends.append(1))
    return run, screen, ends


def test_a_lost_connection_is_tried_again_until_the_person_leaves(
    loop: Loop, tmp_path: Path
) -> None:
    server = Dropping(loop)
    run, screen, ends = started(loop, server.port, tmp_path, reconnect=True)
    run_until(loop, lambda: server.taken >= 2)
    run_until(loop, lambda: len(screen.views) >= 2)
    tries = [view for view in screen.views if isinstance(view, v.Reconnecting)]
    assert [view.attempt for view in tries] == list(range(1, len(tries) + 1))
    assert len(tries) >= 2
    run.feed(ce.LineEntered("@bob typed in the pause"))
    run.leave()
    assert ends == [1]
    assert run.error is None
    assert screen.views[-1] == v.Rejected(
        "@bob typed in the pause", "the chat ended before it could be sent"
    )
    server.close()


def test_a_line_that_comes_after_the_end_is_named_once(loop: Loop, tmp_path: Path) -> None:
    """Entered in the loop's pass in which the chat ends (found by the simulation)."""
    server = Dropping(loop)
    run, screen, ends = started(loop, server.port, tmp_path, reconnect=True)
    run_until(loop, lambda: any(isinstance(view, v.Reconnecting) for view in screen.views))
    run.leave()
    before = len(screen.views)
    run.feed(ce.LineEntered("@bob too late"))
    run.feed(ce.LineEntered(" "))
    run.leave()
    assert ends == [1]
    assert screen.views[before:] == [
        v.Rejected("@bob too late", "the chat ended before it could be sent")
    ]
    server.close()


def test_a_line_of_the_pause_is_shown_as_held_and_quit_leaves(loop: Loop, tmp_path: Path) -> None:
    server = Dropping(loop)
    run, screen, ends = started(loop, server.port, tmp_path, reconnect=True)
    run_until(loop, lambda: any(isinstance(view, v.Reconnecting) for view in screen.views))
    run.feed(ce.LineEntered("@bob hi"))
    assert screen.views[-1] == v.Held("@bob hi")
    run.feed(ce.LineEntered(" quit "))
    assert ends == [1]
    assert run.error is None
    assert v.Rejected("@bob hi", "the chat ended before it could be sent") in screen.views
    server.close()


def test_what_no_core_took_is_named_when_the_loop_fails(loop: Loop, tmp_path: Path) -> None:
    server = Dropping(loop)
    run, screen, _ = started(loop, server.port, tmp_path, reconnect=True)
    run.feed(ce.LineEntered("@bob early"))
    run.abandon()
    assert screen.views[-1] == v.Rejected("@bob early", "the chat ended before it could be sent")
    server.close()


def test_without_reconnect_the_loss_is_the_end(loop: Loop, tmp_path: Path) -> None:
    server = Dropping(loop)
    run, _, ends = started(loop, server.port, tmp_path, reconnect=False)
    run_until(loop, lambda: ends)
    assert isinstance(run.error, ConnectError)
    assert server.taken == 1
    server.close()


def test_leaving_before_there_is_a_connection_interrupts(loop: Loop, tmp_path: Path) -> None:
    server = Dropping(loop)
    run, _, ends = started(loop, server.port, tmp_path, reconnect=True)
    run.leave()
    assert ends == [1]
    assert isinstance(run.error, Interrupted)
    assert run.unfinished is None
    server.close()
