"""One's own identity: opened where it is, made at the first run if the person wants it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from rsachat import cli
from rsachat.commands.own_identity import open_client, open_own
from rsachat.errors import KeyFileError, RsachatError, UsageError
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.passwords import Passwords, Secret
from rsachat.ui import ask
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.questions import Person

pytestmark = pytest.mark.usefixtures("place")

KEYS = Path("keys")
ARGS = argparse.Namespace(quiet=False)
QUESTION = "There is no identity 'client' in ./keys. Make one now?"


def client(name: str | None = None, passwords: Passwords | None = None) -> Identity:
    return open_client(ARGS, Keystore(KEYS), passwords or Passwords(ask=ask.password), name)


def test_an_identity_that_is_there_is_used_as_it_is() -> None:
    put_pair(KEYS, "bob", "bob")
    assert client().name == "bob"
    put_pair(KEYS, "client", "alice")
    assert client().public == keys.public("alice")
    assert client("bob").public == keys.public("bob")


def test_several_identities_want_a_choice() -> None:
    put_pair(KEYS, "bob", "bob")
    put_pair(KEYS, "carol", "carol")
    with pytest.raises(UsageError, match="several identities"):
        client()


def test_without_a_terminal_the_error_says_what_to_type() -> None:
    with pytest.raises(KeyFileError) as caught:
        client(passwords=Passwords())
    assert caught.value.what == "no identity 'client' in ./keys"
    assert caught.value.hint == "rsachat keygen --password"
    with pytest.raises(KeyFileError, match="no identity 'server'"):
        open_own(ARGS, Keystore(KEYS), Passwords(), "server")
    assert not KEYS.exists()


def test_a_first_run_makes_a_protected_key(
    monkeypatch: pytest.MonkeyPatch, ready_keys: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(monkeypatch, True, True, "hush", "hush")
    identity = client()
    assert (identity.name, identity.protected) == ("client", True)
    assert person.asked == [
        QUESTION,
        "Protect it with a password?",
        "new password for 'client': ",
        "the same again: ",
    ]
    assert client(passwords=Passwords(variable=Secret("hush"))).public == identity.public
    assert "made ./keys/client-rsapvt.pem, fingerprint " in capsys.readouterr().err
    assert ready_keys == [3072]


def test_a_first_run_without_a_password(
    monkeypatch: pytest.MonkeyPatch, ready_keys: list[int]
) -> None:
    Person(monkeypatch, True, False)
    assert not client().protected
    assert ready_keys == [3072]


@pytest.mark.usefixtures("ready_keys")
def test_a_given_password_is_used_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, True)
    assert client(passwords=Passwords(variable=Secret("hush"))).protected
    assert person.asked == [QUESTION]


def test_no_makes_nothing(monkeypatch: pytest.MonkeyPatch, ready_keys: list[int]) -> None:
    Person(monkeypatch, False)
    with pytest.raises(KeyFileError, match="no identity 'client'"):
        client()
    assert (ready_keys, KEYS.exists()) == ([], False)


def test_anothers_key_is_never_taken_for_a_missing_identity(
    monkeypatch: pytest.MonkeyPatch, ready_keys: list[int]
) -> None:
    put_public(KEYS, "client", "bob")
    Person(monkeypatch, True, False)
    with pytest.raises(RsachatError, match="is another's key"):
        client()
    assert ready_keys == []


def test_what_is_no_name_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        client("../alice")


def test_the_servers_identity_is_no_clients() -> None:
    put_pair(KEYS, "server", "server")
    with pytest.raises(UsageError, match="for the server alone"):
        client("server")


def test_a_folder_that_is_none_is_no_first_run() -> None:
    KEYS.write_text("a file")
    with pytest.raises(KeyFileError, match="cannot look into the keys folder") as caught:
        client()
    assert caught.value.hint


def test_the_command_to_type_names_the_folder_that_an_option_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["client", "--keys", "others"]) == 5
    assert "rsachat keygen --password --keys others" in capsys.readouterr().err
