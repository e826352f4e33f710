"""S29: an error at each change of the disk during an upload: told, survived, gone on with."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from rsachat.client.upload_io import Delivered, NotDelivered, Saved
from rsachat.protocol.transfer import Mode
from rsachat.settings import TransferLimits
from tests.support.failing_disk import FailingDisk
from tests.support.uploads import Receiver, Sender, converse

SIZES = {Mode.RSA_CHUNKS: 1500, Mode.ENVELOPE: 3 * 65_536 + 5}
OLDER = b"an older file"
LIMITS = TransferLimits(window=4, envelope_window=2)
NEVER = 1_000_000


class Scene:
    """A server's folder, which may hold an older file, and a file to be uploaded there."""

    def __init__(self, folder: Path, mode: Mode, *, replacing: bool) -> None:
        self.server = Receiver(folder, LIMITS)
        self.mode, self.replacing = mode, replacing
        self.data = hashlib.shake_256(b"full").digest(SIZES[mode])
        if replacing:
            self.upload(OLDER)

    def upload(self, data: bytes | None = None, saved: Saved | None = None) -> Sender:
        numbers = iter(range(NEVER))
        seed = os.urandom(8)
        sender = Sender(
            self.data if data is None else data,
            mode=self.mode,
            saved=saved,
            replaces=self.replacing,
            random=lambda n: hashlib.shake_256(seed + bytes([next(numbers)])).digest(n),
        )
        sender.start()
        converse(sender, self.server)
        self.server.close()
        return sender

    def check(self, sender: Sender) -> None:
        """One end that is told; under the name nothing, the older file or the new one, whole."""
        done, failed = sender.of(Delivered), sender.of(NotDelivered)
        assert len(done) + len(failed) == 1
        stored = self.server.stored()
        if done:
            assert stored == self.data
        else:
            assert stored in (OLDER if self.replacing else None, self.data)
            assert "a.txt was not uploaded" in failed[0].error.what
            assert failed[0].error.why


def changes(folder: Path, mode: Mode, *, replacing: bool) -> list[str]:
    """The changes of an upload on a disk that works."""
    scene = Scene(folder, mode, replacing=replacing)
    with FailingDisk(NEVER).at_work() as disk:
        assert scene.upload().of(Delivered)
    return disk.changes


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def each_failure(
    folder: Path, mode: Mode, every: int, *, replacing: bool
) -> Iterator[tuple[Scene, Sender, FailingDisk]]:
    count = len(changes(folder / "whole", mode, replacing=replacing))
    for at in range(0, count, every):
        for stays in (False, True):
            scene = Scene(folder / f"{at}-{stays}", mode, replacing=replacing)
            before = descriptors()
            with FailingDisk(at, stays=stays).at_work() as disk:
                sender = scene.upload()
            assert descriptors() == before, disk.changes[at]
            yield scene, sender, disk


def check_each(cases: Iterable[tuple[Scene, Sender, FailingDisk]]) -> int:
    told = 0
    for scene, sender, disk in cases:
        scene.check(sender)
        told += bool(sender.of(NotDelivered))
        again = scene.upload(saved=sender.saved)
        assert again.of(Delivered), (disk.changes, again.events)
        assert scene.server.stored() == scene.data
        assert ".part" not in scene.server.parts()
    return told


def test_what_is_tried_is_all_that_an_upload_does(tmp_path: Path) -> None:
    done = set(changes(tmp_path, Mode.RSA_CHUNKS, replacing=False))
    assert {"open", "write", "pwrite", "fsync", "rename", "link", "unlink", "mkdir"} <= done


@pytest.mark.slow
def test_an_error_at_some_changes_is_told_and_gone_on_with(tmp_path: Path) -> None:
    assert check_each(each_failure(tmp_path, Mode.RSA_CHUNKS, 4, replacing=False))


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("replacing", [False, True])
@pytest.mark.parametrize("mode", list(Mode))
def test_an_error_at_every_change_is_told_and_gone_on_with(
    tmp_path: Path, mode: Mode, replacing: bool
) -> None:
    assert check_each(each_failure(tmp_path, mode, 1, replacing=replacing))
