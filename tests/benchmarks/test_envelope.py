"""The peers of the envelope's benchmark: one that is missing is skipped with its own words."""

import os
from pathlib import Path

import pytest

from benchmarks import envelope


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """These, made up, are found before the real ones."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_an_sshd_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = 'echo "Missing privilege separation directory" > "$5"; exit 255'
    programs(tmp_path / "bin", monkeypatch, sshd=dying, scp="", **{"ssh-keygen": ""})
    words = "sshd does not start: Missing privilege separation directory"
    with pytest.raises(envelope.NoPeer, match=words), envelope.sshd(tmp_path / "ssh"):
        pass


def test_an_sshd_without_a_word_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path / "bin", monkeypatch, sshd="exit 1", scp="", **{"ssh-keygen": ""})
    with pytest.raises(envelope.NoPeer, match="says nothing"), envelope.sshd(tmp_path / "ssh"):
        pass
