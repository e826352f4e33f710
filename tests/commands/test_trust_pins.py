"""Replacing a pin: only by typing the beginning of the new fingerprint, or naming all of it."""

import argparse
from pathlib import Path

import pytest

from rsachat.commands import trust_pins
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import RefusedError, RsachatError, UsageError
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from rsachat.ui import ask
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public

OLD, NEW = keys.public("carol").fingerprint, keys.public("server").fingerprint
TEXT = fingerprint_text(NEW)
TYPED = TEXT.replace("-", "")[:8]


def options(folder: Path, **changes: object) -> argparse.Namespace:
    words = {
        "keys": str(folder),
        "who": "example.org:8000",
        "name": None,
        "server": None,
        "fingerprint": None,
        "server_key": None,
        "json": False,
        "quiet": True,
        "password_file": None,
        "password_variable": None,
    }
    return argparse.Namespace(**{**words, **changes})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keys folder that pins another key than the one the server has now."""
    put_pair(tmp_path, "client", "alice")
    pins = Pins(tmp_path)
    pins.add_server(ServerPin("example.org:8000", OLD, Trust.VERIFIED, 1))
    monkeypatch.setattr(trust_pins, "learn_key", lambda *_: keys.public("server"))
    monkeypatch.setattr(ask, "can_ask", lambda: True)
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    asked: list[str] = []

    def line(prompt: str) -> str:
        asked.append(prompt)
        return text

    monkeypatch.setattr(ask, "line", line)
    return asked


def held(folder: Path) -> bytes:
    pin = Pins(folder).server("example.org:8000")
    assert pin is not None
    return pin.fp


@pytest.mark.parametrize("typed", [TYPED, TYPED.upper(), TEXT[:9]])
def test_the_beginning_of_the_new_fingerprint_replaces(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    asked = answer(monkeypatch, typed)
    trust_pins.replace_pin(options(folder))
    assert held(folder) == NEW
    assert fingerprint_text(OLD) in asked[0]
    assert "verified" in asked[0]
    assert TEXT in asked[0]


@pytest.mark.parametrize("typed", ["", "yes", TYPED[:7], fingerprint_text(OLD)[:9], TYPED + "x"])
def test_anything_else_replaces_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    answer(monkeypatch, typed)
    with pytest.raises(RefusedError):
        trust_pins.replace_pin(options(folder))
    assert held(folder) == OLD


def test_the_whole_fingerprint_as_an_option_replaces_without_asking(folder: Path) -> None:
    trust_pins.replace_pin(options(folder, fingerprint=TEXT))
    assert held(folder) == NEW


def test_another_fingerprint_as_an_option_replaces_nothing(folder: Path) -> None:
    with pytest.raises(RefusedError):
        trust_pins.replace_pin(options(folder, fingerprint=fingerprint_text(OLD)))
    assert held(folder) == OLD


def test_the_pinned_key_itself_needs_no_word(folder: Path) -> None:
    Pins(folder).replace_server(ServerPin("example.org:8000", NEW, Trust.VERIFIED, 1))
    trust_pins.replace_pin(options(folder))
    pin = Pins(folder).server("example.org:8000")
    assert pin is not None
    assert pin.trust is Trust.VERIFIED


def test_a_person_on_several_servers_is_forgotten_on_the_one_named(folder: Path) -> None:
    pins = Pins(folder)
    pins.add_peer(PeerPin(OLD, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1))
    pins.add_peer(PeerPin(NEW, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1))
    with pytest.raises(UsageError):
        trust_pins.remove_pin(options(folder, who="@bob"))
    trust_pins.remove_pin(options(folder, who="@bob", server="example.org:8000"))
    assert [pin.server for pin in pins.all_peers()] == [NEW]
    with pytest.raises(RsachatError):
        trust_pins.remove_pin(options(folder, who="@carol"))


def test_a_server_known_by_the_file_of_its_key_can_be_named(folder: Path) -> None:
    """It has no line in known_servers, and was no server that --server could choose."""
    put_public(folder, "server", "server")
    pins = Pins(folder)
    for server in (OLD, NEW):
        pins.add_peer(PeerPin(server, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1))
    trust_pins.remove_pin(options(folder, who="@bob", server="127.0.0.1:8000"))
    assert [pin.server for pin in pins.all_peers()] == [OLD]


def test_a_fingerprint_chooses_a_server_of_no_address(folder: Path) -> None:
    pins = Pins(folder)
    for server in (OLD, NEW):
        pins.add_peer(PeerPin(server, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1))
    trust_pins.remove_pin(options(folder, who="@bob", fingerprint=TEXT))
    assert [pin.server for pin in pins.all_peers()] == [OLD]


def test_a_server_that_is_not_known_chooses_nobody(folder: Path) -> None:
    """A mistyped --server forgot the person on the one server that there was."""
    pins = Pins(folder)
    pins.add_peer(PeerPin(OLD, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1))
    with pytest.raises(RsachatError, match="@bob is not pinned") as caught:
        trust_pins.remove_pin(options(folder, who="@bob", server="exmaple.org"))
    assert caught.value.why == "no key of the server exmaple.org:8000 is known here"
    assert len(pins.all_peers()) == 1
