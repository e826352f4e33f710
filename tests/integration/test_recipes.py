"""The recipes of docs/recipes.md, each run as it stands there."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.support.program import Process, Site, command_line, until
from tests.support.transcript import ROOT

TEXT = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"^```\w+\n((?:#![^\n]*\n)?# (?:python3 )?(\S+)\n.*?)^```$", re.MULTILINE | re.DOTALL
)
RECIPES = {name: body for body, name in BLOCK.findall(TEXT)}


@pytest.fixture
def alice(site: Site) -> Path:
    """A machine with `rsachat` on the path and the recipes in files."""
    site.person("alice")
    site.person("bob")
    site.serve()
    folder = site.machine("alice")
    (folder / "bin").mkdir()
    files = {"bin/rsachat": f'#!/bin/sh\nexec {shlex.join(command_line())} "$@"\n'} | RECIPES
    for name, body in files.items():
        (folder / name).write_text(body)
        (folder / name).chmod(0o755)
    return folder


def start(site: Site, folder: Path, recipe: str) -> Process:
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    env = {"PATH": path, "RSACHAT_SERVER": site.address}
    python = [sys.executable] if recipe.endswith(".py") else []
    process = Process(folder, env=env, program=[*python, str(folder / recipe)])
    site.processes.append(process)
    return process


def test_every_recipe_is_run() -> None:
    assert set(RECIPES) == {"send.sh", "build.sh", "log.sh", "echo.py"}
    assert TEXT.count("```") == 2 * len(RECIPES)


def test_send_from_cron(site: Site, alice: Path) -> None:
    bob = site.client("bob")
    sender = start(site, alice, "send.sh")
    assert "%" in bob.event("message")["text"]
    assert (sender.wait(), sender.errors) == (0, "")


@pytest.mark.parametrize(("recipe", "said"), [("@true", "done"), ("@false", "failed with 2")])
def test_tell_a_person_when_a_build_ends(site: Site, alice: Path, recipe: str, said: str) -> None:
    (alice / "Makefile").write_text(f"all:\n\t{recipe}\n")
    bob = site.client("bob")
    builder = start(site, alice, "build.sh")
    assert bob.event("message")["text"] == f"the build is {said}"
    assert builder.wait() == 0


def test_keep_a_chat_in_a_file(site: Site, alice: Path) -> None:
    bob = site.client("bob")
    logger = start(site, alice, "log.sh")
    bob.event("joined")
    bob.write("@alice Hello World")
    bob.event("delivered")
    log = alice / "chat.log"
    until(lambda: log.read_text().endswith(": Hello World\n"))
    assert "\x1b" not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    logger.signal(signal.SIGTERM)
    assert logger.wait() == 0


def test_a_small_bot(site: Site, alice: Path) -> None:
    bob = site.client("bob")
    start(site, alice, "echo.py")
    bob.event("joined")
    for text in ("one", "@two /and :three 漢字"):
        bob.write(f"@alice {text}")
        assert bob.event("message")["text"] == text
