"""Every command as it reads: its good and its bad ways, replayed by the real program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.cli import COMMANDS
from tests.support.program import EXECUTABLE
from tests.support.replay import FOLDER, compared, difference, parse
from tests.support.zygote import Zygote

FILES = sorted(FOLDER.glob("*.txt"))
SLOW = {"demo", "keygen-new"}  # seconds each: the demo, and keys that are made
QUICK = [path for path in FILES if path.stem not in SLOW]


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.close()


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
@pytest.mark.skipif(EXECUTABLE is not None, reason="an executable is not forked")
def test_it_is_as_it_was_written_down(path: Path, zygote: Zygote) -> None:
    agree(path, zygote)


@pytest.mark.long
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_command_in_a_process_of_its_own(path: Path) -> None:
    agree(path)


def agree(path: Path, zygote: Zygote | None = None) -> None:
    found = difference(path, zygote)
    again = f"\npython -m tests.support.replay --write {path.stem} writes it anew"
    assert found == [], "\n".join(found) + again


def test_every_command_is_told_in_good_and_in_bad() -> None:
    steps = [step for path in FILES for step in parse(path.read_text(encoding="utf-8"))]
    told = {(name, step.said[-1] == "= 0") for step in steps for name in COMMANDS
            if f"rsachat {name}" in step.line and step.said}  # fmt: skip
    assert told == {(name, good) for name in COMMANDS for good in (True, False)}


def test_a_line_that_belongs_to_nothing_is_named() -> None:
    for text in ("> said by nobody", "rsachat keys", "# begin\n= 0"):
        with pytest.raises(ValueError, match="no line of a transcript"):
            parse(text)


def test_widths_of_columns_do_not_count() -> None:
    assert compared("> a     b\n") == compared("> a  b\n")
    assert compared("> a b") != compared("> a  b")
