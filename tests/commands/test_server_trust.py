"""The server's key before a login: the pin that holds, or a first contact with its question."""

import argparse
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.commands import server_trust
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import ConnectError, RefusedError
from rsachat.protocol import link_events as le
from rsachat.protocol.link import ServerLink
from rsachat.runtime.client_shell import Target
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import Pins
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.peers import Clock, ambient
from tests.support.questions import Person

SERVER = keys.public("server").fingerprint


def options(**changes: object) -> argparse.Namespace:
    return argparse.Namespace(**{"server_key": None, "fingerprint": None, **changes})


def pin(folder: Path, target: Target, **changes: object) -> bytes:
    store = Keystore(folder)
    return server_trust.server_pin(options(**changes), store, keys.private("alice"), target)


@pytest.fixture
def server() -> Iterator[Target]:
    """A server that proves its key to one client, and takes nothing else."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        link = ServerLink(keys.public("server"), ambient(Clock()))
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        with sock:
            while data := sock.recv(65_536):
                for event in link.receive_data(data):
                    if isinstance(event, le.SignatureNeeded):
                        sign = keys.private("server").sign
                        link.signature_ready(sign(event.label, event.message))
                sock.sendall(link.data_to_send())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield Target("127.0.0.1", listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


NOWHERE = Target("127.0.0.1", 1)
"""Never connected to by these tests: what is known is not asked for."""


def test_a_key_named_on_the_command_line_decides(place: Path) -> None:
    put_public(place / "keys", "server", "bob")
    other = keys.public("carol").fingerprint
    assert pin(place / "keys", NOWHERE, fingerprint=fingerprint_text(other)) == other
    put_public(place, "other", "carol")
    assert pin(place / "keys", NOWHERE, server_key=place / "other-rsapub.pem") == other


def test_the_servers_public_key_in_the_folder_is_a_pin(place: Path) -> None:
    put_public(place / "keys", "server", "server")
    assert pin(place / "keys", NOWHERE) == SERVER
    assert not (place / "keys" / "known_servers").exists()


def test_this_machines_own_server_key_counts_for_this_machine(place: Path) -> None:
    put_pair(place / "keys", "server", "server")
    assert pin(place / "keys", NOWHERE) == SERVER


def test_a_first_contact_without_a_terminal_is_refused_with_the_way_on(
    place: Path, server: Target
) -> None:
    with pytest.raises(RefusedError) as raised:
        pin(place / "keys", server)
    text = fingerprint_text(SERVER)
    assert text in raised.value.why
    assert f"--fingerprint {text}" in raised.value.hint
    assert not (place / "keys" / "known_servers").exists()


def test_a_yes_pins_the_server_and_it_is_not_asked_again(
    place: Path, server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "keys").mkdir(mode=0o700)
    person = Person(monkeypatch, True)
    assert pin(place / "keys", server) == SERVER
    (question,) = person.asked
    assert fingerprint_text(SERVER) in question
    held = Pins(place / "keys").server(f"127.0.0.1:{server.port}")
    assert held is not None
    assert held.fp == SERVER
    assert pin(place / "keys", server) == SERVER
    assert len(person.asked) == 1


def test_anything_but_yes_pins_nothing(
    place: Path, server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "keys").mkdir(mode=0o700)
    Person(monkeypatch, False)
    with pytest.raises(RefusedError, match=r"the server .* was not accepted"):
        pin(place / "keys", server)
    assert Pins(place / "keys").server(f"127.0.0.1:{server.port}") is None


def test_nobody_there_is_said_as_such(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError):
        server_trust.learn_key(keys.private("alice"), Target("127.0.0.1", port))
