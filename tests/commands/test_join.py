"""`rsachat join` as a process: transcripts of what goes wrong before a connection."""

from __future__ import annotations

from pathlib import Path

from tests.support.keyfolder import put_pair
from tests.support.transcript import Outcome, rsachat

CODE = "bob.aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"


def test_without_a_terminal_the_code_needs_a_file(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "join", "chat.example") == Outcome(
        "",
        "rsachat: the code of the invitation is needed\n"
        "there is no terminal to ask on\n"
        "hint: give it by --code-file FILE, or on standard input by --code-file -\n",
        2,
    )


def test_what_is_no_code_is_not_repeated(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "join", "h", "--code-file", "-", stdin=CODE[:-1]) == Outcome(
        "",
        "rsachat: that is no invitation code\n"
        "a code is NAME. and 52 letters and digits, in one line\n"
        "hint: copy it whole, as rsachat invite printed it\n",
        2,
    )


def test_where_nobody_listens_it_can_be_repeated(tmp_path: Path) -> None:
    put_pair(tmp_path / ".config" / "rsachat" / "keys", "bob", "bob")
    outcome = rsachat(tmp_path, "join", "127.0.0.1:1", "--code-file", "-", stdin=CODE)
    assert outcome.code == 3
    assert "is there already and is used" in outcome.stderr
    assert not (tmp_path / "keys").exists()


def test_an_address_is_checked_first(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "join", "a b").code == 2
    assert rsachat(tmp_path, "join").code == 2
