"""`rsachat client`: what its options mean, and the ways it ends before a server is reached."""

from pathlib import Path

import pytest

from rsachat.commands.client import parse_bind
from rsachat.errors import UsageError
from tests.support.keyfolder import put_pair
from tests.support.transcript import rsachat


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("8002", (None, 8002)),
        ("127.0.0.1:8002", ("127.0.0.1", 8002)),
        ("[::1]:8002", ("::1", 8002)),
    ],
)
def test_source_addresses(text: str, bind: tuple[str | None, int]) -> None:
    assert parse_bind(text) == bind


@pytest.mark.parametrize("text", ["", ":8002", "x", "127.0.0.1:", "1:0", "host:70000"])
def test_what_is_no_source_address(text: str) -> None:
    with pytest.raises(UsageError):
        parse_bind(text)


def test_nobody_to_write_to_is_a_matter_of_usage(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "client")
    outcome = rsachat(tmp_path, "client", "--to", "Bob!")
    assert outcome.code == 2
    assert "'Bob!' names nobody" in outcome.stderr


def test_without_an_identity_it_says_how_to_make_one(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "client")
    assert outcome.code == 5
    assert "hint: rsachat keygen" in outcome.stderr


def test_without_a_server_it_says_where_it_looked(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "client")
    put_pair(tmp_path / "keys", "server", "server")
    outcome = rsachat(tmp_path, "client", "--server", "127.0.0.1:1")
    assert outcome.code == 3
    assert "127.0.0.1:1" in outcome.stderr
    assert outcome.stdout == ""
