"""A client's edge on real sockets, around a core that does what a test says."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from rsachat.client.events import CONN, Finished
from rsachat.errors import ConnectError, Interrupted, RsachatError
from rsachat.protocol import io_events as io
from rsachat.runtime.client_shell import ClientShell, Target
from rsachat.runtime.loop import Loop
from tests.support.loops import run_for, run_until


@dataclass(frozen=True)
class Note:
    """An action that is not about the connection."""

    text: str


class Script:
    """A core: remembers events, and answers each as `answer` says."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.answer: Callable[[object], list[object]] = lambda event: []
        self.waiting: list[object] = []

    def handle(self, event: object) -> list[object]:
        self.events.append(event)
        return self.answer(event)

    def flush(self) -> list[object]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def next_deadline(self) -> float | None:
        return None


class Edge:
    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.core = Script()
        self.made = 0
        self.ends: list[RsachatError | None] = []
        self.notes: list[str] = []
        self.server: socket.socket | None = None

    def start(self, port: int | None = None) -> ClientShell:
        target = Target("127.0.0.1", port or self.listener.getsockname()[1], timeout=5)
        self.shell = ClientShell(
            self.loop,
            target,
            self._make,
            self.ends.append,
            {Note: lambda action: self.notes.append(action.text)},
        )
        return self.shell

    def _make(self) -> Script:
        self.made += 1
        return self.core

    def connect(self) -> socket.socket:
        self.start()
        run_until(self.loop, lambda: self.shell.connected)
        self.server, _ = self.listener.accept()
        self.server.settimeout(5)
        return self.server

    def do(self, *actions: object) -> None:
        self.core.waiting += actions
        run_for(self.loop, 0)


@pytest.fixture
def edge() -> Iterator[Edge]:
    with Loop() as loop:
        one = Edge(loop)
        yield one
        one.listener.close()
        if one.server is not None:
            one.server.close()
        one.shell.cancel(None)
        run_for(loop, 0)


def test_bytes_go_both_ways_and_other_actions_to_their_functions(edge: Edge) -> None:
    server = edge.connect()
    edge.do(io.SendBytes(CONN, b"hello"), Note("seen"))
    assert server.recv(100) == b"hello"
    assert edge.notes == ["seen"]
    server.sendall(b"back")
    run_until(edge.loop, lambda: edge.core.events)
    assert edge.core.events == [io.BytesReceived(CONN, b"back")]


def test_what_is_fed_before_there_is_a_connection_waits_for_it(edge: Edge) -> None:
    shell = edge.start()
    shell.feed("early")
    assert edge.made == 0
    run_until(edge.loop, lambda: edge.core.events)
    assert edge.core.events == ["early"]
    assert edge.made == 1


def test_nobody_there_is_the_end_and_no_core_is_made(edge: Edge) -> None:
    port = edge.listener.getsockname()[1]
    edge.listener.close()
    edge.start(port)
    run_until(edge.loop, lambda: edge.ends)
    assert isinstance(edge.ends[0], ConnectError)
    assert edge.made == 0


def test_a_finished_core_ends_the_shell_when_the_socket_is_closed(edge: Edge) -> None:
    server = edge.connect()
    error = RsachatError("x")
    edge.do(io.SendBytes(CONN, b"bye"), io.CloseConnection(CONN), Finished(error))
    assert server.recv(100) == b"bye"
    assert edge.ends == []
    server.close()
    run_until(edge.loop, lambda: edge.ends)
    assert edge.ends == [error]


def test_a_server_that_does_not_close_is_not_waited_for(edge: Edge) -> None:
    edge.connect()
    edge.do(io.CloseConnection(CONN), Finished(None))
    began = edge.loop.now()
    run_until(edge.loop, lambda: edge.ends)
    assert 0.5 < edge.loop.now() - began < 2.5


def test_a_lost_connection_is_the_cores_to_judge(edge: Edge) -> None:
    server = edge.connect()
    error = ConnectError("lost")
    edge.core.answer = lambda event: (
        [io.CloseConnection(CONN), Finished(error)] if isinstance(event, io.ConnectionLost) else []
    )
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.close()
    run_until(edge.loop, lambda: edge.ends)
    run_for(edge.loop, 0.01)
    assert edge.ends == [error]


def test_what_a_slow_server_leaves_waiting_is_reported_down_to_nothing(edge: Edge) -> None:
    server = edge.connect()
    size = 16 << 20
    edge.do(io.SendBytes(CONN, bytes(size)))
    run_until(edge.loop, lambda: edge.core.events)
    edge.do(io.PauseReading(CONN))
    server.setblocking(False)
    left = size

    def drained() -> bool:
        nonlocal left
        with suppress(BlockingIOError):
            left -= len(server.recv(min(left, 1 << 20)))
        return not left

    run_until(edge.loop, drained)
    run_until(edge.loop, lambda: edge.core.events[-1] == io.Backlog(CONN, 0))
    server.setblocking(True)
    server.sendall(b"x")
    run_for(edge.loop, 0.02)
    assert all(isinstance(event, io.Backlog) for event in edge.core.events)
    edge.do(io.ResumeReading(CONN))
    run_until(edge.loop, lambda: edge.core.events[-1] == io.BytesReceived(CONN, b"x"))


def test_giving_up_before_the_connection_stands(edge: Edge) -> None:
    shell = edge.start()
    interrupted = Interrupted("interrupted")
    shell.cancel(interrupted)
    run_for(edge.loop, 0.02)
    assert edge.ends == [interrupted]
    assert edge.made == 0


def test_dropping_a_connection_at_once(edge: Edge) -> None:
    server = edge.connect()
    edge.shell.cancel(None)
    edge.shell.cancel(RsachatError("too late"))
    run_for(edge.loop, 0.02)
    assert edge.ends == [None]
    assert server.recv(1) == b""
