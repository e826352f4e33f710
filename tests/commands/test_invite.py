"""`rsachat invite` as a process: transcripts."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.keyfolder import put_pair
from tests.support.transcript import Outcome, rsachat


def test_what_to_pass_on_stands_alone_on_stdout(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    outcome = rsachat(tmp_path, "invite", "bob", "--address", "chat.example")
    assert re.fullmatch(r"rsachat join chat\.example:8000\nbob\.[a-z2-7]{52}\n", outcome.stdout)
    assert re.fullmatch(
        r"pass this on to bob, the code in secret; it works once, and expires in 24 hours:\n",
        outcome.stderr,
    )
    assert outcome.code == 0


def test_the_address_must_be_known(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "invite", "bob") == Outcome(
        "",
        "rsachat: the address at which others reach this server is needed\n"
        "hint: for example: rsachat invite bob --address example.org:8000\n",
        2,
    )
