"""Whole-file writes: the bytes, the mode, no clobbering, nothing left behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rsachat.runtime.whole_file import make_folders, sweep, write_whole
from tests.support.power import Disk


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_bytes_and_mode_are_as_asked_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077 if mode == 0o644 else 0)
    try:
        write_whole(tmp_path / "file", b"\x00text", mode)
    finally:
        os.umask(before)
    assert (tmp_path / "file").read_bytes() == b"\x00text"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode
    assert names(tmp_path) == ["file"]


def test_replaces_by_default(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"old", 0o600)
    write_whole(tmp_path / "file", b"new", 0o600)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_exclusive_never_replaces_a_file_or_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            write_whole(tmp_path / name, b"new", 0o600, exclusive=True)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file", "link"]


def test_a_link_is_replaced_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", b"new", 0o600)
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "link").is_symlink()


def test_an_error_leaves_the_old_file_and_no_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"new", 0o600)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_owner_is_given_when_asked(tmp_path: Path) -> None:
    owner = (os.getuid(), os.getgid())
    write_whole(tmp_path / "file", b"x", 0o600, owner=owner)
    status = (tmp_path / "file").stat()
    assert (status.st_uid, status.st_gid) == owner


def test_folders_made_outlive_a_power_cut(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    inner = disk.root / "a" / "b" / "c"
    with disk.followed():
        make_folders(inner, 0o700)
        make_folders(inner, 0o700)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "a" / "b" / "c").is_dir()
    assert stat.S_IMODE(inner.stat().st_mode) == 0o700


def test_a_folder_that_was_made_and_not_synced_outlives_a_power_cut(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    with disk.followed():
        (disk.root / "a").mkdir()
        make_folders(disk.root / "a", 0o700)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "a").is_dir()


def test_a_folder_around_that_cannot_be_read_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("rsachat.runtime.whole_file.sync_folder", refuse)
    make_folders(tmp_path / "inner", 0o700)
    assert (tmp_path / "inner").is_dir()


def test_every_folder_that_a_killed_program_made_outlives_a_power_cut(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    with disk.followed():
        (disk.root / "a" / "b" / "c").mkdir(parents=True)  # and then it was killed
        make_folders(disk.root / "a" / "b" / "c", 0o700)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "a" / "b" / "c").is_dir()


@pytest.mark.parametrize("mode", [0o700, 0o750])
def test_a_folder_has_its_mode_and_owner_or_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    given: list[tuple[int, int]] = []

    def interrupted(_descriptor: int, *_owner: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as ended:
        ended.setattr(os, "fchown", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_folders(tmp_path / "a", mode, lambda _around: (7, 8))
    assert names(tmp_path) == []
    monkeypatch.setattr(os, "fchown", lambda _descriptor, *owner: given.append(owner))
    before = os.umask(0o077)
    try:
        make_folders(tmp_path / "a", mode, lambda _around: (7, 8))
        make_folders(tmp_path / "a", mode, lambda _around: (9, 9))
    finally:
        os.umask(before)
    assert given == [(7, 8)]
    assert names(tmp_path) == ["a"]
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_a_folder_that_another_process_made_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def late(scratch: Path, folder: Path) -> Path:
        folder.mkdir()
        (folder / "file").write_bytes(b"x")
        return rename(scratch, folder)

    monkeypatch.setattr(Path, "rename", late)
    make_folders(tmp_path / "a", 0o700)
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["file"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_without_a_mode_the_umask_decides(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        make_folders(tmp_path / "a", None)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_relative_folder_below_one_that_is_closed_is_used(tmp_path: Path) -> None:
    """As a service's user, in its own folder below root's."""
    home = tmp_path / "closed" / "home"
    make_folders(home / "keys", 0o777)
    home.chmod(0o777)
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); os.chdir(sys.argv[1]);"
        "from pathlib import Path; from rsachat.runtime.whole_file import make_folders;"
        "os.setuid(65534); make_folders(Path('keys'), 0o700); make_folders(Path('new'), 0o700)"
    )
    (tmp_path / "closed").chmod(0o700)
    subprocess.run([sys.executable, "-c", script, home, Path.cwd()], check=True, cwd="/")
    assert names(home) == ["keys", "new"]


def test_a_sweep_takes_its_own_files_alone_and_what_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other name, no folder, no link; one that stays does not keep the others."""
    theirs, folder, link = (tmp_path / f".{name}.tmp" for name in ("backup", "00" * 8, "11" * 8))
    longer = tmp_path / f".{'22' * 8}.tmp~"
    precious, stays, *others = (tmp_path / f".{digit * 16}.tmp" for digit in "3456789")
    folder.mkdir()
    for path in (theirs, longer, precious, stays, *others):
        path.write_text("")
        os.utime(path, (0, 0))
    precious = precious.rename(tmp_path / "precious")
    link.symlink_to(precious)
    os.utime(link, (0, 0), follow_symlinks=False)
    os.utime(folder, (0, 0))
    unlink = os.unlink

    def refuse(path: Path) -> None:
        if path == stays:
            raise PermissionError
        unlink(path)

    monkeypatch.setattr(os, "unlink", refuse)
    sweep(tmp_path, 3600)
    assert {*tmp_path.iterdir()} == {theirs, folder, link, longer, precious, stays}
