"""`rsachat completion`: the scripts as their shells take them, with a real Tab in bash."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from rsachat.cli import COMMANDS, parser_of
from rsachat.commands.completion import SHELLS
from tests.support.transcript import rsachat


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "report one.pdf").touch()
    (tmp_path / "uploads").mkdir()
    for shell in SHELLS:
        outcome = rsachat(tmp_path, "completion", shell)
        assert (outcome.stderr, outcome.code) == ("", 0)
        (tmp_path / f"script.{shell}").write_text(outcome.stdout)
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


def test_a_tab_in_a_real_bash(folder: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "PS1": "$ "}
    shell = pexpect.spawn(
        program("bash"), ["--norc", "--noprofile", "-i"], cwd=str(folder), env=env, timeout=10
    )
    try:
        shell.sendline("source script.bash; rsachat() { printf '<%s>' \"$@\"; echo; }; echo ready")
        shell.expect(r"\nready")
        shell.send("rsachat upl\trep\t--env\t\r")
        shell.expect_exact("<upload><report one.pdf><--envelope>")
    finally:
        shell.close(force=True)


def test_an_unknown_shell_is_wrong_usage(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "completion", "csh")
    assert outcome.code == 2
    assert outcome.stderr.endswith("hint: rsachat completion --help\n")
