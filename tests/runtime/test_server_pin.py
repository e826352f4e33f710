"""Which server key is expected: the order of PROTOCOL 5.3."""

from __future__ import annotations

from pathlib import Path

import pytest

from rsachat.errors import KeyFileError
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import Pins, ServerPin, Trust
from rsachat.runtime.server_pin import ExpectedServer, Word, expected_server, is_loopback
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public

ADDRESS = "chat.example:8000"
FOLDER_KEY = keys.public("server").fingerprint
KNOWN_KEY = bytes([7]) * 32


class Book:
    """A keys folder and the question asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Keystore(folder)
        self.pins = Pins(folder)

    def ask(self, *, loopback: bool = False, named: bytes | None = None) -> ExpectedServer | None:
        return expected_server(self.store, self.pins, ADDRESS, loopback=loopback, named=named)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "keys")


def test_nothing_known_is_first_use(book: Book) -> None:
    assert book.ask() is None
    assert book.ask(loopback=True) is None


def test_the_option_decides_over_all(book: Book) -> None:
    put_public(book.folder, "server", "server")
    book.pins.add_server(ServerPin(ADDRESS, KNOWN_KEY, Trust.VERIFIED, 0))
    assert book.ask(named=bytes(32)) == ExpectedServer(bytes(32), Word.OPTION)


def test_known_servers_come_before_the_folder(book: Book) -> None:
    put_public(book.folder, "server", "server")
    assert book.ask() == ExpectedServer(FOLDER_KEY, Word.FOLDER)
    book.pins.add_server(ServerPin(ADDRESS, KNOWN_KEY, Trust.TOFU, 0))
    assert book.ask() == ExpectedServer(KNOWN_KEY, Word.KNOWN)


def test_ones_own_server_key_counts_for_loopback_only(book: Book) -> None:
    put_pair(book.folder, "server", "server")
    assert book.ask(loopback=True) == ExpectedServer(FOLDER_KEY, Word.FOLDER)
    assert book.ask(loopback=False) is None


def test_a_damaged_pin_is_no_first_use(book: Book) -> None:
    book.folder.mkdir()
    (book.folder / "server-rsapub.pem").write_bytes(b"damaged")
    with pytest.raises(KeyFileError):
        book.ask()
    (book.folder / "known_servers").write_bytes(b"damaged\n")
    with pytest.raises(KeyFileError):
        book.ask()


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::1%lo"],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.evil.example", "127.0.0.1.example", "10.0.0.1", "::2", "0.0.0.0"]
)
def test_not_this_machine(host: str) -> None:
    assert not is_loopback(host)
