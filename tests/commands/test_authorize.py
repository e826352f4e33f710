"""`rsachat authorize` as a process: transcripts."""

from __future__ import annotations

from pathlib import Path

from rsachat.crypto.fingerprint import fingerprint_text
from tests.support import keys
from tests.support.keyfolder import put_public
from tests.support.transcript import Outcome, rsachat

BOB = fingerprint_text(keys.public("bob").fingerprint)
TABLE = (
    f"name  file                    bits  fingerprint\nbob   ./keys/bob-rsapub.pem  3072  {BOB}\n"
)


def test_a_file_names_itself(tmp_path: Path) -> None:
    put_public(tmp_path, "bob", "bob")
    first = rsachat(tmp_path, "authorize", "bob-rsapub.pem")
    assert (first.stdout.split(), first.code) == (TABLE.split(), 0)
    assert first.stderr == "bob is authorized\n"
    again = rsachat(tmp_path, "authorize", "bob-rsapub.pem")
    assert (again.stdout, again.stderr) == (first.stdout, "bob is authorized already\n")


def test_standard_input_needs_a_name(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "authorize", "-") == Outcome(
        "", "rsachat: standard input has no name\nhint: --name NAME gives it one\n", 2
    )
    pem = keys.public("bob").to_pem().decode()
    assert rsachat(tmp_path, "authorize", "-", "--name", "bob", stdin=pem).code == 0
    assert (tmp_path / "keys" / "bob-rsapub.pem").read_text() == pem
