"""Results go to stdout, notices to stderr, and neither steers a terminal."""

from __future__ import annotations

import argparse
import json

import pytest

from rsachat.commands.speak import put_json, put_table, say
from rsachat.ui.plain_table import Column

Capture = pytest.CaptureFixture[str]


def test_notices_go_to_stderr_unless_quiet(capsys: Capture) -> None:
    say(argparse.Namespace(quiet=False), "a\x1b[2Jb\nc")
    say(argparse.Namespace(quiet=True), "silence")
    assert capsys.readouterr() == ("", "a\\e[2Jb\\nc\n")


def test_json_is_a_line_on_stdout(capsys: Capture) -> None:
    put_json("key", {"name": "é\x1b"})
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    assert "\x1b" not in out
    data = json.loads(out)
    assert list(data) == ["v", "event", "time", "name"]
    assert (data["v"], data["event"], data["name"]) == (1, "key", "é\x1b")


def test_a_table_is_on_stdout(capsys: Capture) -> None:
    put_table([Column("a")], [["b"]])
    assert capsys.readouterr() == ("a\nb\n", "")
