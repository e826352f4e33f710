"""The chat core's door to the pins of a keys folder."""

from pathlib import Path

import pytest

from rsachat.client.people import KnownPerson
from rsachat.errors import KeyFileError
from rsachat.runtime.pin_store import FilePinStore
from rsachat.runtime.pins import PeerPin, Pins, Trust

SERVER, OTHER_SERVER = b"\5" * 32, b"\6" * 32
A, B = b"\1" * 32, b"\2" * 32


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.warned: list[str] = []
        self.pins = Pins(folder)
        self.door = FilePinStore(self.pins, lambda: 1_700_000_000_000, self.warned.append)


def test_a_pin_lasts_and_is_for_one_server(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.door.pin(SERVER, "alice", A) == KnownPerson("alice", A, False)
    again = Store(tmp_path)
    assert again.door.people(SERVER) == (KnownPerson("alice", A, False),)
    assert again.door.people(OTHER_SERVER) == ()
    assert again.door.pin(SERVER, "alice", B) == KnownPerson("alice", A, False)


def test_a_verified_pin_is_told_as_such(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.pins.add_peer(PeerPin(SERVER, "alice", A, Trust.VERIFIED, 1))
    assert store.door.people(SERVER) == (KnownPerson("alice", A, True),)


def test_the_first_name_told_holds(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.door.own_name(SERVER, A, "alice") == "alice"
    assert store.door.own_name(SERVER, A, "bertha") == "alice"
    assert store.door.own_name(OTHER_SERVER, A, "bertha") == "bertha"
    assert Store(tmp_path).door.own_name(SERVER, A, "x") == "alice"


def test_a_folder_that_takes_nothing_is_said_and_costs_only_the_memory(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / ".known.lock").mkdir()
    assert store.door.pin(SERVER, "alice", A) == KnownPerson("alice", A, False)
    assert store.door.verify(SERVER, "alice", A) == KnownPerson("alice", A, True)
    assert store.door.own_name(SERVER, A, "alice") == "alice"
    assert len(store.warned) == 3
    assert all("cannot be remembered: Is a directory" in text for text in store.warned)


def test_a_damaged_file_stops_everything(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / "known_peers").write_text("x\n")
    with pytest.raises(KeyFileError):
        store.door.pin(SERVER, "alice", A)
    assert store.warned == []
