"""The examples at the end of each help: they parse, and those that need no server are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rsachat.cli import COMMANDS, parser_of
from tests.support.keyfolder import put_pair, put_public
from tests.support.transcript import rsachat


def examples(command: str) -> list[str]:
    """The words of each example, without what stands around them in a shell."""
    lines = parser_of(command).format_help().partition("examples:\n")[2].splitlines()
    found = (re.search(r"rsachat [^|<#)]*", line.strip()) for line in lines)
    return [match[0].strip() for match in found if match]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_parses(command: str) -> None:
    lines = examples(command)
    assert lines
    for line in lines:
        program, name, *words = shlex.split(line)
        assert (program, name) == ("rsachat", command)
        parser_of(command).parse_args(words)


LOCAL = {
    "server": ["rsachat server --print-systemd --uploads-mode 0640"],
    "keys": ["rsachat keys"],
    "authorize": [
        "rsachat authorize bob-rsapub.pem",
        "rsachat authorize bobs-key.pem --name bob",
    ],
    "revoke": ["rsachat revoke bob"],
    "invite": examples("invite"),
    "trust": ["rsachat trust list"],
    "completion": examples("completion"),
}
"""Examples that need neither a server nor a person, nor seconds for a new key."""


@pytest.mark.parametrize("command", LOCAL)
def test_an_example_that_needs_no_server_works_as_it_stands(tmp_path: Path, command: str) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    put_pair(tmp_path / "keys", "client", "alice")
    put_public(tmp_path, "bob", "carol")
    (tmp_path / "bobs-key.pem").write_bytes((tmp_path / "bob-rsapub.pem").read_bytes())
    if command == "revoke":
        put_public(tmp_path / "keys", "bob", "carol")
    for line in LOCAL[command]:
        assert line in examples(command)
        outcome = rsachat(tmp_path, *shlex.split(line)[1:], env={"TERM": "xterm-256color"})
        assert outcome.code == 0, outcome
        assert "\x1b" not in outcome.stdout + outcome.stderr
