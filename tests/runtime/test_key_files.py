"""The keys folder as files: where it is looked for, whom it lets read, what is too much."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError, RsachatError, UsageError
from rsachat.runtime import key_files
from rsachat.runtime.key_files import (
    check_name,
    personal_folder,
    read_private,
    read_public,
    resolve_folder,
    shown,
    write_file,
)
from rsachat.settings import KEY_FILES
from tests.support.power import Disk


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    monkeypatch.chdir(work)
    return home


def test_the_folder_is_the_option_then_the_variable(home: Path) -> None:
    Path("keys").mkdir()
    assert resolve_folder("a", {"RSACHAT_KEYS": "b"}, home) == Path("a")
    assert resolve_folder(None, {"RSACHAT_KEYS": "b"}, home) == Path("b")
    assert resolve_folder(None, {"RSACHAT_KEYS": ""}, home) == Path("keys")


def test_then_here_then_the_users_then_here_again(home: Path) -> None:
    assert resolve_folder(None, {}, home) == Path("keys")
    personal = home / ".config" / "rsachat" / "keys"
    personal.mkdir(parents=True)
    assert resolve_folder(None, {}, home) == personal
    assert resolve_folder(None, {"XDG_CONFIG_HOME": "elsewhere"}, home) == Path("keys")
    Path("elsewhere/rsachat/keys").mkdir(parents=True)
    found = resolve_folder(None, {"XDG_CONFIG_HOME": "elsewhere"}, home)
    assert found == Path("elsewhere/rsachat/keys")
    assert personal_folder({"XDG_CONFIG_HOME": "elsewhere"}, home) == found
    assert personal_folder({"XDG_CONFIG_HOME": ""}, home) == personal
    Path("keys").mkdir()
    assert resolve_folder(None, {}, home) == Path("keys")


def test_names_are_checked_with_the_rule_in_the_error() -> None:
    assert [check_name("alice"), check_name("server")] == ["alice", "server"]
    with pytest.raises(UsageError) as caught:
        check_name("../x")
    assert "a-z 0-9 - _" in caught.value.why
    with pytest.raises(UsageError) as caught:
        check_name("system")
    assert "kept for the program" in caught.value.why


def test_paths_are_shown_as_typed() -> None:
    assert shown(Path("keys")) == "./keys"
    assert shown(Path("../keys")) == "../keys"
    assert shown(Path("/etc/keys")) == "/etc/keys"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o777])
def test_a_private_key_open_to_others_is_refused_before_it_is_opened(
    tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a key-rsapvt.pem"
    path.write_bytes(b"secret")
    path.chmod(mode)

    def opened(*_args: object) -> int:
        raise AssertionError("opened")

    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(KeyFileError) as caught:
        read_private(path)
    assert f"{mode:04o}" in caught.value.why
    assert caught.value.hint == f"chmod 600 '{path}'"
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_key_of_its_owner_alone_is_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"secret")
    path.chmod(mode)
    assert read_private(path) == b"secret"


def test_a_public_key_may_be_open(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"public")
    path.chmod(0o644)
    assert read_public(path) == b"public"


def test_what_is_no_file_is_refused_without_hanging(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    (tmp_path / "link").symlink_to("nothing")
    for name in ("fifo", "folder", "link", "missing"):
        for read in (read_private, read_public):
            with pytest.raises(KeyFileError):
                read(tmp_path / name)


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(bytes(KEY_FILES.file_bytes))
    assert len(read_public(path)) == KEY_FILES.file_bytes
    path.write_bytes(bytes(KEY_FILES.file_bytes + 1))
    with pytest.raises(KeyFileError, match="too big"):
        read_public(path)


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    key_files.make_folder(tmp_path / "a" / "keys")
    assert (tmp_path / "a" / "keys").stat().st_mode & 0o777 == 0o700
    key_files.make_folder(tmp_path / "a" / "keys")


def test_a_folder_that_a_killed_program_made_outlives_a_power_cut(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    with disk.followed():
        (disk.root / "keys").mkdir()  # and then it was killed
        key_files.write_file(disk.root / "keys" / "a", b"x", 0o600, exclusive=True)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "keys" / "a").read_bytes() == b"x"


def test_root_gives_what_it_writes_to_the_folders_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _fd, user, group: given.append((user, group)))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    key_files.write_file(tmp_path / "a", b"x", 0o600, exclusive=True)
    assert given == []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    key_files.write_file(tmp_path / "b", b"x", 0o600, exclusive=True)
    status = tmp_path.stat()
    assert given == [(status.st_uid, status.st_gid)]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RsachatError, match="cannot make the folder"):
        key_files.write_file(tmp_path / "file" / "keys" / "a", b"x", 0o600, exclusive=True)
    (tmp_path / "a").mkdir()
    with pytest.raises(RsachatError) as caught:
        key_files.write_file(tmp_path / "a", b"x", 0o600, exclusive=False)
    assert caught.value.what == f"cannot write {tmp_path / 'a'}"
    with pytest.raises(FileExistsError):
        key_files.write_file(tmp_path / "a", b"x", 0o600, exclusive=True)


def test_what_a_killed_write_left_goes_with_the_next_one_an_hour_later(home: Path) -> None:
    keys = Path("keys")
    keys.mkdir()
    old, new = keys / ".0123456789abcdef.tmp", keys / ".fedcba9876543210.tmp"
    for path in (old, new):
        path.write_text("a private key, perhaps")
    os.utime(old, (0, old.stat().st_mtime - KEY_FILES.scratch_kept - 60))
    write_file(keys / "alice-rsapvt.pem", b"key", 0o600, exclusive=True)
    assert sorted(keys.iterdir()) == [new, keys / "alice-rsapvt.pem"]


def test_a_folder_that_cannot_be_listed_is_a_file_that_cannot_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_folder: Path) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(RsachatError, match="cannot write"):
        write_file(Path("keys/alice-rsapvt.pem"), b"key", 0o600, exclusive=True)
