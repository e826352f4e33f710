"""One job at a time for a key, others beside it."""

from itertools import count

from rsachat.server.disk_queue import DiskQueue

A, B = b"a" * 32, b"b" * 32


def queue() -> DiskQueue:
    numbers = count(1)
    return DiskQueue(lambda: next(numbers))


def test_one_key_waits_for_itself_only() -> None:
    disk = queue()
    (first,) = disk.submit(A, 1, "job 1")
    assert disk.submit(A, 2, "job 2") == []
    (other,) = disk.submit(B, 3, "job 3")
    assert (first.job, other.job) == ("job 1", "job 3")
    assert first.queue != other.queue

    part, following = disk.finished(first.job_id)
    assert (part, [s.job for s in following]) == (1, ["job 2"])
    part, following = disk.finished(following[0].job_id)
    assert (part, following) == (2, [])
    assert disk.submit(A, 4, "job 4")


def test_what_is_forgotten_never_runs() -> None:
    disk = queue()
    (first,) = disk.submit(A, 1, "job 1")
    disk.submit(A, 2, "job 2")
    disk.submit(A, 3, "job 3")
    disk.forget(A, 2)
    disk.forget(B, 2)
    _, following = disk.finished(first.job_id)
    assert [s.job for s in following] == ["job 3"]


def test_knows_its_own_jobs() -> None:
    disk = queue()
    (first,) = disk.submit(A, 1, "job 1")
    assert first.job_id in disk
    disk.finished(first.job_id)
    assert first.job_id not in disk
