"""S26, S27: whoever knocks, says nothing or talks nonsense, costs one log line and nobody else."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from rsachat.crypto.kem import HybridKem
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink
from tests.support import keys
from tests.support.program import Process, Site

PATIENCE = 5.0  # seconds for one message between healthy people, on a busy machine


@pytest.fixture
def pair(site: Site) -> tuple[Process, Process]:
    site.person("alice")
    site.person("bob")
    site.serve()
    return site.client("alice"), site.client("bob")


def hello() -> bytes:
    """What a real client says first: its preamble and its hello."""
    ambient = Ambient(time.monotonic, lambda: 0, os.urandom, HybridKem())
    link = ClientLink(keys.public("carol"), ambient, Role.CHAT, "carol", pin=None)
    return link.data_to_send()


def knock(site: Site) -> socket.socket:
    host, port = site.address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


def healthy(pair: tuple[Process, Process], text: str) -> float:
    """Seconds for one message to arrive and be acknowledged."""
    alice, bob = pair
    began = time.monotonic()
    alice.write(f"@bob {text}")
    assert bob.event("message", PATIENCE)["text"] == text
    alice.event("delivered", PATIENCE)
    return time.monotonic() - began


@contextmanager
def crowd(site: Site, idle: int, half_open: int) -> Iterator[list[socket.socket]]:
    """Sockets that say nothing, and others that begin a hello and stop in the middle."""
    start = hello()
    with ExitStack() as ends:
        sockets = [ends.enter_context(knock(site)) for _ in range(idle + half_open)]
        for number, sock in enumerate(sockets[:half_open]):
            sock.sendall(start[: 1 + number * (len(start) - 1) // half_open])
        yield sockets


def test_a_frame_cut_off_anywhere_is_one_line(site: Site, pair: tuple[Process, Process]) -> None:
    server = site.processes[0]
    whole = hello()
    cuts = sorted({0, 1, 3, 4, 7, 8, 9, 11, 12, 13, 20, len(whole) // 2, len(whole) - 1})
    for cut in cuts:
        with knock(site) as sock:
            sock.sendall(whole[:cut])
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
        if cut:
            assert server.event("refused")["reason"]
    assert healthy(pair, "undisturbed") < PATIENCE
    server.signal(signal.SIGINT)
    assert server.wait() == 0
    rest = server.rest()
    assert sum(event["event"] == "refused" for event in rest) <= 1
    assert server.errors == ""


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes.fromhex("16030102000100 01fc0303".replace(" ", "")) + bytes(64),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\xff" * 70_000,
        bytes(70_000),
    ],
)
def test_noise_is_answered_by_a_closed_door(
    site: Site, pair: tuple[Process, Process], noise: bytes
) -> None:
    with knock(site) as sock:
        try:
            sock.sendall(noise)
            while sock.recv(4096):
                pass
        except ConnectionError:  # it closed before it had read all of the noise
            pass
    refused = site.processes[0].event("refused")
    assert refused["reason"]
    assert refused["name"] == ""
    healthy(pair, "undisturbed")


def test_a_hello_changed_in_one_byte_never_gets_in(
    site: Site, pair: tuple[Process, Process]
) -> None:
    """What still parses is answered, and proves nothing: no identity was shown."""
    server = site.processes[0]
    whole = bytearray(hello())
    for place in range(0, len(whole), max(1, len(whole) // 24)):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        with knock(site) as sock:
            sock.sendall(changed)
            sock.shutdown(socket.SHUT_WR)
            try:
                while sock.recv(65536):
                    pass
            except ConnectionError:
                pass
        assert server.event("refused")["name"] == ""
    healthy(pair, "undisturbed")


@pytest.mark.slow
def test_idle_and_half_open_sockets_hold_up_nobody(
    site: Site, pair: tuple[Process, Process]
) -> None:
    """200 that say nothing and 50 that stop in their hello, beside two who talk."""
    quiet = min(healthy(pair, f"before {number}") for number in range(3))
    with crowd(site, 200, 50):
        times = [healthy(pair, f"among them {number}") for number in range(5)]
        site.person("carol")
        time.sleep(1.5)  # the server looks at its keys once a second
        began = time.monotonic()
        carol = site.client("carol")
        assert time.monotonic() - began < 10
    carol.write("quit")
    assert carol.wait() == 0
    assert min(times) < quiet + 0.1
