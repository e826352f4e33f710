"""What a core and the shell around it say to each other about connections and work.

Past tense comes in, imperative goes out. A connection is a number that the shell gives and
never uses twice.
"""

from dataclasses import dataclass

from rsachat.crypto.jobs import Priority
from rsachat.protocol.quick_data import quick_data

Job = object


@dataclass(frozen=True, slots=True)
class Accepted:
    """A peer connected; `address` is `1.2.3.4:5` or `[v6]:5`."""

    conn: int
    address: str


@quick_data
class BytesReceived:
    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of earlier SendBytes, `waiting` bytes have not yet left for the kernel.

    Said when a send did not leave at once, and again whenever some of it left; 0 is the last.
    """

    conn: int
    waiting: int


@dataclass(frozen=True, slots=True)
class EofReceived:
    conn: int


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection is gone and its number with it; `why` is empty after an own close."""

    conn: int
    why: str


@dataclass(frozen=True, slots=True)
class JobFinished:
    job_id: int
    result: object


@dataclass(frozen=True, slots=True)
class JobFailed:
    job_id: int
    error: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline that the core named has come."""


@quick_data
class SendBytes:
    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PauseReading:
    conn: int


@dataclass(frozen=True, slots=True)
class ResumeReading:
    conn: int


@dataclass(frozen=True, slots=True)
class ReadInBulk:
    """Much is to come: receive more of it at a time, where few others wait for their turn."""

    conn: int


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Close: with `linger`, what was sent first leaves, then input is dropped until EOF."""

    conn: int
    linger: bool = True


@dataclass(frozen=True, slots=True)
class SubmitJob:
    """Work for a worker; `queue` is what shares fairly with other queues."""

    job_id: int
    job: Job
    priority: Priority
    queue: bytes = b""


@dataclass(frozen=True, slots=True)
class CancelJobs:
    """Drop what of this queue waits, and the results of what runs."""

    queue: bytes
