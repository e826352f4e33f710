"""The workers' disk jobs, run here: examine, commit, survey."""

import errno
import hashlib
import os
import pickle
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsachat.protocol.manifest import Manifest
from rsachat.protocol.receipt import decode_receipt
from rsachat.protocol.safe_names import check_stored_name
from rsachat.runtime import upload_tree
from rsachat.runtime.files import UploadStore
from rsachat.runtime.upload_jobs import Commit, DiskJobs
from rsachat.runtime.upload_tree import Folder
from rsachat.server.upload_io import (
    ClosePart,
    Committed,
    DiskFailed,
    Examined,
    NotCommitted,
    OpenPart,
    Target,
    Usage,
    WritePart,
)
from tests.support import keys
from tests.support.uploads import make_manifest

NAME = check_stored_name(b"a.txt")
DATA = b"the file's bytes"
MANIFEST = make_manifest(DATA)
DAY = 24 * 3600.0


def jobs(root: Path, mode: int = 0o600) -> DiskJobs:
    return DiskJobs(root, mode, 31 * DAY)


def examine(root: Path, manifest: Manifest = MANIFEST) -> Examined:
    job = pickle.loads(pickle.dumps(jobs(root).examine(manifest, "alice", NAME)))
    seen = job.run(None)
    assert isinstance(seen, Examined)
    return seen


def commit(root: Path, manifest: Manifest = MANIFEST, **options: Any) -> object:
    job = jobs(root, **options).commit(manifest, "alice", NAME, 1234)
    return pickle.loads(pickle.dumps(job)).run(keys.private("server"))


def write_part(root: Path, data: bytes = DATA, manifest: Manifest = MANIFEST) -> None:
    store = UploadStore(root)
    store.perform(OpenPart(1, manifest.key, 0, manifest.encode()))
    store.perform(WritePart(1, 0, data))
    store.perform(ClosePart(1))


def store_file(root: Path, data: bytes) -> Path:
    path = root / "alice" / "a.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def part_files(root: Path) -> list[str]:
    return sorted(path.suffix for path in root.glob(".parts/*/*"))


def test_an_empty_folder_knows_nothing(tmp_path: Path) -> None:
    seen = examine(tmp_path)
    assert (seen.receipt, seen.known_mh, seen.part_bytes) == (None, None, 0)
    assert seen.target is Target.ABSENT
    assert (seen.usage.stored, seen.usage.unfinished) == ({}, ())
    assert seen.usage.free > 0


def test_an_unfinished_transfer_is_seen(tmp_path: Path) -> None:
    write_part(tmp_path, DATA[:5])
    seen = examine(tmp_path)
    assert (seen.known_mh, seen.part_bytes) == (MANIFEST.mh, 5)
    (waiting,) = seen.usage.unfinished
    assert (waiting.key, waiting.size) == (MANIFEST.key, len(DATA))
    assert 0 <= waiting.idle < 60


def test_a_torn_offer_is_none(tmp_path: Path) -> None:
    write_part(tmp_path, DATA[:5])
    (offer,) = tmp_path.glob(".parts/*/*.offer")
    offer.write_bytes(MANIFEST.encode()[:50])
    seen = examine(tmp_path)
    assert (seen.known_mh, seen.part_bytes) == (None, 5)
    assert seen.usage.unfinished[0].size in (5, 50)


@pytest.mark.parametrize(
    ("data", "target"), [(DATA, Target.SAME), (DATA[::-1], Target.OTHER), (b"x", Target.OTHER)]
)
def test_a_file_under_the_name_is_compared(tmp_path: Path, data: bytes, target: Target) -> None:
    store_file(tmp_path, data)
    assert examine(tmp_path).target is target


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_what_is_no_file_is_said_to_be_none(tmp_path: Path, kind: str) -> None:
    path = store_file(tmp_path, DATA)
    path.unlink()
    if kind == "link":
        store_file(tmp_path, b"")
        path.rename(path.with_name("b.txt"))
        path.symlink_to("b.txt")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert examine(tmp_path).target is Target.NO_FILE
    replacing = make_manifest(DATA, replaces=True)
    write_part(tmp_path, manifest=replacing)
    assert commit(tmp_path, replacing) == NotCommitted()


def test_usage_counts_what_is_stored_for_each_client(tmp_path: Path) -> None:
    store_file(tmp_path, bytes(10))
    (tmp_path / "alice" / "b").write_bytes(bytes(5))
    (tmp_path / "alice" / "deep").mkdir()
    (tmp_path / "alice" / "link").symlink_to("/etc/passwd")
    (tmp_path / "bob").mkdir()
    (tmp_path / "file in the root").write_bytes(bytes(99))
    (tmp_path / "linked").symlink_to("alice")
    assert examine(tmp_path).usage.stored == {"alice": 15, "bob": 0}


@pytest.mark.parametrize("error", [PermissionError(13, "no"), FileNotFoundError(2, "gone")])
def test_a_folder_that_cannot_be_looked_into_counts_nothing_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    """The lost+found of a disk of its own; a folder that goes away meanwhile."""
    store_file(tmp_path, bytes(10))
    (tmp_path / "lost+found").mkdir()
    inner = Folder.inner

    def guarded(folder: Folder, name: str, **options: Any) -> Folder:
        if name == "lost+found":
            raise error
        return inner(folder, name, **options)

    monkeypatch.setattr(Folder, "inner", guarded)
    assert examine(tmp_path).usage.stored == {"alice": 10, "lost+found": 0}


def test_files_among_the_parts_that_are_not_ours_are_left_alone(tmp_path: Path) -> None:
    write_part(tmp_path)
    (tmp_path / ".parts" / "notes").mkdir()
    (tmp_path / ".parts" / "notes" / "x.part").write_bytes(b"")
    (tmp_path / ".parts" / "AB").write_bytes(b"")
    (folder,) = tmp_path.glob(".parts/" + MANIFEST.fp_from.hex())
    (folder / "README").write_bytes(b"")
    (folder / "ABCD.part").write_bytes(b"")
    assert len(examine(tmp_path).usage.unfinished) == 1


def test_a_commit_names_the_file_and_keeps_the_receipt(tmp_path: Path) -> None:
    write_part(tmp_path)
    done = commit(tmp_path)
    assert isinstance(done, Committed)
    receipt = decode_receipt(done.receipt)
    assert receipt.proves(MANIFEST, keys.public("server"))
    assert receipt.time_ms == 1234
    path = tmp_path / "alice" / "a.txt"
    assert path.read_bytes() == DATA
    assert path.stat().st_nlink == 1
    assert part_files(tmp_path) == [".receipt"]
    seen = examine(tmp_path)
    assert (seen.receipt, seen.known_mh, seen.part_bytes) == (done.receipt, MANIFEST.mh, 0)


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o600, 0o700), (0o640, 0o750), (0o660, 0o750), (0o644, 0o755)]
)
def test_whoever_may_read_a_stored_file_may_look_into_its_folder(
    tmp_path: Path, mode: int, expected: int
) -> None:
    """Else --uploads-mode 0640 lets no group in. What is unfinished stays the server's own."""
    before = os.umask(0o077)
    try:
        write_part(tmp_path)
        commit(tmp_path, mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "alice").stat().st_mode) == expected
    assert stat.S_IMODE((tmp_path / ".parts").stat().st_mode) == 0o700


@pytest.mark.parametrize(("mode", "expected"), [(0o600, 0o600), (0o644, 0o644), (0o777, 0o666)])
def test_a_stored_file_has_the_mode_asked_for(tmp_path: Path, mode: int, expected: int) -> None:
    write_part(tmp_path)
    commit(tmp_path, mode=mode)
    assert (tmp_path / "alice" / "a.txt").stat().st_mode & 0o777 == expected


def test_another_file_is_not_covered(tmp_path: Path) -> None:
    path = store_file(tmp_path, b"older")
    write_part(tmp_path)
    assert commit(tmp_path) == NotCommitted()
    assert path.read_bytes() == b"older"
    assert part_files(tmp_path) == [".offer", ".part"]


def test_a_file_that_appears_in_the_last_moment_is_not_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_part(tmp_path)
    finish = Commit._finish_part

    def finish_and_race(self: Commit, parts: upload_tree.Folder) -> None:
        finish(self, parts)
        store_file(tmp_path, b"racer")

    monkeypatch.setattr(Commit, "_finish_part", finish_and_race)
    assert commit(tmp_path) == NotCommitted()
    assert (tmp_path / "alice" / "a.txt").read_bytes() == b"racer"


def test_replacing_is_one_step(tmp_path: Path) -> None:
    replacing = make_manifest(DATA, replaces=True)
    path = store_file(tmp_path, b"older")
    write_part(tmp_path, manifest=replacing)
    assert isinstance(commit(tmp_path, replacing), Committed)
    assert path.read_bytes() == DATA


def test_the_same_file_is_receipted_and_not_touched(tmp_path: Path) -> None:
    path = store_file(tmp_path, DATA)
    before = path.stat()
    assert isinstance(commit(tmp_path), Committed)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert part_files(tmp_path) == [".receipt"]


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_filesystem_without_links_is_renamed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_links(*args: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", no_links)
    write_part(tmp_path)
    assert isinstance(commit(tmp_path), Committed)
    assert (tmp_path / "alice" / "a.txt").read_bytes() == DATA


def test_a_part_of_another_size_is_never_named(tmp_path: Path) -> None:
    write_part(tmp_path, DATA + b"more")
    assert isinstance(commit(tmp_path), DiskFailed)
    assert not (tmp_path / "alice" / "a.txt").exists()


def test_a_commit_without_a_part_fails(tmp_path: Path) -> None:
    assert commit(tmp_path) == DiskFailed("No such file or directory")


def test_a_commit_needs_the_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no key"):
        jobs(tmp_path).commit(MANIFEST, "alice", NAME, 1).run(None)


@pytest.mark.parametrize("job", ["examine", "commit", "survey"])
def test_a_missing_root_is_an_answer(tmp_path: Path, job: str) -> None:
    there = jobs(tmp_path / "absent")
    made: Any = {
        "examine": there.examine(MANIFEST, "alice", NAME),
        "commit": there.commit(MANIFEST, "alice", NAME, 1),
        "survey": there.survey(),
    }[job]
    assert made.run(keys.private("server")) == DiskFailed("No such file or directory")


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of the system's calls is what a power cut meets."""
    write_part(tmp_path)
    steps: list[str] = []
    for call in ("fsync", "link", "rename", "unlink"):
        monkeypatch.setattr(os, call, recorded(getattr(os, call), steps))
    commit(tmp_path)
    monkeypatch.undo()
    wanted = ["fsync .part", "link a.txt", "unlink .part", "fsync alice", "rename .receipt"]
    at = [steps.index(step) for step in wanted]
    assert at == sorted(at)
    assert steps.index("fsync .tmp") < steps.index("rename .receipt")
    assert steps.index("rename .receipt") < steps.index("unlink .offer")


def test_bytes_that_the_disk_refused_are_not_believed_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux tells of it once; the cache shows them still, and the next sync succeeds."""
    write_part(tmp_path)

    def refuse(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part"):
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as bad_disk:
        bad_disk.setattr(os, "fsync", refuse)
        assert commit(tmp_path) == DiskFailed("Input/output error")
    seen = jobs(tmp_path).examine(MANIFEST, "alice", NAME).run(None)
    assert isinstance(seen, Examined)
    assert seen.part_bytes == 0
    assert part_files(tmp_path) == [".offer"]


def recorded(call: Any, steps: list[str]) -> Any:
    """Notes each call and what it is about: a stored file's or folder's name, or a suffix."""

    def run(*args: Any, **options: Any) -> Any:
        target = args[-1] if call.__name__ != "fsync" else os.readlink(f"/proc/self/fd/{args[0]}")
        path = Path(target)
        is_ours = path.suffix in (".part", ".offer", ".receipt", ".tmp")
        steps.append(f"{call.__name__} {path.suffix if is_ours else path.name}")
        return call(*args, **options)

    return run


def test_a_survey_measures_and_forgets_old_receipts(tmp_path: Path) -> None:
    write_part(tmp_path)
    commit(tmp_path)
    other = make_manifest(DATA, tid=2)
    write_part(tmp_path, manifest=other)
    (receipt,) = tmp_path.glob(".parts/*/*.receipt")
    (tmp_path / ".parts" / MANIFEST.fp_from.hex() / ".x.tmp").write_bytes(b"")
    old = time.time() - 32 * DAY
    for path in tmp_path.glob(".parts/*/*"):
        os.utime(path, (old, old))
    usage = jobs(tmp_path).survey().run(None)
    assert isinstance(usage, Usage)
    assert not receipt.exists()
    assert part_files(tmp_path) == [".offer", ".part"]
    (waiting,) = usage.unfinished
    assert waiting.idle > 31 * DAY
    assert usage.stored == {"alice": len(DATA)}


def test_a_young_receipt_is_kept(tmp_path: Path) -> None:
    write_part(tmp_path)
    commit(tmp_path)
    jobs(tmp_path).survey().run(None)
    assert part_files(tmp_path) == [".receipt"]


def test_a_damaged_receipt_counts_as_none(tmp_path: Path) -> None:
    write_part(tmp_path)
    commit(tmp_path)
    (receipt,) = tmp_path.glob(".parts/*/*.receipt")
    receipt.write_bytes(receipt.read_bytes()[:40])
    assert examine(tmp_path).receipt is None


def test_a_large_file_is_hashed_whole(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    manifest = replace(make_manifest(data), sha256=hashlib.sha256(data).digest())
    store_file(tmp_path, data)
    assert examine(tmp_path, manifest).target is Target.SAME


@pytest.mark.parametrize("kind", ["examine", "commit"])
def test_a_long_hash_pauses_for_others(tmp_path: Path, kind: str) -> None:
    """A signature for a login waits for one slice, whatever lies in the folder."""
    size = 5 * (4 << 20)
    data = bytes(size)
    manifest = replace(make_manifest(data), sha256=hashlib.sha256(data).digest())
    store_file(tmp_path, data)
    there = jobs(tmp_path)
    pauses: list[None] = []
    job: Any = {
        "examine": there.examine(manifest, "alice", NAME),
        "commit": there.commit(manifest, "alice", NAME, 1),
    }[kind]
    assert job.is_long
    answer = job.run(keys.private("server"), lambda: pauses.append(None))
    assert isinstance(answer, Examined | Committed)
    assert len(pauses) >= 5
