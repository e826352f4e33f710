"""S26, S27: whoever knocks, says nothing or talks nonsense, costs one log line and nobody else."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress

import pytest

from rsachat.crypto.kem import HybridKem
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink
from tests.support import keys
from tests.support.program import Process, Site
from tests.support.proxy import Proxy, byte_by_byte

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
    assert bob.event("message", seconds=PATIENCE)["text"] == text
    alice.event("delivered", seconds=PATIENCE)
    return time.monotonic() - began


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(False, id="some"),
        pytest.param(True, id="every", marks=[pytest.mark.long, pytest.mark.timeout(300)]),
    ],
)
def test_a_frame_cut_off_anywhere_is_one_line(
    site: Site, pair: tuple[Process, Process], every: bool
) -> None:
    server = site.processes[0]
    whole = hello()
    some = sorted({0, 1, 3, 4, 7, 8, 9, 11, 12, 13, 20, len(whole) // 2, len(whole) - 1})
    for cut in range(len(whole)) if every else some:
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


def test_a_login_of_single_bytes_gets_in_as_any_other(site: Site) -> None:
    """S25: every byte of both sides arrives alone."""
    site.person("alice")
    site.person("bob")
    site.serve()
    with Proxy(site.address, byte_by_byte) as proxy:
        words = ("--json", "--listen", "--server", proxy.address)
        alice = site.start("alice", "client", *words)
        alice.event("connected")
        healthy((alice, site.client("bob")), "byte by byte")


@pytest.mark.long
def test_who_says_its_hello_slowly_is_ended_in_ten_seconds(
    site: Site, pair: tuple[Process, Process]
) -> None:
    whole = hello()
    with knock(site) as sock:
        began = time.monotonic()
        sock.settimeout(0.2)
        for byte in whole:
            with suppress(TimeoutError, ConnectionError):
                if sock.send(bytes([byte])) and not sock.recv(4096):
                    break
            assert time.monotonic() - began < 15
        assert time.monotonic() - began > 9
    assert site.processes[0].event("refused")["reason"] == "timed out"
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
        left = server.event(
            "refused", "key-shown"
        )  # a signature may be done before the end is read
        assert not left.get("name")
    healthy(pair, "undisturbed")
