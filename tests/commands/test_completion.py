"""`rsachat completion`: the scripts as their shells take them, with a real Tab in each."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from rsachat.cli import COMMANDS, parser_of
from rsachat.commands.completion import SHELLS
from tests.support.transcript import rsachat


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripts")
    for shell in SHELLS:
        outcome = rsachat(folder, "completion", shell)
        assert (outcome.stderr, outcome.code) == ("", 0)
        (folder / f"script.{shell}").write_text(outcome.stdout)
    return folder


@pytest.fixture
def folder(tmp_path: Path, scripts: Path) -> Path:
    shutil.copytree(scripts, tmp_path, dirs_exist_ok=True)
    (tmp_path / "report one.pdf").touch()
    (tmp_path / "uploads").mkdir()
    return tmp_path


def program(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_takes_the_script(folder: Path, shell: str) -> None:
    subprocess.run([program(shell), "-n", folder / f"script.{shell}"], check=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(folder: Path, shell: str) -> None:
    text = (folder / f"script.{shell}").read_text()
    for name in COMMANDS:
        assert name in text
        for action in parser_of(name)._actions:
            for option in action.option_strings:
                assert option.lstrip("-") in text


def completed(folder: Path, *words: str) -> set[str]:
    """What bash offers for the last word."""
    line = " ".join(map(shlex.quote, ("rsachat", *words)))
    code = (
        f"set -u; source script.bash; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _rsachat; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = [program("bash"), "--norc", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.splitlines()) - {""}


def test_bash_completes_commands_options_and_values(folder: Path) -> None:
    assert completed(folder, "ser") == {"server"}
    assert completed(folder, "") == {*COMMANDS, "help", "--help", "--version"}
    assert completed(folder, "help", "ver") == {"verify-receipt"}
    assert completed(folder, "client", "--re") == {"--reconnect"}
    assert completed(folder, "keygen", "--bits", "") == {"3072", "4096"}
    assert completed(folder, "trust", "re") == {"remove", "replace"}
    assert completed(folder, "completion", "f") == {"fish"}
    assert completed(folder, "keygen", "--no-such") == set()


def test_bash_completes_files_and_folders(folder: Path) -> None:
    assert completed(folder, "upload", "rep") == {"report one.pdf"}
    assert completed(folder, "upload", "a", "--receipt", "rep") == {"report one.pdf"}
    assert completed(folder, "server", "--uploads", "") == {"uploads"}
    assert completed(folder, "server", "--host", "") == set()


# names out of the keys folder

FP = "f" * 52
NAMES = {
    "client --name ": {"alice", "client"},
    "client --name cl": {"client"},
    "upload --as x --name al": {"alice"},
    "client --keys other --name ": {"zoe"},
    "keys passwd a": {"alice"},
    "revoke ": {"alice", "client", "bob"},
    "client --to ": {"bob", "carol"},
    "client --server ": {"127.0.0.1:8000", "[::1]:8000", "example.org:8000"},
    "upload --server 127.0.0.1:8": {"127.0.0.1:8000"},
    "doctor --server ex": {"example.org:8000"},
    "doctor --name al": {"alice"},
    "trust remove @b": {"@bob"},
    "trust remove ex": {"example.org:8000"},
}
"""A line up to the Tab, and the names that may follow."""


@pytest.fixture
def with_names(folder: Path) -> Path:
    """Two identities, three people, three servers; another folder; and a name that is a trap."""
    files = ["alice-rsapvt.pem", "client-rsapvt.pem", "$(touch trap)-rsapvt.pem"]
    files += ["alice-rsapub.pem", "client-rsapub.pem", "bob-rsapub.pem"]
    for place, names in (("keys", files), ("other", ["zoe-rsapvt.pem"])):
        (folder / place).mkdir()
        for name in names:
            (folder / place / name).touch()
    servers = ["# a remark"]
    servers += [f"{at} {FP} tofu 2026-11-24T09:51:57Z" for at in NAMES["client --server "]]
    (folder / "keys" / "known_servers").write_text("\n".join([*servers, "$(touch trap) x"]))
    people = [f"{FP} {name} {FP} tofu 2026-11-24T09:51:57Z\n" for name in ("bob", "carol")]
    (folder / "keys" / "known_peers").write_text("".join(people))
    return folder


def broken(word: str) -> list[str]:
    """A word as bash hands it over: in pieces around `:` and `@`."""
    return [part for part in re.split("([:@])", word) if part] or [""]


@pytest.mark.parametrize("line", NAMES)
def test_bash_finds_names(with_names: Path, line: str) -> None:
    *words, last = line.split(" ")
    offered = completed(with_names, *words, *broken(last))
    begin = last[: last.rfind(":") + 1]  # what bash leaves standing
    assert {begin + word for word in offered} == NAMES[line]
    assert not (with_names / "trap").exists()


def test_fish_finds_names(with_names: Path) -> None:
    lines = "\n".join(f"echo (complete -C 'rsachat {line}' | cut -f1)" for line in NAMES)
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", f"source script.fish\n{lines}"],
        cwd=with_names,
        env={"PATH": os.environ["PATH"], "HOME": str(with_names)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    found = dict(zip(NAMES, map(str.split, done.stdout.splitlines()), strict=True))
    assert {line: set(words) for line, words in found.items()} == NAMES
    assert not (with_names / "trap").exists()


@contextmanager
def shell(folder: Path, name: str, *options: str, ready: str) -> Iterator[pexpect.spawn[str]]:
    """An interactive shell that has the script; `rsachat` shows its words there."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "PS1": "$ "}
    child = pexpect.spawn(
        program(name), [*options, "-i"], cwd=str(folder), env=env, timeout=10, encoding="utf-8"
    )
    try:
        show = "rsachat() { printf '<%s>' \"$@\"; echo; }"
        child.sendline(f"{ready}; source script.{name}; {show}; echo rea''dy")
        child.expect("ready")
        yield child
    finally:
        child.close(force=True)


def test_a_tab_in_a_real_bash(with_names: Path) -> None:
    with shell(with_names, "bash", "--norc", "--noprofile", ready=":") as bash:
        bash.send("rsachat upl\trep\t--env\t--server 127.0.0.1:\t--name al\t\r")
        said = "<upload><report one.pdf><--envelope><--server><127.0.0.1:8000><--name><alice>"
        bash.expect_exact(said)
        bash.send("rsachat trust rem\t@b\t\r")
        bash.expect_exact("<trust><remove><@bob>")


def test_a_tab_in_a_real_zsh(with_names: Path) -> None:
    ready = "autoload -U compinit; compinit -u -D"
    with shell(with_names, "zsh", "-f", ready=ready) as zsh:
        zsh.send("rsachat upl\trep\t--env\t--server 127\t--name al\t\r")
        said = "<upload><report one.pdf><--envelope><--server><127.0.0.1:8000><--name><alice>"
        zsh.expect_exact(said)
        zsh.send("rsachat trust rem\t@b\t\r")
        zsh.expect_exact("<trust><remove><@bob>")
        zsh.send("rsachat client --keys other --name \t\r")
        zsh.expect_exact("<client><--keys><other><--name><zoe>")
    assert not (with_names / "trap").exists()


def test_an_unknown_shell_is_wrong_usage(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "completion", "csh")
    assert outcome.code == 2
    assert outcome.stderr.startswith(
        "rsachat: no shell 'csh' here\nit is bash, zsh or fish\nhint: "
    )
