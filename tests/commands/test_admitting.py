"""authorize, revoke and invite: names, files that are no keys, addresses, JSON."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rsachat import cli
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.protocol.invitation import parse_code
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public

pytestmark = pytest.mark.usefixtures("place")

KEYS = Path("keys")
BOB = fingerprint_text(keys.public("bob").fingerprint)
Capture = pytest.CaptureFixture[str]


def events(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_name_comes_from_the_files_name_or_the_option(capsys: Capture) -> None:
    put_public(Path("in"), "bob", "bob")
    Path("in/ann.pem").write_bytes(keys.public("alice").to_pem())
    assert cli.main(["authorize", "in/bob-rsapub.pem", "--json"]) == 0
    assert cli.main(["authorize", "in/ann.pem", "--json"]) == 0
    assert cli.main(["authorize", "in/ann.pem", "--name", "ann", "--json"]) == 0
    rows = events(capsys)
    assert [(row["event"], row["name"], row["new"]) for row in rows] == [
        ("authorized", "bob", True),
        ("authorized", "ann", True),
        ("authorized", "ann", False),
    ]
    assert (rows[0]["fingerprint"], rows[0]["bits"]) == (BOB, 3072)
    assert rows[0]["file"] == "./keys/bob-rsapub.pem"


@pytest.mark.parametrize("name", ["server", "all", "../x", "B", "x" * 33])
def test_no_command_takes_what_is_no_clients_name(name: str, capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    Path("key.pem").write_bytes(keys.public("bob").to_pem())
    for words in (
        ["authorize", "key.pem", "--name", name],
        ["revoke", name],
        ["invite", name, "--address", "h"],
    ):
        assert cli.main(words) == 2
        assert "hint:" in capsys.readouterr().err
    assert sorted(path.name for path in KEYS.iterdir()) == [
        "server-rsapub.pem",
        "server-rsapvt.pem",
    ]


def test_a_file_whose_name_is_none_asks_for_one(capsys: Capture) -> None:
    Path("Bob's key.pem").write_bytes(keys.public("bob").to_pem())
    assert cli.main(["authorize", "Bob's key.pem"]) == 2
    assert "--name NAME" in capsys.readouterr().err


def test_what_is_no_key_is_refused(capsys: Capture) -> None:
    Path("bob.pem").write_bytes(b"no key")
    assert cli.main(["authorize", "bob.pem"]) == 5
    assert "./bob.pem is not usable" in capsys.readouterr().err
    assert cli.main(["authorize", "missing.pem"]) == 5
    assert not KEYS.exists()


def test_a_private_key_is_called_one(capsys: Capture) -> None:
    put_private(Path("in"), "bob", "bob")
    assert cli.main(["authorize", "in/bob-rsapvt.pem", "--name", "bob"]) == 5
    assert "that is a private key" in capsys.readouterr().err


def test_more_than_a_key_on_standard_input_is_none(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = io.BytesIO(b"x" * 1_000_000)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=endless))
    assert cli.main(["authorize", "-", "--name", "bob"]) == 5
    assert endless.tell() <= 20_000
    assert "standard input is not usable" in capsys.readouterr().err


def test_a_key_known_by_another_name_fails(capsys: Capture) -> None:
    put_public(KEYS, "ann", "bob")
    put_public(Path("in"), "bob", "bob")
    assert cli.main(["authorize", "in/bob-rsapub.pem"]) == 1
    assert "this key is known as 'ann'" in capsys.readouterr().err


def test_a_revoked_key_is_a_refusal(capsys: Capture) -> None:
    put_public(Path("in"), "bob", "bob")
    assert cli.main(["authorize", "in/bob-rsapub.pem"]) == 0
    assert cli.main(["revoke", "bob", "--json"]) == 0
    assert cli.main(["authorize", "in/bob-rsapub.pem"]) == 4
    assert "./keys/revoked/bob-rsapub.pem" in capsys.readouterr().err


def test_revoking_as_json(capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    put_public(KEYS / "guests", "bob", "bob")
    assert cli.main(["invite", "bob", "--address", "h", "-q"]) == 0
    capsys.readouterr()
    assert cli.main(["revoke", "bob", "--json"]) == 0
    [row] = events(capsys)
    assert row["event"] == "revoked"
    assert row["files"] == ["./keys/revoked/bob-rsapub.pem"]
    assert row["uninvited"] is True


def test_an_invitation_as_json(capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    assert cli.main(["invite", "bob", "--address", "[2001:db8::1]:9000", "--json"]) == 0
    [row] = events(capsys)
    assert (row["event"], row["name"]) == ("invitation", "bob")
    assert row["address"] == "[2001:db8::1]:9000"
    assert row["command"] == "rsachat join '[2001:db8::1]:9000'"
    code = parse_code(str(row["code"]))
    assert (code.name, code.server) == ("bob", keys.public("server").fingerprint[:16])


def test_a_second_invitation_says_that_the_first_is_void(capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    for _ in range(2):
        assert cli.main(["invite", "bob", "--address", "h"]) == 0
    assert "an earlier invitation of bob counts no more\n" in capsys.readouterr().err


def test_only_the_servers_own_machine_invites(capsys: Capture) -> None:
    put_public(KEYS, "server", "server")
    assert cli.main(["invite", "bob", "--address", "h"]) == 5
    assert "no identity 'server'" in capsys.readouterr().err


def test_a_server_without_its_public_half_is_opened(capsys: Capture) -> None:
    put_private(KEYS, "server", "server")
    assert cli.main(["invite", "bob", "--address", "h", "--json"]) == 0
    [row] = events(capsys)
    assert parse_code(str(row["code"])).server == keys.public("server").fingerprint[:16]


@pytest.mark.parametrize("address", ["0.0.0.0", "[::]:8000", "[::ffff:0.0.0.0]:1"])
def test_an_address_that_nobody_can_reach_is_refused(address: str, capsys: Capture) -> None:
    put_pair(KEYS, "server", "server")
    assert cli.main(["invite", "bob", "--address", address]) == 2
    assert capsys.readouterr().out == ""
    assert not (KEYS / "invitations").exists()


def test_loopback_is_taken_from_the_option_only(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pair(KEYS, "server", "server")
    monkeypatch.setenv("RSACHAT_SERVER", "localhost:9000")
    assert cli.main(["invite", "bob"]) == 2
    assert "--address" in capsys.readouterr().err
    assert cli.main(["invite", "bob", "--address", "127.0.0.1:9000"]) == 0
    assert "reached from this machine only" in capsys.readouterr().err
    monkeypatch.setenv("RSACHAT_SERVER", "chat.example")
    assert cli.main(["invite", "bob"]) == 0
    assert capsys.readouterr().out.startswith("rsachat join chat.example:8000\n")
