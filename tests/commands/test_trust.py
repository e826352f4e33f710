"""`rsachat trust` as it is typed: what it lists, forgets, and refuses."""

import json
from pathlib import Path

from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from tests.support import keys
from tests.support.transcript import rsachat

SERVER_FP = keys.public("server").fingerprint
BOB_FP = keys.public("bob").fingerprint


def pinned(folder: Path) -> Pins:
    pins = Pins(folder / "keys")
    pins.add_server(ServerPin("example.org:8000", SERVER_FP, Trust.TOFU, 1_700_000_000_000))
    pins.add_peer(PeerPin(SERVER_FP, "bob", BOB_FP, Trust.VERIFIED, 1_700_000_000_000))
    return pins


def test_the_list_names_servers_and_people(tmp_path: Path) -> None:
    pinned(tmp_path)
    seen = rsachat(tmp_path, "trust")
    assert seen.code == 0
    lines = seen.stdout.splitlines()
    assert lines[1].split()[:3] == ["example.org:8000", "-", "pinned"]
    assert lines[2].split()[:3] == ["@bob", "example.org:8000", "verified"]
    assert fingerprint_text(BOB_FP) in lines[2]


def test_the_list_as_json(tmp_path: Path) -> None:
    pinned(tmp_path)
    events = [json.loads(x) for x in rsachat(tmp_path, "trust", "--json").stdout.splitlines()]
    assert [(e["event"], e["who"], e["trust"]) for e in events] == [
        ("pin", "example.org:8000", "tofu"),
        ("pin", "@bob", "verified"),
    ]


def test_an_empty_list_says_so(tmp_path: Path) -> None:
    seen = rsachat(tmp_path, "trust", "list")
    assert (seen.code, seen.stdout) == (0, "")
    assert "nobody is pinned" in seen.stderr


def test_a_server_and_a_person_are_forgotten(tmp_path: Path) -> None:
    pins = pinned(tmp_path)
    assert rsachat(tmp_path, "trust", "remove", "@bob").code == 0
    assert pins.all_peers() == ()
    assert rsachat(tmp_path, "trust", "remove", "example.org").code == 0
    assert pins.servers() == ()


def test_forgetting_nobody_fails(tmp_path: Path) -> None:
    pinned(tmp_path)
    for who in ("@carol", "127.0.0.1:9"):
        seen = rsachat(tmp_path, "trust", "remove", who)
        assert seen.code == 1
        assert "is not pinned" in seen.stderr
        assert "hint: rsachat trust list" in seen.stderr


def test_wrong_usage(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "trust", "remove").code == 2
    assert rsachat(tmp_path, "trust", "list", "@bob").code == 2
    assert rsachat(tmp_path, "trust", "remove", "@Bob!").code == 2
