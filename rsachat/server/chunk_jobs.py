"""The chunks that are with the workers, and whose they are."""

from collections.abc import Callable, Iterable

from rsachat.crypto.jobs import DecryptChunks, Priority
from rsachat.protocol.io_events import CancelJobs, SubmitJob
from rsachat.protocol.receiving import Batch
from rsachat.server.upload import Upload


class ChunkJobs:
    """One queue a client key, so that clients share the workers fairly."""

    def __init__(self, new_job_id: Callable[[], int]) -> None:
        self._new_job_id = new_job_id
        self._jobs: dict[int, tuple[Upload, int]] = {}

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._jobs

    def submit(self, upload: Upload, batches: Iterable[Batch]) -> list[SubmitJob]:
        return [self._submit(upload, batch) for batch in batches]

    def take(self, job_id: int) -> tuple[Upload, int]:
        """Whose result this is, and the batch's serial."""
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
        job_id = self._new_job_id()
        self._jobs[job_id] = (upload, batch.serial)
        job = DecryptChunks(upload.mh, batch.first, manifest.total, manifest.size, batch.units)
        return SubmitJob(job_id, job, Priority.BULK, manifest.fp_from)
