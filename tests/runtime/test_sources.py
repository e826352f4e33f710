"""Sources: what is no file is said, what changes is read as it is now, pipes are spooled."""

import hashlib
import io
import os
import time
from pathlib import Path

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.sources import SourceFile, SourceHash, spooled


def source(path: Path) -> SourceFile:
    return SourceFile(path, "shown/as.txt")


def test_a_file_is_read_anywhere(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    file = source(tmp_path / "a")
    assert file.open() == 10
    assert file.read(2, 3) == b"234"
    assert file.read(8, 5) == b"89"
    assert file.read(20, 5) == b""
    file.close()
    assert file.read(0, 2) == b"01"
    file.close()
    file.close()


def test_opening_again_takes_the_file_that_is_there_now(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    file = source(path)
    file.open()
    path.unlink()
    path.write_bytes(b"newer")
    assert file.read(0, 9) == b"old"
    assert file.open() == 5
    assert file.read(0, 9) == b"newer"
    file.close()


@pytest.mark.parametrize(
    ("kind", "why"),
    [("absent", "No such file"), ("folder", "a folder"), ("fifo", "no regular file")],
)
def test_what_is_no_file_is_said_so(tmp_path: Path, kind: str, why: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(RsachatError) as caught:
        source(path).open()
    assert caught.value.what == "cannot read shown/as.txt"
    assert why in caught.value.why
    assert caught.value.exit_code == 1


def test_a_disk_that_fails_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    file = source(tmp_path / "a")
    file.open()
    assert file._descriptor is not None
    os.close(file._descriptor)
    with pytest.raises(RsachatError):
        file.read(0, 1)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1 << 20, (2 << 20) + 5])
def test_a_file_is_hashed_a_slice_at_a_time(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    hashing = SourceHash(source(tmp_path / "a"))
    steps = 1
    while hashing.step():
        assert hashing.done == steps << 20
        steps += 1
    assert steps == size // (1 << 20) + 1
    assert (hashing.done, hashing.sha256) == (size, hashlib.sha256(data).digest())
    ends = range(0, size + 1, 65_536)
    assert hashing.prefixes == b"".join(hashlib.sha256(data[:end]).digest() for end in ends)


def test_a_pipe_is_kept_in_a_file_of_ones_own_until_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "keys" / "transfers"
    with spooled(io.BytesIO(b"from a pipe"), folder) as path:
        assert path.read_bytes() == b"from a pipe"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent == folder
    assert list(folder.iterdir()) == []


def test_a_spool_goes_when_reading_is_interrupted(tmp_path: Path) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), spooled(Interrupted(), tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_spool_of_a_program_that_was_killed_goes_after_a_week(tmp_path: Path) -> None:
    old, young = tmp_path / "stdin-0.spool", tmp_path / "stdin-1.spool"
    for path, days in ((old, 8), (young, 6)):
        path.write_bytes(b"secret")
        os.utime(path, (then := time.time() - days * 24 * 3600, then))
    with spooled(io.BytesIO(b"new"), tmp_path):
        assert not old.exists()
        assert young.exists()


def test_a_place_that_takes_no_spool_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RsachatError), spooled(io.BytesIO(), tmp_path / "file"):
        pass


def test_a_pipe_that_breaks_is_said(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with (
        pytest.raises(RsachatError, match="cannot keep standard input for sending"),
        spooled(Broken(), tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
