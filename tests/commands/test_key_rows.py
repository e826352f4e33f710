"""Rows of keys: what is told of a key that stays closed, and which columns are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from rsachat.commands.key_rows import KeyRow, identity_row, put_rows
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.keystore import Keystore
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private


def test_an_identity_is_told_without_opening_it(tmp_path: Path) -> None:
    put_pair(tmp_path, "alice")
    row = identity_row(Keystore(tmp_path), "alice")
    assert (row.kind, row.name, row.bits, row.protection) == ("identity", "alice", 3072, "none")
    assert row.fingerprint == fingerprint_text(keys.public("alice").fingerprint)
    assert row.as_json()["file"] == str(tmp_path / "alice-rsapvt.pem")


def test_without_its_public_half_nothing_is_guessed(tmp_path: Path) -> None:
    put_private(tmp_path, "alice")
    row = identity_row(Keystore(tmp_path), "alice")
    assert (row.fingerprint, row.bits) == (None, None)


def test_columns_that_no_row_fills_are_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    rows = [KeyRow("a", "x", None, "f", bits=3072), KeyRow("b", "\x1b[2J", None, "g")]
    put_rows(rows, ("kind", "name", "bits", "trust", "fingerprint"))
    assert capsys.readouterr().out.splitlines() == [
        "kind  name   bits",
        "a     x      3072",
        "b     \\e[2J     -",
    ]
