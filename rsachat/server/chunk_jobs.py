"""The chunks and wrapped keys that are with the workers, and whose they are."""

from collections.abc import Callable, Iterable

from rsachat.crypto.jobs import DecryptChunks, Priority, UnwrapKey
from rsachat.protocol.io_events import CancelJobs, Job, SubmitJob
from rsachat.protocol.receiving import Batch
from rsachat.server.upload import Upload

KEY = 0
"""The serial of an unwrapping; those of batches begin at 1."""


class ChunkJobs:
    """One queue a client key, so that clients share the workers fairly."""

    def __init__(self, new_job_id: Callable[[], int]) -> None:
        self._new_job_id = new_job_id
        self._jobs: dict[int, tuple[Upload, int]] = {}

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._jobs

    def submit(self, upload: Upload, batches: Iterable[Batch]) -> list[SubmitJob]:
        return [self._submit(upload, batch) for batch in batches]

    def unwrap(self, upload: Upload) -> SubmitJob:
        """Open the key of an envelope."""
        manifest = upload.manifest
        return self._put(upload, KEY, UnwrapKey(manifest.wrap_context, manifest.wrap))

    def take(self, job_id: int) -> tuple[Upload, int]:
        """Whose result this is, and the batch's serial or KEY."""
        return self._jobs.pop(job_id)

    def cancel(self, upload: Upload) -> list[CancelJobs]:
        """Forget an upload's chunks; drop them too if no other upload shares their queue."""
        mine = [job_id for job_id, (owner, _) in self._jobs.items() if owner is upload]
        for job_id in mine:
            del self._jobs[job_id]
        fp = upload.manifest.fp_from
        shared = any(owner.manifest.fp_from == fp for owner, _ in self._jobs.values())
        return [CancelJobs(fp)] if mine and not shared else []

    def _submit(self, upload: Upload, batch: Batch) -> SubmitJob:
        manifest = upload.manifest
        job = DecryptChunks(upload.mh, batch.first, manifest.total, manifest.size, batch.units)
        return self._put(upload, batch.serial, job)

    def _put(self, upload: Upload, serial: int, job: Job) -> SubmitJob:
        job_id = self._new_job_id()
        self._jobs[job_id] = (upload, serial)
        return SubmitJob(job_id, job, Priority.BULK, upload.manifest.fp_from)
