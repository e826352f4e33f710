"""The uploads folder: nothing is opened through a link, nothing is left half written."""

import os
from pathlib import Path

import pytest

from rsachat.protocol.safe_names import check_stored_name
from rsachat.protocol.transfer import TransferKey
from rsachat.runtime.upload_tree import (
    SMALL,
    Folder,
    client_folder,
    offer_name,
    open_stored,
    part_name,
    parts_folder,
    receipt_name,
    sealed_offer,
    whole_offer,
)

KEY = TransferKey(b"\xab" * 32, b"\xcd" * 16)


def test_the_root_may_be_a_link_and_nothing_below_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "alice").symlink_to(tmp_path)
    with Folder.open(tmp_path / "root") as root:
        with pytest.raises(OSError):
            root.inner("alice")
        with pytest.raises(OSError):
            root.inner("alice", create=True)


def test_a_folder_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    with Folder.open(tmp_path) as root:
        for _ in range(2):
            with root.inner("bob", create=True):
                pass
    assert (tmp_path / "bob").stat().st_mode & 0o777 == 0o700


def test_a_new_file_is_new_and_for_the_owner_only(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with Folder.open(tmp_path) as root:
        os.close(root.create_file("new"))
        for name in ("new", "link"):
            with pytest.raises(FileExistsError):
                root.create_file(name)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "target").exists()


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with Folder.open(tmp_path) as root:
        os.close(root.open_file("file"))
        for name in ("link", "folder", "fifo", "absent"):
            with pytest.raises(OSError):
                root.open_file(name)


def test_status_sees_a_link_as_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with Folder.open(tmp_path) as root:
        status = root.status("link")
        assert status is not None
        assert status.st_mode & 0o120000 == 0o120000
        assert root.status("absent") is None


def test_small_files_are_replaced_whole(tmp_path: Path) -> None:
    with Folder.open(tmp_path) as root:
        root.write_small("x", b"one", sync=True)
        root.write_small("x", b"two", sync=False)
        assert root.read_small("x") == b"two"
        assert root.read_small("absent") is None
        root.write_small("y", bytes(SMALL + 1), sync=False)
        assert root.read_small("y") is None
        root.remove("y")
        root.remove("y")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with Folder.open(tmp_path) as root, pytest.raises(OSError):
        root.write_small("x", b"data", sync=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_entries(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "b").symlink_to("a")
    with Folder.open(tmp_path) as root:
        sizes = {name: status.st_size for name, status in root.entries()}
    assert sizes == {"a": 3, "b": 1}


@pytest.mark.parametrize("client", ["", ".", "..", ".parts", "a/b"])
def test_a_clients_folder_is_one_plain_name(tmp_path: Path, client: str) -> None:
    with Folder.open(tmp_path) as root:
        opening = client_folder(root, client, create=True)
        with pytest.raises(OSError):
            opening.__enter__()


def test_where_things_lie(tmp_path: Path) -> None:
    with Folder.open(tmp_path) as root:
        with client_folder(root, "alice", create=True) as folder:
            os.close(folder.create_file("a.txt"))
            os.close(open_stored(folder, check_stored_name(b"a.txt")))
        with parts_folder(root, KEY, create=True) as folder:
            for name in (part_name(KEY), offer_name(KEY), receipt_name(KEY)):
                os.close(folder.create_file(name))
    sender = tmp_path / ".parts" / ("ab" * 32)
    assert (tmp_path / "alice" / "a.txt").exists()
    assert sorted(path.name for path in sender.iterdir()) == [
        "cd" * 16 + suffix for suffix in (".offer", ".part", ".receipt")
    ]


def test_a_torn_offer_is_none() -> None:
    stored = sealed_offer(b"manifest")
    assert whole_offer(stored) == b"manifest"
    for torn in (b"", stored[:-1], stored[:5], bytes(len(stored)), b"M" + stored[1:]):
        assert whole_offer(torn) is None
