"""keys passwd: where the old and the new password come from, and that no key is lost."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from rsachat import cli
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.passwords import Passwords, Secret
from tests.support import keys
from tests.support.keyfolder import put_pair
from tests.support.questions import Person

pytestmark = pytest.mark.usefixtures("place")

KEYS = Path("keys")
FILE = KEYS / "alice-rsapvt.pem"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def pair(place: Path) -> None:
    put_pair(place / "keys", "alice")


def opens_with(password: str | None) -> bool:
    identity = Keystore(KEYS).open_identity("alice", Passwords(variable=_secret(password)))
    assert identity.public == keys.public("alice")
    assert stat.S_IMODE(FILE.stat().st_mode) == 0o600
    return identity.protected == (password is not None)


def _secret(password: str | None) -> Secret | None:
    return None if password is None else Secret(password)


def protect(password: str) -> None:
    store = Keystore(KEYS)
    store.set_password(store.open_identity("alice", Passwords()), password)


def test_a_first_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, "hush", "hush")
    assert cli.main(["keys", "passwd", "alice"]) == 0
    assert person.asked == ["new password for 'alice': ", "the same again: "]
    assert opens_with("hush")


def test_a_change_asks_for_the_old_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    protect("old")
    person = Person(monkeypatch, "old", "new", "new")
    assert cli.main(["keys", "passwd", "alice"]) == 0
    assert person.asked[0] == "password for ./keys/alice-rsapvt.pem: "
    assert opens_with("new")


def test_without_a_terminal_both_come_from_files(capsys: Capture) -> None:
    protect("old")
    Path("old").write_text("old\n")
    Path("new").write_text("new\n")
    words = ["--password-file", "old", "--new-password-file", "new"]
    assert cli.main(["keys", "passwd", "alice", "--json", *words]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["event"], row["name"], row["protection"]) == (
        "password-changed",
        "alice",
        "password",
    )
    assert opens_with("new")


def test_without_a_new_one_the_error_says_how_to_give_it(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect("old")
    before = FILE.read_bytes()
    monkeypatch.setenv("RSACHAT_PASSWORD", "old")
    assert cli.main(["keys", "passwd", "alice"]) == 5
    assert "--new-password-file" in capsys.readouterr().err
    assert FILE.read_bytes() == before


def test_a_wrong_old_password_changes_nothing(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect("old")
    before = FILE.read_bytes()
    monkeypatch.setenv("RSACHAT_PASSWORD", "wrong")
    assert cli.main(["keys", "passwd", "alice", "--remove"]) == 5
    assert "wrong password for ./keys/alice-rsapvt.pem" in capsys.readouterr().err
    assert FILE.read_bytes() == before


def test_remove_leaves_the_key_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    protect("old")
    monkeypatch.setenv("RSACHAT_PASSWORD", "old")
    assert cli.main(["keys", "passwd", "alice", "--remove"]) == 0
    assert opens_with(None)


def test_a_missing_identity_or_no_name(capsys: Capture) -> None:
    assert cli.main(["keys", "passwd", "bob"]) == 5
    assert "no identity 'bob' in ./keys" in capsys.readouterr().err
    assert cli.main(["keys", "passwd", "../alice"]) == 2
