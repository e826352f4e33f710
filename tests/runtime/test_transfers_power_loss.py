"""A power cut after each step of the sender's memory: old or new, whole; then it goes on."""

import hashlib
import random
from pathlib import Path

import pytest

from rsachat.client.upload_io import Delivered, Saved
from rsachat.protocol.transfer import Mode
from rsachat.runtime.transfers import SavedTransfers, TransferName
from rsachat.settings import TransferLimits
from tests.support.power import Disk, Moment
from tests.support.uploads import Receiver, Sender, converse

NAME = TransferName(b"s" * 32, b"o" * 32, Path("/source.txt"), "a.txt")
DATA = hashlib.shake_256(b"sender").digest(3000)
LIMITS = TransferLimits(window=4)
DICE = 8


def sender(saved: Saved | None = None) -> Sender:
    return Sender(DATA, mode=Mode.RSA_CHUNKS, saved=saved)


@pytest.fixture
def offered() -> Saved:
    """What a sender saves when it makes its offer."""
    first = sender()
    first.start()
    assert first.saved is not None
    return first.saved


@pytest.fixture
def older() -> Saved:
    first = Sender(b"an older source", mode=Mode.RSA_CHUNKS, random=lambda n: b"o" * n)
    first.start()
    assert first.saved is not None
    return first.saved


def record(folder: Path, offered: Saved, older: Saved | None) -> Disk:
    """The disk around one `save`; with `older`, another offer was there, and on the disk."""
    disk = Disk(folder / "keys")
    disk.root.mkdir()
    transfers = SavedTransfers(disk.root / "transfers")
    if older is not None:
        transfers.save(NAME, older)
    disk.take("start")
    start = disk.moments.pop()
    disk.synced.update(start.cached)
    disk.synced_bytes.update(start.cached_bytes)
    with disk.followed():
        transfers.save(NAME, offered)
    return disk


def found(moment: Moment, folder: Path) -> list[Saved | None]:
    """What is loaded from each disk that a cut at this moment may leave."""
    dice = random.Random(5)
    moment.least(folder / "least")
    moment.all(folder / "all")
    for throw in range(DICE):
        moment.some(folder / f"dice{throw}", dice)
    return [SavedTransfers(disk / "transfers").load(NAME) for disk in sorted(folder.iterdir())]


@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_old_or_new_at_every_moment_and_new_after_the_last(
    tmp_path: Path, offered: Saved, older: Saved, before: bool
) -> None:
    old = older if before else None
    disk = record(tmp_path, offered, old)
    assert {"open", "fsync", "replace"} <= {moment.call for moment in disk.moments}
    for number, moment in enumerate(disk.moments):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert set(found(moment, folder)) <= {old, offered}, moment.call
    last = tmp_path / str(len(disk.moments) - 1)
    assert SavedTransfers(last / "least" / "transfers").load(NAME) == offered


@pytest.mark.parametrize("kept", [False, True], ids=["lost", "kept"])
def test_with_its_memory_or_without_the_bytes_are_equal(
    tmp_path: Path, offered: Saved, kept: bool
) -> None:
    """With it the upload goes on; without, it begins anew beside the part that nobody owns."""
    server = Receiver(tmp_path / "up", LIMITS)
    begun = sender(offered)
    begun.start()
    converse(begun, server, 1, messages=2)
    server.close()
    assert server.parts() == [".offer", ".part"]
    again = sender(offered if kept else None)
    again.start()
    converse(again, server, 2)
    assert again.of(Delivered)
    assert server.stored() == DATA
