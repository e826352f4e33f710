"""S16, old against new: each side says which version it speaks, at once, and neither hangs.

The present programs against the recorded bytes of other versions (tests/vectors/skew.json).
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rsachat.client.channel import Channel, End, Ended
from rsachat.client.endings import ending_error, may_try_again
from rsachat.crypto.kem import HybridKem
from rsachat.errors import ConnectError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link import ServerLink
from rsachat.protocol.link_events import LinkFailed
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.program import Site
from tests.support.vectors import load
from tests.vectors import make_skew

SKEW = load("skew")
SECONDS = 20.0  # ten times what a person should wait, on a busy machine
HELLO_BYTES = 1269  # PROTOCOL, appendix A
Row = dict[str, Any]


def ambient() -> Ambient:
    return Ambient(time.monotonic, lambda: 0, bytes, HybridKem())


def names(versions: list[int]) -> str:
    return f"protocol version {', '.join(map(str, versions))}, this program version 1"


def test_the_recorded_bytes_are_those_of_their_maker() -> None:
    assert SKEW["servers"] == make_skew.servers()
    assert SKEW["clients"] == make_skew.clients()


@pytest.mark.parametrize("row", SKEW["servers"], ids=lambda row: row["server"])
@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_this_client_says_what_another_server_speaks(row: Row, piece: int) -> None:
    """And gives up: no other login, no other version."""
    channel = Channel(keys.private("alice"), ambient(), ClientSettings(), Role.CHAT, "", bytes(32))
    data = bytes.fromhex(row["sends"])
    events = [
        event
        for at in range(0, len(data), piece)
        for event in channel.receive(data[at : at + piece])
    ]
    (ended,) = events
    assert isinstance(ended, Ended)
    assert ended.end in (End.REFUSED, End.BROKEN)
    error = ending_error(ended, "127.0.0.1:8000", None)
    assert isinstance(error, ConnectError)
    assert names(row["versions"]) in error.why
    assert "same version" in error.hint
    assert not may_try_again(ended)


@pytest.mark.parametrize("row", SKEW["clients"], ids=lambda row: row["client"])
@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_this_server_says_what_another_client_speaks(row: Row, piece: int) -> None:
    """To its own person in words, to the client by the alert that no version changes."""
    link = ServerLink(keys.public("server"), ambient())
    data = bytes.fromhex(row["sends"])
    events = [
        event
        for at in range(0, len(data), piece)
        for event in link.receive_data(data[at : at + piece])
    ]
    assert events == [
        LinkFailed(AlertCode.VERSION, f"it speaks {names(row['versions'])}"),
    ]
    assert link.data_to_send().hex() == SKEW["answer"]


def test_a_long_list_of_versions_makes_no_long_line() -> None:
    hello = b"\xff" + b"".join(v.to_bytes(2, "big") for v in range(2, 257)) + b"\x01\x00\x01"
    frame = make_skew.frame(0x01, hello + make_skew.EPHEMERAL + b"\x00\x00")
    (failed,) = ServerLink(keys.public("server"), ambient()).receive_data(b"RSACHAT\x01" + frame)
    assert isinstance(failed, LinkFailed)
    assert failed.detail == "it speaks protocol version 2, 3, 4, 5, …, this program version 1"


@contextmanager
def foreign_server(sends: bytes) -> Iterator[str]:
    """Answers each client's hello by these bytes, and stays: it is not its end that is noticed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                taken.append(sock)
                received = 0
                while received < HELLO_BYTES and (data := sock.recv(4096)):
                    received += len(data)
                sock.sendall(sends)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for sock in taken:
                sock.close()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (SKEW["servers"][0], ("client", "--reconnect")),
        pytest.param(SKEW["servers"][1], ("upload", "a.txt"), marks=pytest.mark.long),
    ],
    ids=["client against an older server", "upload against a newer server"],
)
def test_a_program_against_another_server(site: Site, row: Row, words: tuple[str, ...]) -> None:
    site.person("alice")
    (site.machine("alice") / "a.txt").write_text("text")
    with foreign_server(bytes.fromhex(row["sends"])) as address:
        began = time.monotonic()
        process = site.start("alice", *words, "--server", address)
        assert process.wait() == 3
        assert time.monotonic() - began < SECONDS
    assert names(row["versions"]) in process.errors
    assert "hint: use the same version of rsachat on both sides" in process.errors


def test_this_server_against_other_clients(site: Site) -> None:
    server = site.serve()
    host, port = site.address.rsplit(":", 1)
    for row in SKEW["clients"]:
        with socket.create_connection((host, int(port)), timeout=SECONDS) as sock:
            began = time.monotonic()
            sock.sendall(bytes.fromhex(row["sends"]))
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            while data := sock.recv(4096):
                answer += data
            assert time.monotonic() - began < SECONDS
        assert answer.hex() == SKEW["answer"]
        assert names(row["versions"]) in server.event("refused")["reason"]
