"""The server's log: where it lies, what is said when it cannot be written, what is lost."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.rotating_file import RotatingFile
from rsachat.server.notices import Stopping
from rsachat.settings import LogLimits
from rsachat.ui.log_file import LogFile
from tests.support.ui import MOMENT

LINE = "2026-11-25T09:51:57Z stopping (clients: 2)\n"


def test_the_log_is_appended_to_private_and_reopened(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")
    log = LogFile(path)
    log.show(Stopping(2), MOMENT)
    path.rename(tmp_path / "log.1")
    log.show(Stopping(2), MOMENT)
    log.reopen()
    log.show(Stopping(2), MOMENT)
    log.close()
    assert (tmp_path / "log.1").read_text() == "old\n" + 2 * LINE
    assert path.read_text() == LINE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(RsachatError) as caught:
        LogFile(tmp_path / "nowhere" / "log")
    assert caught.value.why == os.strerror(2)
    assert "--log-file" in caught.value.hint


def test_it_rotates_by_its_limits(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log", LogLimits(max_size=2 * len(LINE), keep=1))
    for _ in range(5):
        assert log.show(Stopping(2), MOMENT) == ""
    log.close()
    assert (tmp_path / "log").read_text() == LINE
    assert (tmp_path / "log.1").read_text() == 2 * LINE


def test_a_full_disk_is_said_once_and_what_was_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    log = LogFile(tmp_path / "log")
    monkeypatch.setattr(RotatingFile, "write_line", full)
    told = [log.show(Stopping(2), MOMENT) for _ in range(3)]
    assert os.strerror(28) in told[0]
    assert told[1:] == ["", ""]
    monkeypatch.undo()
    assert log.show(Stopping(2), MOMENT) == ""
    log.close()
    assert (tmp_path / "log").read_text() == "… 3 lines not written\n" + LINE


def test_a_rotation_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    log = LogFile(tmp_path / "log", LogLimits(max_size=10))
    log.show(Stopping(2), MOMENT)
    monkeypatch.setattr(os, "replace", refuse)
    assert "cannot be rotated" in log.show(Stopping(2), MOMENT)
    log.close()
    assert (tmp_path / "log").read_text() == 2 * LINE


def test_a_folder_that_is_gone_at_a_reopening_ends_nothing(tmp_path: Path) -> None:
    """The file that was open goes on; the person is told."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = LogFile(folder / "log")
    shutil.rmtree(folder)
    assert "cannot be opened anew" in log.reopen()
    assert log.show(Stopping(2), MOMENT) == ""
    log.close()
