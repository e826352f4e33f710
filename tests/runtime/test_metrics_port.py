"""The port of --metrics on the loop: one answer a connection, and patience with nobody."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.loop import Loop
from rsachat.runtime.metrics_port import MetricsPort
from rsachat.settings import MetricsLimits
from tests.support.loops import run_for, run_until

GOOD = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIMITS = MetricsLimits(request_seconds=0.2, connections=2)


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


@pytest.fixture
def port(loop: Loop) -> Iterator[MetricsPort]:
    with closing(MetricsPort(loop, "127.0.0.1", 0, LIMITS)) as made:
        made.page = lambda: "rsachat_clients 3\n"
        yield made


def knock(port: MetricsPort) -> socket.socket:
    host, number = port.address.rsplit(":", 1)
    sock = socket.create_connection((host, int(number)))
    sock.setblocking(False)
    return sock


def answer(loop: Loop, sock: socket.socket) -> bytes:
    """All that comes until the port ends the connection."""
    received = bytearray()

    def over() -> bool:
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True
        received.extend(data)
        return not data

    run_until(loop, over)
    return bytes(received)


def test_a_request_gets_the_page_and_the_end(loop: Loop, port: MetricsPort) -> None:
    with knock(port) as sock:
        for byte in GOOD:
            sock.send(bytes([byte]))
            run_for(loop, 0)
        assert answer(loop, sock).endswith(b"\r\n\r\nrsachat_clients 3\n")


def test_a_foreign_name_for_this_machine_is_refused(loop: Loop, port: MetricsPort) -> None:
    assert port.is_local
    with knock(port) as sock:
        sock.send(GOOD.replace(b"localhost", b"evil.example"))
        assert answer(loop, sock).startswith(b"HTTP/1.1 403 ")


def test_a_page_is_made_when_it_is_asked_for(loop: Loop, port: MetricsPort) -> None:
    asked: list[int] = []

    def page() -> str:
        asked.append(1)
        return f"{len(asked)}\n"

    port.page = page
    for number in (b"1\n", b"2\n"):
        with knock(port) as sock:
            sock.send(GOOD)
            assert answer(loop, sock).endswith(number)


def test_who_says_nothing_or_nonsense_is_shown_out(loop: Loop, port: MetricsPort) -> None:
    with knock(port) as silent, knock(port) as foreign:
        foreign.send(b"RSACHAT\x01")
        assert answer(loop, foreign).startswith(b"HTTP/1.1 400 ")
        assert answer(loop, silent) == b""
    with knock(port) as gone:
        gone.shutdown(socket.SHUT_WR)
        assert answer(loop, gone) == b""


def test_a_crowd_is_not_let_in_and_does_not_stay(loop: Loop, port: MetricsPort) -> None:
    with ExitStack() as ends:
        crowd = [ends.enter_context(knock(port)) for _ in range(3)]
        assert answer(loop, crowd[2]) == b""
        for sock in crowd[:2]:
            assert answer(loop, sock) == b""
    with knock(port) as sock:
        sock.send(GOOD)
        assert b"200 OK" in answer(loop, sock)


def test_a_taken_address_is_an_error_that_names_the_option(loop: Loop, port: MetricsPort) -> None:
    with pytest.raises(RsachatError) as caught:
        MetricsPort(loop, "127.0.0.1", int(port.address.rsplit(":", 1)[1]), LIMITS)
    assert "--metrics" in caught.value.hint


def test_after_the_end_nobody_is_answered(loop: Loop) -> None:
    port = MetricsPort(loop, "127.0.0.1", 0, LIMITS)
    with knock(port) as sock:
        run_for(loop, 0.01)
        port.close()
        assert answer(loop, sock) == b""
        with pytest.raises(ConnectionRefusedError):
            knock(port)
