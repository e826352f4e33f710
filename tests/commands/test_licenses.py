"""`rsachat licenses`: a table, one text, JSON."""

import json

import pytest

from rsachat.cli import main


def test_the_table_has_a_line_for_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licenses"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["part", "version", "license"]
    assert [line.split()[0] for line in lines[1:3]] == ["rsachat", "pycryptodome"]


def test_one_part_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licenses", "RSAchat"]) == 0
    assert "Permission is hereby granted" in capsys.readouterr().out


def test_an_unknown_part_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licenses", "nothing"]) == 2
    assert "no part named 'nothing'" in capsys.readouterr().err


def test_a_script_gets_the_texts_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["licenses", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["event"] == "license"
    assert all(row["text"] for row in rows)
