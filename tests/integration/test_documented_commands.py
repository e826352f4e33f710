"""Every command that a document or a help shows is run as it stands there, or its row says why not.

Only ports, addresses and one folder are the test's own; programs, sockets, keys, shells and
terminals are real.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from rsachat.crypto.fingerprint import fingerprint_text
from tests.integration.documented_commands import ELSEWHERE, RUN, Run
from tests.integration.documented_worlds import ALONE, PASSWORD, WORLDS, site_of
from tests.support import keys
from tests.support.documented import (
    DOCUMENTS,
    all_shown,
    files_in,
    helps,
    in_text,
    is_filled_by,
    is_name,
)
from tests.support.program import Process, Site, command_line, until
from tests.support.terminal import Terminal
from tests.support.transcript import ROOT

TABLE = [*RUN, *ELSEWHERE]

# the table is whole


def test_every_command_that_is_shown_has_its_row() -> None:
    bare = {command: place for command, place in all_shown().items() if command not in TABLE}
    forms = [one for one in bare if is_filled_by(one, TABLE) or is_name(one, TABLE)]
    assert bare.keys() - set(forms) == set(), bare


def test_every_row_is_shown_somewhere() -> None:
    assert set(TABLE) - all_shown().keys() == set()
    assert not RUN.keys() & ELSEWHERE.keys()


def test_every_help_ends_with_examples_of_its_own_command() -> None:
    for name, examples in helps().items():
        program = "rsachat " if name == "rsachat" else f"rsachat {name}"
        assert examples
        assert [line for line in examples if program not in line] == []


def test_a_block_in_a_language_is_a_recipe() -> None:
    """Each of them is run by test_recipes.py."""
    found = {path.name for path in DOCUMENTS if files_in(path.read_text(encoding="utf-8"))}
    assert found == {"recipes.md"}


def test_commands_are_found() -> None:
    text = "`rsachat keys`, `a.py`\n```\necho x | rsachat client --to bob   # so\n# or\ncd x\n```\n"
    assert in_text(text) == ["echo x | rsachat client --to bob", "cd x", "rsachat keys"]
    assert in_text(text := "```\nno rsachat client\n```\n```sh\nrsachat keys\n```\n") == []
    assert files_in(text) == ["rsachat keys\n"]
    assert is_filled_by("rsachat revoke NAME", ["rsachat revoke bob"])
    assert not is_filled_by("rsachat revoke NAME", ["rsachat revoke bob --json"])
    assert is_name("rsachat trust replace", ["rsachat trust replace @bob"])
    assert not is_name("rsachat doctor --server", ["rsachat doctor --server example.org"])


# a command by itself


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = site_of(tmp_path_factory.mktemp("site"))
    yield made
    made.clean_up()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


@pytest.fixture
def env(tmp_path: Path, desk: Path) -> dict[str, str]:
    """Variables: on the path are `rsachat`, and an `ssh` to a folder that is called as the host."""
    programs = tmp_path / "bin"
    programs.mkdir()
    lines = {"rsachat": f'exec {shlex.join(command_line())} "$@"', "ssh": 'cd "$1"; shift; "$@"'}
    for name, line in lines.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(desk)}


LONG = [pytest.mark.long, pytest.mark.timeout(300)]
EACH = [
    pytest.param(command, marks=LONG if row.long else (), id=command)
    for command, row in RUN.items()
]


@pytest.mark.parametrize("command", EACH)
def test_a_command_does_what_is_said(
    site: Site, desk: Path, env: dict[str, str], command: str
) -> None:
    row = RUN[command]
    if not shutil.which(row.shell):
        pytest.skip(f"{row.shell} is not installed")
    WORLDS[row.world](site, desk)
    line = command.replace("/srv/rsachat", str(desk))
    if row.world not in ALONE:
        env["RSACHAT_SERVER"] = site.address
        line = re.sub(r"(example\.org|192\.0\.2\.7)(:8000)?", site.address, line)
    line = f"exec {with_own_ports(line)}" if row.stays else with_own_ports(line)
    script = "\n".join(filter(None, (row.first, line, row.then)))
    folder = ROOT if row.world == "tree" else desk
    play = on_a_terminal if row.typed else in_a_pipe
    code, text = play(row, [row.shell, "-c", script], folder, env)
    assert code == 0, text
    assert row.sees in text


def with_own_ports(line: str) -> str:
    """No port of the machine's is taken by the test, and no .venv made by make."""
    line = re.sub(r"(?<=--port |--bind )\d+|(?<=127.0.0.1:)9464", free_port, line)
    if line.startswith("rsachat server") and not re.search("--(?:port|print-systemd) ", line):
        line += " --port 0"
    return re.sub("^make ", "make --old-file=.venv/.locked ", line)


def free_port(_match: object = None) -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


def in_a_pipe(
    row: Run, program: list[str], folder: Path, env: Mapping[str, str]
) -> tuple[int, str]:
    with Process(folder, env=env, stdin=False, program=program) as process:
        if row.stays:
            until(lambda: row.sees in "".join((*process.stdout, *process.stderr)))
            process.signal(signal.SIGTERM)
        code = process.wait(250)
        return code, "".join((*process.stdout, *process.stderr))


def on_a_terminal(
    row: Run, program: list[str], folder: Path, env: Mapping[str, str]
) -> tuple[int, str]:
    note = folder / "invitation.txt"
    known = {name: fingerprint_text(keys.public(name).fingerprint)[:9] for name in keys.NAMES}
    known["code"] = note.read_text().split()[-1] if note.exists() else ""
    with seat(program, folder, env) as terminal:
        answer(terminal, *((asked, typed.format(**known)) for asked, typed in row.typed))
        return terminal.wait(), "\n".join(terminal.lines)


def seat(program: list[str], folder: Path, env: Mapping[str, str]) -> Terminal:
    start = ["-c", "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])", *program]
    return Terminal(start, environ=dict(env), folder=folder)


def answer(terminal: Terminal, *asked: tuple[str, str]) -> None:
    """Wait for each text in turn, and type what follows it."""
    read = 0
    for text, typed in asked:
        terminal.until(partial(has_written, terminal, text, read), 40)
        read = len(terminal.raw)
        terminal.type(f"{typed}\r")


def has_written(terminal: Terminal, text: str, since: int) -> bool:
    """Whether the text came after the first `since` bytes, whatever its colours."""
    return text.encode() in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", terminal.raw[since:])


# commands that follow each other


@pytest.mark.timeout(180)
def test_the_four_everyday_commands_of_the_readme(desk: Path, env: dict[str, str]) -> None:
    """In one folder, on terminals, under a password that is typed each time; port 8000 aside."""
    shown = in_text((ROOT / "README.md").read_text())
    begin = shown.index("rsachat keygen --password")
    keygen, server, client, upload = (shlex.split(line) for line in shown[begin : begin + 4])
    assert [words[1] for words in (server, client, upload)] == ["server", "client", "upload"]
    port, unlock = free_port(), ("password for", PASSWORD)
    env["RSACHAT_SERVER"] = f"127.0.0.1:{port}"
    shutil.copy(ROOT / "source.txt", desk)
    with seat(keygen, desk, env) as making:
        answer(making, ("new password for", PASSWORD), ("the same again", PASSWORD))
        assert making.wait() == 0, making.lines
    with seat([*server, "--port", port], desk, env) as serving:
        answer(serving, unlock)
        serving.until_text("clients: 0", 40)
        with seat(client, desk, env) as talking, seat(upload, desk, env) as sending:
            answer(talking, unlock)
            talking.until_text("to leave", 40)
            answer(sending, unlock)
            assert sending.wait() == 0, sending.lines
            serving.until_text("clients: 1")
            serving.type("\x03")
            assert serving.wait() == 0, serving.lines
            assert talking.wait() == 0, talking.lines
    assert (desk / "uploads/client/target.txt").read_bytes() == (ROOT / "source.txt").read_bytes()


# commands that are covered elsewhere


@pytest.mark.parametrize("command", ELSEWHERE)
def test_a_command_that_is_not_run_is_covered(command: str) -> None:
    file, _, test = ELSEWHERE[command].where.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}" in text or not test
    assert file != ".ci/run" or command in text.splitlines()


@pytest.mark.parametrize("command", [one for one in ELSEWHERE if one.startswith("make ")])
def test_make_knows_what_to_do(command: str) -> None:
    words = ["make", "--dry-run", *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout
