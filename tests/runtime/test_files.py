"""The store of `.part` files: actions in, answers out, never an exception."""

import os
from pathlib import Path

import pytest

from rsachat.protocol.transfer import TransferKey
from rsachat.runtime import files
from rsachat.runtime.files import UploadStore
from rsachat.runtime.upload_tree import sealed_offer
from rsachat.server.upload_io import (
    ClosePart,
    OpenPart,
    PartOpened,
    PartRead,
    PartWritten,
    ReadPart,
    RemovePart,
    StoreFailed,
    WritePart,
)

KEY = TransferKey(b"\xab" * 32, b"\xcd" * 16)
PLACE = Path(".parts") / ("ab" * 32)


def part_path(root: Path) -> Path:
    return root / PLACE / ("cd" * 16 + ".part")


def begun(root: Path, data: bytes = b"0123456789") -> UploadStore:
    """A store that has written a part and closed it."""
    store = UploadStore(root)
    assert store.perform(OpenPart(1, KEY, 0, b"offer")) == PartOpened(1, 0)
    assert store.perform(WritePart(1, 0, data)) == PartWritten(1)
    store.perform(ClosePart(1))
    return store


def test_a_part_is_written_in_place_and_kept(tmp_path: Path) -> None:
    store = UploadStore(tmp_path)
    store.perform(OpenPart(1, KEY, 0, b"offer"))
    store.perform(WritePart(1, 0, b"0123"))
    store.perform(WritePart(1, 4, b"4567"))
    assert store.perform(ReadPart(1, 2, 4)) == PartRead(1, b"2345")
    assert store.perform(ClosePart(1)) is None
    assert store.perform(ClosePart(1)) is None
    assert store.perform(ReadPart(1, 2, 4)) is None
    assert part_path(tmp_path).read_bytes() == b"01234567"
    assert part_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert part_path(tmp_path).with_suffix(".offer").read_bytes() == sealed_offer(b"offer")


def test_going_on_cuts_to_what_is_kept(tmp_path: Path) -> None:
    store = begun(tmp_path)
    assert store.perform(OpenPart(2, KEY, 8, b"offer")) == PartOpened(2, 8)
    assert part_path(tmp_path).read_bytes() == b"01234567"


@pytest.mark.parametrize("keep", [0, 11])
def test_beginning_anew(tmp_path: Path, keep: int) -> None:
    """Asked to, or because less is there than was promised."""
    store = begun(tmp_path)
    assert store.perform(OpenPart(2, KEY, keep, b"offer")) == PartOpened(2, 0)
    assert part_path(tmp_path).read_bytes() == b""


def test_a_part_with_a_second_name_is_not_written_to(tmp_path: Path) -> None:
    store = begun(tmp_path)
    os.link(part_path(tmp_path), tmp_path / "stored")
    assert store.perform(OpenPart(2, KEY, 8, b"offer")) == PartOpened(2, 0)
    store.perform(WritePart(2, 0, b"other"))
    assert (tmp_path / "stored").read_bytes() == b"0123456789"


def test_a_link_in_a_parts_place_is_not_followed(tmp_path: Path) -> None:
    store = begun(tmp_path)
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious stuff")
    part_path(tmp_path).unlink()
    part_path(tmp_path).symlink_to(precious)
    assert store.perform(OpenPart(2, KEY, 8, b"offer")) == PartOpened(2, 0)
    store.perform(WritePart(2, 0, b"other"))
    assert precious.read_bytes() == b"precious stuff"


@pytest.mark.parametrize("folder", [".parts", str(PLACE)])
def test_a_link_in_a_folders_place_is_refused(tmp_path: Path, folder: str) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (root / folder).parent.mkdir(exist_ok=True)
    (root / folder).symlink_to(elsewhere)
    answer = UploadStore(root).perform(OpenPart(1, KEY, 0, b"offer"))
    assert isinstance(answer, StoreFailed)
    assert list(elsewhere.iterdir()) == []


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    store = begun(tmp_path)
    assert store.perform(RemovePart(KEY)) is None
    assert list((tmp_path / PLACE).iterdir()) == []
    assert store.perform(RemovePart(KEY)) is None
    assert UploadStore(tmp_path / "absent").perform(RemovePart(KEY)) is None


def test_a_full_disk_is_an_answer(tmp_path: Path) -> None:
    store = UploadStore(tmp_path)
    store.perform(OpenPart(1, KEY, 0, b"offer"))
    full = os.open("/dev/full", os.O_RDWR)
    os.dup2(full, store._open[1])
    os.close(full)
    answer = store.perform(WritePart(1, 0, b"data"))
    assert answer == StoreFailed(1, "No space left on device")
    store.close()


def test_a_missing_root_is_an_answer(tmp_path: Path) -> None:
    answer = UploadStore(tmp_path / "absent").perform(OpenPart(1, KEY, 0, b"offer"))
    assert answer == StoreFailed(1, "No such file or directory")


def test_closing_the_store_closes_every_part(tmp_path: Path) -> None:
    store = UploadStore(tmp_path)
    store.perform(OpenPart(1, KEY, 0, b"offer"))
    descriptor = store._open[1]
    store.close()
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_a_long_part_is_written_out_portion_by_portion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each whole portion once, whatever the writes are; a refusal of the advice is no failure."""
    advised: list[tuple[int, int]] = []

    def advise(descriptor: int, offset: int, length: int, advice: int) -> None:
        advised.append((offset, length))
        raise OSError("not here")

    monkeypatch.setattr(os, "posix_fadvise", advise)
    monkeypatch.setattr(files, "_PORTION", 100)
    store = UploadStore(tmp_path)
    store.perform(OpenPart(1, KEY, 0, b"offer"))
    offset = 0
    for length in (60, 30, 10, 250, 1, 49):
        assert store.perform(WritePart(1, offset, b"x" * length)) == PartWritten(1)
        offset += length
    store.close()
    assert advised == [(0, 100), (100, 200), (300, 100)]
    assert part_path(tmp_path).read_bytes() == b"x" * 400
