"""Rows of keys: what is told of a key that stays closed, and which columns are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from rsachat.commands.key_rows import KeyRow, identity_row, put_rows, server_names
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import ServerPin, Trust
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public


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


def test_a_server_is_called_by_what_is_known_of_it(tmp_path: Path) -> None:
    """The whole fingerprint stood in the tables and pushed the others out of sight."""
    put_public(tmp_path, "server", "server")
    server, bob, carol = (keys.public(name).fingerprint for name in ("server", "bob", "carol"))
    pins = [ServerPin(f"h:{port}", bob, Trust.TOFU, 1) for port in (1, 2)]
    said = server_names(Keystore(tmp_path), pins, json=False)
    assert [said(fp) for fp in (bob, server)] == ["h:1", "server-rsapub.pem"]
    assert said(carol) == f"{fingerprint_text(carol)[:9]}…"
    told = server_names(Keystore(tmp_path), pins, json=True)
    assert [told(fp) for fp in (bob, server)] == ["h:1", fingerprint_text(server)]
    (tmp_path / "server-rsapub.pem").write_bytes(b"nonsense")
    assert server_names(Keystore(tmp_path), pins, json=False)(server).endswith("…")
