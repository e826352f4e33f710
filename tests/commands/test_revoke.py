"""`rsachat revoke` as a process: transcripts."""

from __future__ import annotations

from pathlib import Path

from tests.support.keyfolder import put_public
from tests.support.transcript import Outcome, rsachat


def test_a_key_is_moved_and_its_place_named(tmp_path: Path) -> None:
    put_public(tmp_path / "keys", "bob", "bob")
    assert rsachat(tmp_path, "revoke", "bob") == Outcome(
        "",
        "bob is revoked: the key lies in ./keys/revoked/bob-rsapub.pem, and no server here "
        "admits it\n",
        0,
    )
    assert rsachat(tmp_path, "revoke", "bob") == Outcome(
        "",
        "rsachat: no 'bob' is authorized in ./keys\nhint: rsachat keys shows who is\n",
        1,
    )
