"""The file behind --log-file: whole lines, older ones beside it, and disks that refuse."""

import os
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.runtime.rotating_file import RotatingFile


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_it_gives_way_before_a_line_would_not_fit(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log", 10, 2)
    for number in range(8):
        file.write_line(b"line%d\n" % number)
    file.close()
    assert contents(tmp_path) == {"log": "line7\n", "log.1": "line6\n", "log.2": "line5\n"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@given(
    lines=st.lists(st.integers(0, 30).map(lambda n: b"x" * n + b"\n"), max_size=30),
    max_size=st.integers(1, 60),
    keep=st.integers(1, 4),
)
def test_what_is_kept_is_the_end_of_what_was_written(
    lines: list[bytes], max_size: int, keep: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In order, line by line, in as many files as asked for, none longer than asked for."""
    path = tmp_path_factory.mktemp("logs") / "log"
    file = RotatingFile(path, max_size, keep)
    for line in lines:
        file.write_line(line)
    file.close()
    older = [path.with_name(f"log.{number}") for number in range(keep + 1, 0, -1)]
    parts = [part.read_bytes() for part in (*older, path) if part.exists()]
    assert len(parts) <= keep + 1
    assert b"".join(lines).endswith(b"".join(parts))
    assert all(part.endswith(b"\n") for part in parts if part)
    assert all(len(part) <= max_size or part.count(b"\n") == 1 for part in parts)
    assert len(parts) <= keep or b"".join(parts)


def test_without_a_size_it_grows(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log")
    for _ in range(100):
        file.write_line(b"x" * 100 + b"\n")
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_file_that_another_moved_away_is_not_moved_again(tmp_path: Path) -> None:
    """An outer logrotate was here, and its SIGHUP has not come yet."""
    file = RotatingFile(tmp_path / "log", 10, 3)
    file.write_line(b"before\n")
    (tmp_path / "log").rename(tmp_path / "archive")
    (tmp_path / "log").write_text("its own new one\n")
    file.write_line(b"after\n")
    file.close()
    assert contents(tmp_path) == {"archive": "before\n", "log": "its own new one\nafter\n"}


def test_a_file_that_was_emptied_from_outside_is_not_full(tmp_path: Path) -> None:
    """`copytruncate`: the length is the file's, not a sum of one's own."""
    file = RotatingFile(tmp_path / "log", 20, 3)
    file.write_line(b"0123456789012\n")
    os.truncate(tmp_path / "log", 0)
    file.write_line(b"0123456789012\n")
    file.close()
    assert contents(tmp_path) == {"log": "0123456789012\n"}


def test_a_disk_that_is_full_in_the_middle_of_a_line_keeps_none_of_it(tmp_path: Path) -> None:
    """A limit of the process stands for the disk: it takes a part and then no more."""
    file = RotatingFile(tmp_path / "log")
    file.write_line(b"whole\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError):
            file.write_line(b"far too long for it\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert contents(tmp_path) == {"log": "whole\n"}
    file.write_line(b"again\n")
    file.close()
    assert contents(tmp_path) == {"log": "whole\nagain\n"}


def test_where_names_cannot_change_it_goes_on_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = RotatingFile(tmp_path / "log", 10, 2)
    file.write_line(b"0123456\n")
    monkeypatch.setattr(os, "replace", refuse)
    file.write_line(b"0123456\n")
    assert file.stuck is not None
    monkeypatch.undo()
    file.write_line(b"0123456\n")
    file.close()
    assert contents(tmp_path) == {"log": "0123456\n", "log.1": "0123456\n0123456\n"}


def test_a_pipe_is_written_never_rotated_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    with pytest.raises(OSError):
        RotatingFile(tmp_path / "log", 10, 2)
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    file = RotatingFile(tmp_path / "log", 10, 2)
    for _ in range(3):
        file.write_line(b"0123456\n")
    assert os.read(reader, 100) == b"0123456\n" * 3
    with pytest.raises(BlockingIOError):
        file.write_line(b"x" * (1 << 21))
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        file.write_line(b"nobody\n")
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_it_is_reopened_under_its_name(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "log")
    file.write_line(b"old\n")
    (tmp_path / "log").rename(tmp_path / "moved")
    file.reopen()
    file.write_line(b"new\n")
    file.close()
    assert contents(tmp_path) == {"moved": "old\n", "log": "new\n"}
