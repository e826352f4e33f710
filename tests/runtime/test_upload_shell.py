"""The uploader's edge, action by action: sources, what is saved, workers and their answers."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from rsachat.client import upload_io as up
from rsachat.client.events import LeaveRequested
from rsachat.crypto.jobs import Priority
from rsachat.errors import Interrupted, RsachatError
from rsachat.protocol import io_events as io
from rsachat.runtime import upload_shell
from rsachat.runtime.client_shell import Target
from rsachat.runtime.driver import Core
from rsachat.runtime.loop import Loop
from rsachat.runtime.sources import SourceFile
from rsachat.runtime.transfers import SavedTransfers
from rsachat.runtime.upload_shell import Report, Source, UploadShell

SERVER = b"s" * 32
SAVED = up.Saved(b"manifest", b"k" * 32)


class Pool:
    """Workers that do a job when they are told to."""

    def __init__(
        self,
        loop: Loop,
        size: int,
        key: bytes | None,
        on_result: Callable[[int, object], object],
        on_failed: Callable[[int, str], object],
    ) -> None:
        assert key is None
        self.on_result, self.on_failed = on_result, on_failed
        self.jobs: list[tuple[int, Any]] = []
        self.closed = False

    def submit(self, job_id: int, job: object, priority: int, queue: bytes = b"") -> None:
        self.jobs.append((job_id, job))

    def work(self) -> None:
        for job_id, job in self.jobs:
            self.on_result(job_id, job.run(None))
        self.jobs.clear()

    def close(self) -> None:
        self.closed = True


class Client:
    """A connection that notes what the core would be told."""

    def __init__(
        self,
        loop: Loop,
        target: Target,
        make_core: Callable[[], Any],
        on_finished: Callable[[RsachatError | None], object],
        perform: Mapping[type, Callable[[Any], object]],
    ) -> None:
        self.perform = perform
        self.connected = True
        self.fed: list[object] = []
        self.cancelled: list[RsachatError | None] = []

    def feed(self, event: object) -> None:
        self.fed.append(event)

    def cancel(self, error: RsachatError | None) -> None:
        self.cancelled.append(error)


def _no_core() -> Core:
    raise AssertionError("nothing connects here")


class Edge:
    """A shell with both of these, and three files: one there, one absent, one not lasting."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        self.loop = loop
        (folder / "a.txt").write_bytes(b"0123456789")
        (folder / "spool").write_bytes(b"piped")
        self.sources = [
            Source(SourceFile(folder / "a.txt", "a.txt"), "a.txt"),
            Source(SourceFile(folder / "absent", "absent"), "absent"),
            Source(SourceFile(folder / "spool", "standard input"), "piped", lasting=False),
        ]
        self.saved = SavedTransfers(folder / "transfers")
        self.reports: list[tuple[int, Report]] = []
        self.shell = UploadShell(
            loop,
            1,
            self.sources,
            self.saved,
            b"o" * 32,
            lambda number, event: self.reports.append((number, event)),
        )
        self.shell.connect(Target("127.0.0.1", 1), _no_core, lambda error: None)
        self.client = cast(Client, self.shell._client)
        self.pool = cast(Pool, self.shell._pool)

    def do(self, action: object) -> list[object]:
        """What the core is told at once."""
        self.client.fed.clear()
        self.client.perform[type(action)](action)
        return list(self.client.fed)

    def some_passes(self) -> None:
        self.loop.call_later(0.02, self.loop.stop)
        self.loop.run()

    def told(self, act: Callable[[], object]) -> list[object]:
        self.client.fed.clear()
        act()
        return list(self.client.fed)


@pytest.fixture
def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edge]:
    monkeypatch.setattr(upload_shell, "ClientShell", Client)
    monkeypatch.setattr(upload_shell, "WorkerPool", Pool)
    with Loop() as loop:
        made = Edge(tmp_path, loop)
        yield made
        made.shell.close()


def test_a_source_is_opened_hashed_and_read(edge: Edge) -> None:
    assert edge.do(up.OpenSource(0, SERVER)) == [up.SourceOpened(0, None)]
    assert edge.do(up.HashSource()) == []
    (hashed,) = edge.told(edge.some_passes)
    assert isinstance(hashed, up.SourceHashed)
    assert hashed.size == 10
    assert not edge.reports
    assert edge.do(up.ReadSource(7, 2, 3)) == [up.SourceRead(7, b"234")]


def test_a_slice_of_a_long_hash_is_read_in_a_later_pass(edge: Edge) -> None:
    edge.do(up.OpenSource(0, SERVER))
    assert edge.do(up.ReadSource(7, 2, 3, later=True)) == []
    assert edge.told(edge.some_passes) == [up.SourceRead(7, b"234")]


def test_a_slice_of_a_file_that_is_over_is_not_read(edge: Edge) -> None:
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.ReadSource(7, 2, 3, later=True))
    edge.do(up.OpenSource(2, SERVER))
    assert edge.told(edge.some_passes) == []


def test_an_absent_source_is_said(edge: Edge) -> None:
    (failed,) = edge.do(up.OpenSource(1, SERVER))
    assert isinstance(failed, up.SourceFailed)
    assert failed.error.what == "cannot read absent"


def test_a_long_source_is_hashed_in_passes_and_says_how_far(edge: Edge) -> None:
    edge.sources[0].file.path.write_bytes(bytes(2_500_000))
    edge.do(up.OpenSource(0, SERVER))
    assert edge.do(up.HashSource()) == []
    (hashed,) = edge.told(edge.some_passes)
    assert isinstance(hashed, up.SourceHashed)
    said = [(0, up.Hashing(done << 20, 2_500_000)) for done in (1, 2)]
    assert edge.reports == said


def test_the_hash_of_a_file_that_is_over_ends(edge: Edge) -> None:
    edge.sources[0].file.path.write_bytes(bytes(2_500_000))
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.HashSource())
    edge.do(up.OpenSource(2, SERVER))
    assert edge.told(edge.some_passes) == []
    assert not edge.reports


def test_a_source_that_goes_meanwhile_is_said(edge: Edge) -> None:
    edge.do(up.OpenSource(0, SERVER))
    edge.sources[0].file.path.unlink()
    (failed,) = edge.do(up.HashSource())
    assert isinstance(failed, up.SourceFailed)


def test_a_manifest_is_kept_until_it_is_dropped(edge: Edge) -> None:
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.SaveManifest(SAVED))
    assert edge.do(up.OpenSource(0, SERVER)) == [up.SourceOpened(0, SAVED)]
    assert edge.do(up.OpenSource(0, b"x" * 32)) == [up.SourceOpened(0, None)]
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.DropManifest())
    assert edge.do(up.OpenSource(0, SERVER)) == [up.SourceOpened(0, None)]


def test_a_pipe_is_not_remembered(edge: Edge) -> None:
    edge.do(up.OpenSource(2, SERVER))
    edge.do(up.SaveManifest(SAVED))
    assert not edge.saved.folder.exists()
    edge.do(up.DropManifest())


def test_a_folder_that_takes_nothing_is_a_remark(edge: Edge) -> None:
    edge.saved.folder.write_bytes(b"a file in its place")
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.SaveManifest(SAVED))
    edge.do(up.DropManifest())
    assert [type(event) for _, event in edge.reports] == [up.Remark, up.Remark]


def test_a_full_disk_is_a_remark_in_words(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(SavedTransfers, "save", full)
    edge.do(up.OpenSource(0, SERVER))
    edge.do(up.SaveManifest(SAVED))
    ((_, remark),) = edge.reports
    said = "cannot remember this upload, so it could not be gone on with: No space left on device"
    assert remark == up.Remark(said)


def test_jobs_go_to_the_workers_and_results_to_the_core(edge: Edge) -> None:
    edge.do(io.SubmitJob(99, "job", Priority.BULK))
    assert edge.pool.jobs == [(99, "job")]
    assert edge.told(lambda: edge.pool.on_result(99, b"r")) == [io.JobFinished(99, b"r")]
    assert edge.told(lambda: edge.pool.on_failed(99, "why")) == [io.JobFailed(99, "why")]


def test_reports_carry_their_files_number(edge: Edge) -> None:
    edge.do(up.OpenSource(2, SERVER))
    edge.do(up.Progress(1, 2, 3, 4, 5))
    assert edge.reports == [(2, up.Progress(1, 2, 3, 4, 5))]


def test_leaving(edge: Edge) -> None:
    assert edge.told(edge.shell.leave) == [LeaveRequested()]
    edge.client.connected = False
    edge.shell.leave()
    assert isinstance(edge.client.cancelled[0], Interrupted)
    edge.shell.close()
    assert edge.pool.closed


def test_job_numbers_are_used_once(edge: Edge) -> None:
    assert len({edge.shell.new_job_id() for _ in range(10)}) == 10
