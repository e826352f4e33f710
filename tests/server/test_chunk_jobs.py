"""Chunks with the workers: whose they are, and when a queue may be dropped."""

import hashlib
from itertools import count

from rsachat.crypto.jobs import DecryptChunks, Priority
from rsachat.protocol.io_events import CancelJobs
from rsachat.protocol.receiving import Batch
from rsachat.protocol.safe_names import check_stored_name
from rsachat.server.chunk_jobs import ChunkJobs
from rsachat.server.upload import Upload
from tests.support.uploads import make_manifest, uploader

NAME = check_stored_name(b"a.txt")


def upload(part: int, sender: str = "alice") -> Upload:
    manifest = make_manifest(b"hello", tid=part, sender=sender)
    who = uploader(sender)
    return Upload(part, part, who, manifest, manifest.mh, NAME, 0, hashlib.sha256())


def jobs() -> ChunkJobs:
    numbers = count(1)
    return ChunkJobs(lambda: next(numbers))


def test_a_batch_becomes_a_bulk_job_in_its_clients_queue() -> None:
    chunks, one = jobs(), upload(1)
    (submitted,) = chunks.submit(one, [Batch(7, 0, (b"u",))])
    assert submitted.job == DecryptChunks(one.mh, 0, 1, 5, (b"u",))
    assert (submitted.priority, submitted.queue) == (Priority.BULK, one.manifest.fp_from)
    assert submitted.job_id in chunks
    assert chunks.take(submitted.job_id) == (one, 7)
    assert submitted.job_id not in chunks


def test_cancelling_spares_another_upload_of_the_same_key() -> None:
    chunks, one, two = jobs(), upload(1), upload(2)
    (first,) = chunks.submit(one, [Batch(1, 0, (b"u",))])
    (second,) = chunks.submit(two, [Batch(1, 0, (b"u",))])
    assert chunks.cancel(one) == []
    assert first.job_id not in chunks
    assert second.job_id in chunks
    assert chunks.cancel(two) == [CancelJobs(two.manifest.fp_from)]
    assert chunks.cancel(two) == []


def test_another_keys_upload_does_not_hold_a_queue() -> None:
    chunks, one, other = jobs(), upload(1), upload(2, "bob")
    chunks.submit(one, [Batch(1, 0, (b"u",))])
    chunks.submit(other, [Batch(1, 0, (b"u",))])
    assert chunks.cancel(one) == [CancelJobs(one.manifest.fp_from)]
