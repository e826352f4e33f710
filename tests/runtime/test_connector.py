"""Connecting: every address in turn, in bounded time, with a reason a person understands."""

import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from rsachat.errors import ConnectError, RsachatError
from rsachat.runtime import connector as module
from rsachat.runtime.connector import Connector
from rsachat.runtime.loop import Loop
from rsachat.runtime.stream import Stream
from tests.support.loops import run_for, run_until


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


class Caller:
    def __init__(self, loop: Loop, host: str, port: int, **options: Any) -> None:
        self.sock: socket.socket | None = None
        self.address = ""
        self.error: RsachatError | None = None
        self.told = 0
        self.connector = Connector(
            loop, host, port, on_connected=self.connected, on_failed=self.failed, **options
        )

    def has_told(self) -> bool:
        return self.told > 0

    def connected(self, sock: socket.socket, address: str) -> None:
        self.sock = sock
        self.address = address
        self.told += 1

    def failed(self, error: RsachatError) -> None:
        self.error = error
        self.told += 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_connects_and_tells_the_own_address(
    loop: Loop, server: socket.socket, host: str
) -> None:
    caller = Caller(loop, host, port_of(server))
    assert caller.told == 0
    run_until(loop, lambda: caller.told)
    assert caller.sock is not None
    assert caller.address == f"127.0.0.1:{caller.sock.getsockname()[1]}"
    run_for(loop, 0.02)
    assert caller.told == 1
    caller.sock.close()


def test_refused_says_so(loop: Loop) -> None:
    port = free_port()
    caller = Caller(loop, "127.0.0.1", port)
    run_until(loop, lambda: caller.told)
    assert isinstance(caller.error, ConnectError)
    assert caller.error.what == f"cannot connect to 127.0.0.1:{port}"
    assert caller.error.why == "connection refused: nothing listens there"
    assert "address" in caller.error.hint


def test_an_unknown_name_says_so(loop: Loop) -> None:
    for host in ("no-such-host.invalid", "a" * 300, "a..b"):
        caller = Caller(loop, host, 8000)
        run_until(loop, caller.has_told)
        assert isinstance(caller.error, ConnectError)
        assert "name" in caller.error.why


def addresses_are(monkeypatch: pytest.MonkeyPatch, found: list[tuple[str, int]]) -> None:
    monkeypatch.setattr(
        module, "_addresses", lambda host, port, flags: [(socket.AF_INET, item) for item in found]
    )


def test_each_address_has_its_turn(
    loop: Loop, server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses_are(monkeypatch, [("127.0.0.1", free_port()), ("127.0.0.1", port_of(server))])
    caller = Caller(loop, "many.example", 8000)
    run_until(loop, lambda: caller.told)
    assert caller.sock is not None
    caller.sock.close()


@pytest.fixture
def deaf() -> Iterator[tuple[str, int]]:
    """An address that answers nothing: a full backlog drops what comes."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        fill = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(sock.getsockname())
            fill.append(one)
        yield sock.getsockname()
        for one in fill:
            one.close()


def test_a_deaf_address_leaves_time_for_the_next(
    loop: Loop, server: socket.socket, deaf: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses_are(monkeypatch, [deaf, ("127.0.0.1", port_of(server))])
    caller = Caller(loop, "many.example", 8000, timeout=1.0)
    run_until(loop, lambda: caller.told)
    assert caller.sock is not None
    caller.sock.close()


def test_a_deaf_address_ends_with_the_timeout(loop: Loop, deaf: tuple[str, int]) -> None:
    began = time.monotonic()
    caller = Caller(loop, *deaf, timeout=0.3)
    run_until(loop, lambda: caller.told)
    assert 0.3 <= time.monotonic() - began < 3
    assert caller.error is not None
    assert caller.error.why == "timed out: no answer"


def test_a_lookup_that_hangs_holds_up_nothing(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    ended = threading.Event()

    def look_up(host: str, port: int, flags: int) -> list[Any]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        release.wait(20)
        ended.set()
        return [(socket.AF_INET, ("127.0.0.1", 1))]

    monkeypatch.setattr(module, "_addresses", look_up)
    caller = Caller(loop, "slow.example", 8000, timeout=0.2)
    run_until(loop, lambda: caller.told)
    assert caller.error is not None
    assert "lookup" in caller.error.why
    release.set()
    assert ended.wait(10)
    run_for(loop, 0.05)
    assert caller.told == 1


def test_cancel_silences_it(loop: Loop, server: socket.socket) -> None:
    for host in ("127.0.0.1", "localhost"):
        caller = Caller(loop, host, port_of(server))
        caller.connector.cancel()
        run_for(loop, 0.1)
        assert caller.told == 0


def test_bind_fixes_the_source_port(loop: Loop, server: socket.socket) -> None:
    port = free_port()
    caller = Caller(loop, "127.0.0.1", port_of(server), bind=(None, port))
    run_until(loop, lambda: caller.told)
    assert caller.sock is not None
    assert caller.address == f"127.0.0.1:{port}"
    caller.sock.close()


def test_a_taken_source_port_says_so(loop: Loop, server: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        caller = Caller(loop, "127.0.0.1", port_of(server), bind=(None, port_of(holder)))
        run_until(loop, lambda: caller.told)
    assert type(caller.error) is RsachatError
    assert caller.error.exit_code == 1
    assert "another program" in caller.error.why
    assert "--bind" in caller.error.hint


@pytest.mark.parametrize("peer_first", [True, False])
def test_the_source_port_is_usable_right_after_leaving(
    loop: Loop, server: socket.socket, peer_first: bool
) -> None:
    port = free_port()
    for _ in range(2):
        caller = Caller(loop, "127.0.0.1", port_of(server), bind=(None, port))
        run_until(loop, caller.has_told)
        assert caller.sock is not None
        far, _ = server.accept()
        stream = Stream(loop, caller.sock, bytes, list, str)
        stream.shut(peer_first=peer_first)
        run_for(loop, 0.02)
        far.close()
        run_until(loop, partial(getattr, stream, "closed"))


def test_one_does_not_connect_to_oneself(loop: Loop) -> None:
    """Binding the source to the wanted port on loopback makes a connection to oneself."""
    port = free_port()
    caller = Caller(loop, "127.0.0.1", port, bind=("127.0.0.1", port))
    run_until(loop, lambda: caller.told)
    assert caller.sock is None
    assert caller.error is not None
    assert "refused" in caller.error.why


def test_ipv6(loop: Loop) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        port = server.getsockname()[1]
        caller = Caller(loop, "::1", port)
        run_until(loop, lambda: caller.told)
        assert caller.sock is not None
        assert caller.address == f"[::1]:{caller.sock.getsockname()[1]}"
        caller.sock.close()
    caller = Caller(loop, "::1", port)
    run_until(loop, lambda: caller.told)
    assert caller.error is not None
    assert caller.error.what == f"cannot connect to [::1]:{port}"
