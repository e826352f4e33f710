"""`rsachat keys` as a process: transcripts of the list and of passwd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rsachat.crypto.fingerprint import fingerprint_text
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.transcript import Outcome, rsachat

ALICE, BOB = (fingerprint_text(keys.public(name).fingerprint) for name in ("alice", "bob"))


def test_the_list_of_a_folder(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "client")
    put_public(tmp_path / "keys", "bob", "bob")
    for path in (tmp_path / "keys").iterdir():
        os.utime(path, (0, 0))
    assert rsachat(tmp_path, "keys") == Outcome(
        "kind        name    bits  protection  first seen  fingerprint\n"
        f"identity    client  3072  none        1970-01-01  {ALICE}\n"
        f"authorized  bob     3072  -           1970-01-01  {BOB}\n",
        "",
        0,
    )


def test_a_password_is_set_and_removed(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "client")
    path = "./keys/client-rsapvt.pem"
    hush = {"RSACHAT_PASSWORD": "hush"}
    assert rsachat(tmp_path, "keys", "passwd", "client", env=hush) == Outcome(
        "", f"{path} is protected by the new password now\n", 0
    )
    assert rsachat(tmp_path, "keys", "passwd", "client", "--remove") == Outcome(
        "",
        f"rsachat: a password is needed for {path}\n"
        "there is no terminal to ask on\n"
        "hint: give it by --password-file FILE or $RSACHAT_PASSWORD\n",
        5,
    )
    assert rsachat(tmp_path, "keys", "passwd", "client", "--remove", env=hush) == Outcome(
        "", f"{path} has no password now\n", 0
    )


@pytest.mark.parametrize("words", [["passwd"], ["--remove"], ["--new-password-file", "x"]])
def test_passwd_wants_a_name(tmp_path: Path, words: list[str]) -> None:
    assert rsachat(tmp_path, "keys", *words) == Outcome(
        "", "rsachat: whose password?\nhint: rsachat keys passwd NAME\n", 2
    )


def test_another_action_is_wrong_usage(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "keys", "frobnicate").code == 2
