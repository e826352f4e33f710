"""The list of the keys folder: every kind of key, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rsachat import cli
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public

pytestmark = pytest.mark.usefixtures("place")

KEYS = Path("keys")
FP = {name: keys.public(name).fingerprint for name in keys.NAMES}
NOW = 1_795_513_917_000
Capture = pytest.CaptureFixture[str]


def listed(capsys: Capture) -> list[dict[str, object]]:
    assert cli.main(["keys", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_empty_folder_says_how_to_begin(capsys: Capture) -> None:
    assert cli.main(["keys"]) == 0
    said = "no keys in ./keys; to make some: rsachat keygen --password\n"
    assert capsys.readouterr() == ("", said)
    assert listed(capsys) == []
    assert not KEYS.exists()


def test_every_kind_of_key_is_listed(capsys: Capture) -> None:
    put_pair(KEYS, "client", "alice")
    put_public(KEYS, "server", "server")
    put_public(KEYS, "bob", "bob")
    put_public(KEYS / "guests", "carol", "carol")
    put_public(KEYS / "revoked", "old", "carol")
    pins = Pins(KEYS)
    pins.add_server(ServerPin("h:1", FP["server"], Trust.VERIFIED, NOW))
    pins.add_peer(PeerPin(FP["server"], "bob", FP["bob"], Trust.TOFU, NOW))
    pins.add_peer(PeerPin(FP["carol"], "bob", FP["bob"], Trust.TOFU, NOW))
    rows = listed(capsys)
    assert [(row["kind"], row["name"], row["trust"], row["server"]) for row in rows] == [
        ("identity", "client", None, None),
        ("server", "server", None, None),
        ("authorized", "bob", None, None),
        ("guest", "carol", None, None),
        ("revoked", "old", None, None),
        ("known server", "h:1", "verified", None),
        ("known person", "bob", "tofu", "h:1"),
        ("known person", "bob", "tofu", fingerprint_text(FP["carol"])),
    ]
    assert rows[0]["protection"] == "none"
    assert rows[2]["fingerprint"] == fingerprint_text(FP["bob"])
    assert rows[5]["first_seen"] == "2026-11-24T09:51:57Z"


def test_ones_own_server_is_an_identity_not_a_pin(capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    assert [row["kind"] for row in listed(capsys)] == ["identity"]


def test_files_of_no_use_are_warnings(capsys: Capture) -> None:
    put_pair(KEYS, "alice", "alice")
    (KEYS / "alice-rsapvt.pem").chmod(0o644)
    put_private(KEYS, "bob", "bob")
    (KEYS / "server-rsapub.pem").write_bytes(b"nonsense")
    (KEYS / "x-rsapub.pem").write_bytes(b"nonsense")
    assert cli.main(["keys"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[:2] == ["identity", "bob"]
    assert err.splitlines() == [
        "warning: the private key ./keys/alice-rsapvt.pem is open to others (its mode is 0644; "
        "only its owner may read it); hint: chmod 600 ./keys/alice-rsapvt.pem",
        "warning: ./keys/server-rsapub.pem is not usable (no public key in PEM form); "
        "hint: a public key is made by: rsachat keygen",
        "warning: ./keys/x-rsapub.pem is not usable: no public key in PEM form",
    ]


def test_damaged_pins_are_an_error(capsys: Capture) -> None:
    put_pair(KEYS, "client", "alice")
    (KEYS / "known_peers").write_text("nonsense\n")
    assert cli.main(["keys"]) == 5
    assert "line 1 of ./keys/known_peers is damaged" in capsys.readouterr().err
