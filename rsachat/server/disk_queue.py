"""Jobs that look at the disk, one at a time for each client key (PROTOCOL 6.4).

So a commit and the offer after it never see each other half done. The result goes to whoever
still wants it: `part` is the core's number of an upload.
"""

from collections import deque
from collections.abc import Callable

from rsachat.crypto.jobs import Priority
from rsachat.protocol.io_events import Job, SubmitJob

# Idle work would starve behind a long upload of somebody else; a queue of its own gets its
# fair turn among the chunks, and never comes before a handshake's signature.
PRIORITY = Priority.BULK
QUEUE = b"disk:"


class DiskQueue:
    """Knows which job runs for which key, and what waits behind it."""

    def __init__(self, new_job_id: Callable[[], int]) -> None:
        self._new_job_id = new_job_id
        self._running: dict[int, tuple[bytes, int]] = {}
        self._busy: set[bytes] = set()
        self._waiting: dict[bytes, deque[tuple[int, Job]]] = {}

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._running

    def submit(self, fp: bytes, part: int, job: Job) -> list[SubmitJob]:
        """Do `job` for `part` as soon as no other runs for `fp`."""
        if fp in self._busy:
            self._waiting.setdefault(fp, deque()).append((part, job))
            return []
        return [self._start(fp, part, job)]

    def finished(self, job_id: int) -> tuple[int, list[SubmitJob]]:
        """Whose job it was, and the next one of the same key."""
        fp, part = self._running.pop(job_id)
        self._busy.discard(fp)
        queue = self._waiting.get(fp)
        if not queue:
            return part, []
        following = queue.popleft()
        if not queue:
            del self._waiting[fp]
        return part, [self._start(fp, *following)]

    def forget(self, fp: bytes, part: int) -> None:
        """Drop what waits for `part`; what runs goes on."""
        queue = self._waiting.pop(fp, None)
        left = deque(entry for entry in queue or () if entry[0] != part)
        if left:
            self._waiting[fp] = left

    def _start(self, fp: bytes, part: int, job: Job) -> SubmitJob:
        job_id = self._new_job_id()
        self._running[job_id] = (fp, part)
        self._busy.add(fp)
        return SubmitJob(job_id, job, PRIORITY, QUEUE + fp)
