"""Guests' files: a visit keeps them, thirty days without one do not."""

import os
from pathlib import Path

import pytest

from rsachat.runtime.guests import DAY, UNSEEN, forget_unseen, note_seen

NOW = 1_800_000_000.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gus-rsapub.pem"
    path.write_text("a key")
    return path


def test_a_visit_is_written_down_once_a_day(file: Path) -> None:
    os.utime(file, (NOW, NOW))
    note_seen(file, NOW + DAY - 1)
    assert file.stat().st_mtime == NOW
    note_seen(file, NOW + DAY + 1)
    assert file.stat().st_mtime == NOW + DAY + 1


def test_a_clock_set_back_takes_no_visit_away(file: Path) -> None:
    os.utime(file, (NOW, NOW))
    note_seen(file, NOW - 10 * DAY)
    assert file.stat().st_mtime == NOW
    assert forget_unseen([file], NOW - 100 * DAY) == []


def test_a_guest_without_a_file_is_no_error(tmp_path: Path) -> None:
    note_seen(tmp_path / "nobody", NOW)
    assert forget_unseen([tmp_path / "nobody"], NOW) == []


def test_only_who_was_not_here_for_30_days_is_forgotten(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "eve-rsapub.pem"
    other.write_text("a key")
    os.utime(file, (NOW, NOW))
    os.utime(other, (NOW - 1, NOW - 1))
    assert forget_unseen([file, other], NOW + UNSEEN - 0.5) == [other]
    assert file.exists()
    assert not other.exists()


def test_what_cannot_be_removed_is_not_said_to_be(tmp_path: Path) -> None:
    folder = tmp_path / "folder-rsapub.pem"
    folder.mkdir()
    os.utime(folder, (NOW, NOW))
    assert forget_unseen([folder], NOW + 2 * UNSEEN) == []
    assert folder.is_dir()
