"""Where receipts are kept, and what is said where they cannot be."""

import os
import stat
from pathlib import Path

import pytest

from rsachat.commands.receipts import ReceiptKeeper
from rsachat.errors import RsachatError
from rsachat.protocol.receipt_file import ReceiptFile
from tests.support.power import Disk

PROOF = ReceiptFile(b"to", b"from", b"manifest", b"receipt")


def test_one_receipt_is_the_file_named_and_replaces_an_older_one(tmp_path: Path) -> None:
    keeper = ReceiptKeeper(tmp_path / "r", several=False)
    for _ in range(2):
        keeper.keep("a.txt", PROOF)
    assert (tmp_path / "r").read_bytes() == PROOF.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_several_are_files_in_a_folder(tmp_path: Path) -> None:
    keeper = ReceiptKeeper(tmp_path / "r", several=True)
    keeper.keep("a.txt", PROOF)
    keeper.keep("b.txt", PROOF)
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == ["a.txt.receipt", "b.txt.receipt"]
    ReceiptKeeper(tmp_path / "r", several=True)


def test_receipts_in_a_new_folder_outlive_a_power_cut(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    with disk.followed():
        ReceiptKeeper(disk.root / "r", several=True).keep("a.txt", PROOF)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "r" / "a.txt.receipt").read_bytes() == PROOF.encode()


def test_a_place_that_cannot_be_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place, several in (
        (tmp_path, False),
        (tmp_path / "absent" / "r", False),
        (tmp_path / "file" / "r", False),
        (tmp_path / "file", True),
        (tmp_path / "absent" / "r", True),
    ):
        with pytest.raises(RsachatError) as caught:
            ReceiptKeeper(place, several)
        assert "cannot keep the receipt" in caught.value.what
        assert caught.value.why


def test_one_that_cannot_be_written_says_how_to_get_it_again(tmp_path: Path) -> None:
    keeper = ReceiptKeeper(tmp_path / "r", several=True)
    (tmp_path / "r").rmdir()
    with pytest.raises(RsachatError) as caught:
        keeper.keep("a.txt", PROOF)
    assert "already there" in caught.value.hint


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_the_umask_decides_who_may_look_into_a_new_folder(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        ReceiptKeeper(tmp_path / "new", several=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == mode
