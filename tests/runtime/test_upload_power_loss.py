"""A power cut after each step of an upload: it goes on to equal bytes; a receipt stays true."""

import hashlib
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from rsachat.client.upload_io import Delivered, Saved
from rsachat.protocol.messages import UpReceipt
from rsachat.protocol.transfer import Mode
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.power import Disk, Moment
from tests.support.uploads import Receiver, Sender, converse

SIZES = {Mode.RSA_CHUNKS: 3000, Mode.ENVELOPE: 3 * 65_536 + 5}
LIMITS = TransferLimits(window=4, envelope_window=2)
DICE = 3  # disks by the throw of dice, for each moment


class Recorded:
    """One upload from the offer to the receipt, with every moment of the server's disk."""

    def __init__(
        self, folder: Path, mode: Mode, older: bytes | None, left: Iterable[str] = ()
    ) -> None:
        """`left`: folders that are there, and not on the disk."""
        self.data = hashlib.shake_256(b"power").digest(SIZES[mode])
        self.mode, self.older = mode, older
        self.disk = Disk(folder / "up")
        server = Receiver(self.disk.root, LIMITS)
        if older is not None:
            first = self.sender(older)
            first.start()
            converse(first, server, 1)
        self.disk.take("start")
        self._all_is_synced()
        for name in left:
            (self.disk.root / name).mkdir(parents=True)
        sender = self.sender(replaces=older is not None)
        sender.start()
        assert sender.saved is not None
        self.saved: Saved = sender.saved
        self.receipted_at = 0
        with self.disk.followed():
            converse(sender, self._watched(server), 2)
        assert sender.of(Delivered)
        assert server.stored() == self.data

    def sender(
        self, data: bytes | None = None, *, saved: Saved | None = None, replaces: bool = False
    ) -> Sender:
        seed = data or b"new"
        return Sender(
            self.data if data is None else data,
            mode=self.mode,
            saved=saved,
            replaces=replaces,
            random=lambda n: hashlib.shake_256(seed[:8]).digest(n),
        )

    def _all_is_synced(self) -> None:
        start = self.disk.moments[-1]
        self.disk.synced.update(start.cached)
        self.disk.synced_bytes.update(start.cached_bytes)
        self.disk.moments.clear()

    def _watched(self, server: Receiver) -> Receiver:
        """Note at which moment the receipt left."""
        perform = server.perform

        def watched(actions: Iterable[Any]) -> None:
            perform(actions)
            if not self.receipted_at and isinstance(server.sent[-1][1], UpReceipt):
                self.receipted_at = len(self.disk.moments)

        server.perform = watched  # type: ignore[method-assign]
        return server


@pytest.mark.slow
@pytest.mark.parametrize("older", [None, b"an older file"], ids=["new", "replacing"])
@pytest.mark.parametrize("mode", list(Mode))
def test_from_every_disk_it_goes_on_to_equal_bytes(
    tmp_path: Path, mode: Mode, older: bytes | None
) -> None:
    upload = Recorded(tmp_path, mode, older)
    moments = upload.disk.moments
    assert {"open", "pwrite", "fsync", "rename", "unlink"} <= {m.call for m in moments}
    dice = random.Random(7)
    for number, moment in enumerate(moments):
        for title, make in disks(moment, dice).items():
            root = tmp_path / f"{number}-{title}"
            make(root)
            check_as_found(upload, root, number)
            go_on(upload, root, f"after {moment.call}, step {number}, {title}")
    after_receipt = moments[-1]
    after_receipt.least(tmp_path / "receipted")
    assert (tmp_path / "receipted" / "alice" / "a.txt").read_bytes() == upload.data


def test_folders_of_a_worker_that_died_are_on_the_disk_before_the_receipt(tmp_path: Path) -> None:
    """It had made them and was killed before it could sync them."""
    fp = keys.public("alice").fingerprint.hex()
    upload = Recorded(tmp_path, Mode.RSA_CHUNKS, None, left=("alice", f".parts/{fp}"))
    upload.disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "alice" / "a.txt").read_bytes() == upload.data
    assert list((tmp_path / "found" / ".parts" / fp).glob("*.receipt"))


def disks(moment: Moment, dice: random.Random) -> dict[str, Callable[[Path], None]]:
    made: dict[str, Callable[[Path], None]] = {"least": moment.least, "all": moment.all}
    for throw in range(DICE):
        made[f"dice{throw}"] = lambda root: moment.some(root, dice)
    return made


def check_as_found(upload: Recorded, root: Path, number: int) -> None:
    """Under the final name: nothing, the older file or the new one, whole. Receipted: the new."""
    path = root / "alice" / "a.txt"
    found = path.read_bytes() if path.exists() else None
    assert found in (upload.older, upload.data)
    if number >= upload.receipted_at > 0:
        assert found == upload.data


def go_on(upload: Recorded, root: Path, title: str) -> None:
    server = Receiver(root, LIMITS)
    sender = upload.sender(saved=upload.saved, replaces=upload.older is not None)
    sender.start()
    converse(sender, server, 9)
    assert sender.of(Delivered), (title, sender.events)
    assert server.stored() == upload.data, title
    assert ".part" not in server.parts(), title
