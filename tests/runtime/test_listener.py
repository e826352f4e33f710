"""Listening: ports, families, floods of newcomers, and a lack of descriptors."""

import errno
import os
import resource
import socket
from collections.abc import Iterator

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.listener import ACCEPT_PAUSE, Listener
from rsachat.runtime.loop import Loop
from tests.support.loops import run_for, run_until


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


class Door:
    """Keeps who came in."""

    def __init__(self, loop: Loop, host: str = "127.0.0.1", port: int = 0) -> None:
        self.inside: list[socket.socket] = []
        self.addresses: list[str] = []
        self.listener = Listener(loop, host, port, self.enter)

    def enter(self, sock: socket.socket, address: str) -> None:
        self.inside.append(sock)
        self.addresses.append(address)

    def close(self) -> None:
        self.listener.close()
        for sock in self.inside:
            sock.close()


def knock(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), timeout=10)


def test_port_zero_is_a_real_port_afterwards(loop: Loop) -> None:
    door = Door(loop)
    assert door.listener.port > 0
    assert door.listener.address == f"127.0.0.1:{door.listener.port}"
    with knock(door.listener.port) as guest:
        run_until(loop, lambda: door.inside)
        assert door.addresses == [f"127.0.0.1:{guest.getsockname()[1]}"]
        assert not door.inside[0].getblocking()
    door.close()


def test_ipv6_and_mapped_ipv4(loop: Loop) -> None:
    try:
        door = Door(loop, "::")
    except RsachatError:
        pytest.skip("no IPv6 here")
    assert door.listener.address == f"[::]:{door.listener.port}"
    with knock(door.listener.port) as four, knock(door.listener.port, "::1") as six:
        run_until(loop, lambda: len(door.inside) == 2)
        assert door.addresses == [
            f"127.0.0.1:{four.getsockname()[1]}",
            f"[::1]:{six.getsockname()[1]}",
        ]
    door.close()


def test_a_taken_port_says_so(loop: Loop) -> None:
    door = Door(loop)
    with pytest.raises(RsachatError) as caught:
        Door(loop, port=door.listener.port)
    door.close()
    assert type(caught.value) is RsachatError
    assert caught.value.exit_code == 1
    assert caught.value.what == f"cannot listen on {door.listener.address}"
    assert "taken" in caught.value.why
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a" * 300])
def test_an_address_of_elsewhere_says_so(loop: Loop, host: str) -> None:
    with pytest.raises(RsachatError) as caught:
        Door(loop, host)
    assert "--host" in caught.value.hint


def test_the_port_is_free_again_at_once(loop: Loop) -> None:
    door = Door(loop)
    guest = knock(door.listener.port)
    run_until(loop, lambda: door.inside)
    door.close()  # the server ends first: TIME_WAIT is on this side
    guest.close()
    again = Door(loop, port=door.listener.port)
    again.close()


def test_a_crowd_gets_in(loop: Loop) -> None:
    door = Door(loop)
    guests = [knock(door.listener.port) for _ in range(200)]
    run_until(loop, lambda: len(door.inside) == 200)
    door.close()
    for guest in guests:
        guest.close()


def test_closing_inside_the_callback_is_safe(loop: Loop) -> None:
    seen: list[socket.socket] = []

    def enter(sock: socket.socket, _address: str) -> None:
        seen.append(sock)
        listener.close()

    listener = Listener(loop, "127.0.0.1", 0, enter)
    guests = [knock(listener.port) for _ in range(2)]
    run_for(loop, 0.05)
    assert len(seen) == 1
    for sock in (*seen, *guests):
        sock.close()


def test_without_descriptors_it_waits_and_then_lets_in(loop: Loop) -> None:
    door = Door(loop)
    guests = [knock(door.listener.port) for _ in range(3)]
    passes: list[None] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/dev/fd") if name.isdigit())
    try:
        spare = os.dup(0)
        os.close(spare)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(spare, highest), hard))
        loop.add_end_of_pass(lambda: passes.append(None))
        run_for(loop, ACCEPT_PAUSE / 4)
        assert door.inside == []
        assert len(passes) < 20  # it sleeps, although newcomers wait
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    run_until(loop, lambda: len(door.inside) == 3)
    door.close()
    for guest in guests:
        guest.close()


def test_a_newcomer_who_left_in_the_queue_is_passed_over(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(loop)
    real = socket.socket.accept
    failures = [OSError(errno.ECONNABORTED, "gone"), OSError(errno.EPROTO, "odd")]

    def accept(sock: socket.socket) -> object:
        if failures:
            raise failures.pop()
        return real(sock)

    monkeypatch.setattr(socket.socket, "accept", accept)
    with knock(door.listener.port):
        run_until(loop, lambda: len(door.inside) == 1)
    door.close()
