"""keygen: what is made, what is kept, under which password, and what is said."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from rsachat import cli
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.passwords import Passwords, Secret
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public
from tests.support.questions import Person

pytestmark = pytest.mark.usefixtures("place")

ALICE, BOB = (fingerprint_text(keys.public(name).fingerprint) for name in ("alice", "bob"))
UNPROTECTED = "without a password: {0}; to set one: rsachat keys passwd {1}\n"
Capture = pytest.CaptureFixture[str]


def folder() -> Keystore:
    return Keystore(Path("keys"))


def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path("keys").iterdir()}


def test_server_and_client_are_made_in_one_go(ready_keys: list[int], capsys: Capture) -> None:
    assert cli.main(["keygen"]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "name    file                      bits  protection  fingerprint\n"
        f"server  ./keys/server-rsapvt.pem  3072  none        {ALICE}\n"
        f"client  ./keys/client-rsapvt.pem  3072  none        {BOB}\n"
    )
    assert err == UNPROTECTED.format("server, client", "server")
    assert ready_keys == [3072, 3072]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path("keys").iterdir()}
    assert modes == {
        "server-rsapvt.pem": 0o600,
        "server-rsapub.pem": 0o644,
        "client-rsapvt.pem": 0o600,
        "client-rsapub.pem": 0o644,
    }


def test_existing_pairs_are_named_and_kept(ready_keys: list[int], capsys: Capture) -> None:
    put_pair(Path("keys"), "server", "carol")
    before = contents()
    assert cli.main(["keygen"]) == 0
    assert ready_keys == [3072]
    assert before.items() <= contents().items()
    kept = "./keys/server-rsapvt.pem is there already and stays as it is\n"
    assert kept in capsys.readouterr().err
    assert cli.main(["keygen", "server", "client"]) == 0
    assert ready_keys == [3072]


def test_what_to_type_next_names_a_folder_that_is_not_the_default(
    ready_keys: list[int], capsys: Capture
) -> None:
    assert cli.main(["keygen", "bob", "--keys", "other keys"]) == 0
    assert capsys.readouterr().err == UNPROTECTED.format("bob", "bob --keys 'other keys'")


def test_names_and_sizes_are_as_asked(ready_keys: list[int]) -> None:
    assert cli.main(["keygen", "bob", "al-ice", "bob", "--bits", "4096"]) == 0
    assert folder().identities() == ("al-ice", "bob")
    assert ready_keys == [4096, 4096]


@pytest.mark.parametrize("name", ["Bob", "../x", "all", "", "x" * 33])
def test_what_is_no_name_is_refused_before_anything_is_made(
    name: str, ready_keys: list[int], capsys: Capture
) -> None:
    assert cli.main(["keygen", "alice", name]) == 2
    assert "is not a name for an identity" in capsys.readouterr().err
    assert ready_keys == []
    assert not Path("keys").exists()


def test_json_has_the_same(ready_keys: list[int], capsys: Capture) -> None:
    put_pair(Path("keys"), "client", "bob")
    assert cli.main(["keygen", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["v"], row["event"]) for row in rows] == [(1, "key"), (1, "key")]
    assert [(row["name"], row["made"], row["fingerprint"]) for row in rows] == [
        ("server", True, ALICE),
        ("client", False, BOB),
    ]
    assert rows[0]["file"] == "./keys/server-rsapvt.pem"
    assert rows[0]["bits"] == 3072
    assert rows[0]["protection"] == "none"
    assert len(ready_keys) == 1


def test_quiet_says_nothing_but_the_result(ready_keys: list[int], capsys: Capture) -> None:
    assert cli.main(["keygen", "-q", "alice"]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 2
    assert err == ""
    assert len(ready_keys) == 1


def test_one_password_is_asked_twice_for_all(
    ready_keys: list[int], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(monkeypatch, "hush", "hush")
    assert cli.main(["keygen", "--password"]) == 0
    assert person.asked == ["new password for server and client: ", "the same again: "]
    for name in ("server", "client"):
        assert folder().open_identity(name, Passwords(variable=Secret("hush"))).protected
    out, err = capsys.readouterr()
    assert out.count(" password ") == 2
    assert err == ""
    assert len(ready_keys) == 2


@pytest.mark.usefixtures("ready_keys")
def test_a_given_password_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("password").write_text("from file\n")
    assert cli.main(["keygen", "alice", "--password-file", "password"]) == 0
    monkeypatch.setenv("RSACHAT_PASSWORD", "from variable")
    assert cli.main(["keygen", "bob", "--password"]) == 0
    assert "RSACHAT_PASSWORD" not in os.environ
    store = folder()
    assert store.open_identity("alice", Passwords(variable=Secret("from file"))).protected
    assert store.open_identity("bob", Passwords(variable=Secret("from variable"))).protected


def test_without_a_terminal_the_error_says_which_two_to_use(
    ready_keys: list[int], capsys: Capture
) -> None:
    assert cli.main(["keygen", "--password"]) == 5
    assert capsys.readouterr().err == (
        "rsachat: a password is needed for server and client\n"
        "there is no terminal to ask on\n"
        "hint: give it by --password-file FILE or $RSACHAT_PASSWORD\n"
    )
    assert ready_keys == []


def test_an_existing_pair_without_a_password_is_said_to_be_so(
    ready_keys: list[int], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pair(Path("keys"), "server", "carol")
    Person(monkeypatch, "hush", "hush")
    assert cli.main(["keygen", "--password"]) == 0
    assert capsys.readouterr().err.endswith(UNPROTECTED.format("server", "server"))
    assert len(ready_keys) == 1


def test_force_replaces_and_keeps_the_old(ready_keys: list[int], capsys: Capture) -> None:
    put_pair(Path("keys"), "alice", "carol")
    before = contents()
    assert cli.main(["keygen", "--force", "alice"]) == 0
    after = contents()
    assert {f"{name}.bak": data for name, data in before.items()}.items() <= after.items()
    assert folder().open_identity("alice", Passwords()).public == keys.public("alice")
    assert "the old one is kept as ./keys/alice-rsapvt.pem.bak\n" in capsys.readouterr().err
    assert len(ready_keys) == 1


def test_anothers_public_key_is_never_written_over(ready_keys: list[int], capsys: Capture) -> None:
    put_public(Path("keys"), "bob", "bob")
    before = contents()
    assert cli.main(["keygen", "alice", "bob"]) == 1
    assert "./keys/bob-rsapub.pem is another's key" in capsys.readouterr().err
    assert (contents(), ready_keys) == (before, [])


def test_a_pinned_server_is_no_missing_identity(ready_keys: list[int], capsys: Capture) -> None:
    put_public(Path("keys"), "server", "server")
    assert cli.main(["keygen"]) == 0
    assert folder().identities() == ("client",)
    assert folder().public_key("server") == keys.public("server")
    said = "no identity 'server' made: ./keys/server-rsapub.pem is another's key\n"
    assert said in capsys.readouterr().err
    assert len(ready_keys) == 1


def test_a_missing_public_half_is_made_again(ready_keys: list[int], capsys: Capture) -> None:
    put_private(Path("keys"), "alice", "alice")
    assert cli.main(["keygen", "alice"]) == 0
    assert folder().public_key("alice") == keys.public("alice")
    assert "its public half was missing" in capsys.readouterr().err
    assert ready_keys == []


def test_a_damaged_public_half_has_to_be_moved_away_first(
    ready_keys: list[int], capsys: Capture
) -> None:
    put_private(Path("keys"), "alice", "alice")
    half = Path("keys/alice-rsapub.pem")
    half.write_text("x")
    assert cli.main(["keygen", "alice"]) == 5
    assert "move that file away and make it again" in capsys.readouterr().err
    half.unlink()
    assert cli.main(["keygen", "alice"]) == 0
    assert folder().public_key("alice") == keys.public("alice")
    assert ready_keys == []


def test_a_folder_that_cannot_be_written_is_a_clear_error(
    ready_keys: list[int], capsys: Capture
) -> None:
    Path("file").write_bytes(b"")
    assert cli.main(["keygen", "alice", "--keys", "file/keys"]) == 1
    assert capsys.readouterr().err == (
        "rsachat: cannot make the folder ./file/keys\nNot a directory\n"
        "hint: a file stands in the path where a folder should be\n"
    )
    assert len(ready_keys) == 1
