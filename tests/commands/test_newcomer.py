"""join: where the identity goes, what is remembered, what is typed next, what stops it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from rsachat import cli
from rsachat.commands import newcomer
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import RefusedError
from rsachat.protocol.invitation import Invitation
from rsachat.runtime.client_shell import Target
from rsachat.runtime.defaults import Defaults, read_defaults
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.passwords import Passwords, Secret
from rsachat.runtime.pins import Pins, ServerPin, Trust
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.questions import Person

SERVER = keys.public("server")
CODE = Invitation("bob", bytes(range(16)), SERVER.fingerprint[:16]).code()
HOME = Path("home/.config/rsachat/keys")
ADDRESS = "chat.example:8000"
Capture = pytest.CaptureFixture[str]


class Network:
    """In place of the connection: the server says yes, or `error` is raised."""

    def __init__(self) -> None:
        self.asked: list[Target] = []
        self.error: Exception | None = None

    def ask(self, target: Target, _make_core: Callable[[object], object]) -> object:
        self.asked.append(target)
        if self.error is not None:
            raise self.error
        return SimpleNamespace(server=SERVER)


@pytest.fixture
def network(place: Path, ready_keys: list[int], monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()
    monkeypatch.setattr(newcomer, "ask_server", made.ask)
    (place / "code").write_text(f"rsachat join {ADDRESS}\n{CODE}\n")
    return made


def join(*words: str, address: str = ADDRESS) -> int:
    return cli.main(["join", address, "--code-file", "code", *words])


def test_everything_lies_in_the_users_folder(
    network: Network, place: Path, capsys: Capture
) -> None:
    (place / "keys").mkdir()
    assert join(address="Chat.Example") == 0
    assert network.asked == [Target("chat.example", 8000)]
    folder = place / HOME
    store = Keystore(folder)
    assert store.open_identity("bob", Passwords()).public == keys.public("alice")
    [pin] = Pins(folder).servers()
    assert (pin.address, pin.fp, pin.trust) == (ADDRESS, SERVER.fingerprint, Trust.VERIFIED)
    assert read_defaults(folder) == Defaults(ADDRESS, "bob")
    assert store.default_client() == "bob"
    assert list((place / "keys").iterdir()) == []
    out, err = capsys.readouterr()
    assert "without a password: bob" in err
    assert out.startswith("now type: rsachat client --keys ")  # for ./keys would come first here


def test_alone_in_a_folder_the_plain_command_is_enough(network: Network, capsys: Capture) -> None:
    assert join() == 0
    assert capsys.readouterr().out == "now type: rsachat client\n"
    assert len(network.asked) == 1


@pytest.mark.usefixtures("network")
def test_a_named_folder_is_used_and_named_again(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert join("--keys", "my keys") == 0
    assert capsys.readouterr().out == "now type: rsachat client --keys 'my keys'\n"
    monkeypatch.setenv("RSACHAT_KEYS", "others")
    assert join("--json") == 0
    [row] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["event"] == "joined"
    assert (row["name"], row["server"], row["keys"]) == ("bob", ADDRESS, "./others")
    assert row["next"] == "rsachat client"
    assert row["server_fingerprint"] == fingerprint_text(SERVER.fingerprint)


def test_the_key_is_made_once(network: Network, ready_keys: list[int], place: Path) -> None:
    network.error = RefusedError("no")
    assert join() == 4
    assert not (place / HOME / "defaults").exists()
    assert not (place / HOME / "known_servers").exists()
    network.error = None
    assert join() == 0
    assert join() == 0
    assert ready_keys == [3072]


@pytest.mark.usefixtures("network")
def test_a_password_is_asked_for_or_given(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Person(monkeypatch, "hush", "hush")
    assert join("--password") == 0
    assert Keystore(place / HOME).open_identity("bob", Passwords(variable=Secret("hush"))).protected
    (place / "password").write_text("file\n")
    assert join("--keys", "other", "--password-file", "password") == 0
    other = Keystore(place / "other").open_identity("bob", Passwords(variable=Secret("file")))
    assert other.protected


def test_the_code_is_asked_for_without_an_echo(
    network: Network, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    person = Person(monkeypatch, CODE.upper())
    assert cli.main(["join", ADDRESS]) == 0
    assert person.asked == ["code of the invitation (not shown): "]
    assert len(network.asked) == 1
    out, err = capsys.readouterr()
    assert CODE.partition(".")[2] not in out + err


def test_anothers_key_of_that_name_is_not_written_over(network: Network, place: Path) -> None:
    put_public(place / HOME, "bob", "carol")
    assert join() == 1
    assert network.asked == []


def test_a_server_met_before_becomes_verified(network: Network, place: Path) -> None:
    met = ServerPin(ADDRESS, SERVER.fingerprint, Trust.TOFU, 0)
    Pins(place / HOME).add_server(met)
    assert join() == 0
    assert [pin.trust for pin in Pins(place / HOME).servers()] == [Trust.VERIFIED]
    assert len(network.asked) == 1


def test_another_server_known_there_stops_it(
    network: Network, place: Path, ready_keys: list[int], capsys: Capture
) -> None:
    Pins(place / HOME).add_server(
        ServerPin(ADDRESS, keys.public("carol").fingerprint, Trust.TOFU, 0)
    )
    assert join() == 4
    assert (network.asked, ready_keys) == ([], [])
    err = capsys.readouterr().err
    assert fingerprint_text(keys.public("carol").fingerprint) in err
    assert f"rsachat trust remove {ADDRESS}" in err


@pytest.mark.usefixtures("network")
def test_the_last_one_joined_is_the_default(place: Path) -> None:
    put_pair(place / HOME, "client", "carol")
    assert join() == 0
    assert Keystore(place / HOME).default_client() == "bob"


def test_a_code_file_that_cannot_be_read(network: Network, place: Path, capsys: Capture) -> None:
    (place / "code").unlink()
    assert join() == 1
    assert "cannot read ./code" in capsys.readouterr().err
    assert network.asked == []
