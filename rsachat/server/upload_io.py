"""What the receiving core asks of the disk, and what the disk says (PROTOCOL 6.4, 6.5).

Two ways lead there. Reads and writes of a `.part` are actions that the shell does at once, on
the page cache, and answers by an event. All that may take long (hashing a file, fsync, rename,
measuring the folders) is a job for a worker, made by an `UploadJobs` that knows the folder.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from rsachat.protocol.io_events import CancelJobs, Job, ReadInBulk, SubmitJob
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.messages import Message
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey
from rsachat.server.events import Announce


@dataclass(frozen=True, slots=True)
class SendMessage:
    """To be sealed into a record of this connection."""

    conn: int
    message: Message


@dataclass(frozen=True, slots=True)
class OpenPart:
    """Open the `.part` of a transfer, cut to its first `keep` bytes, and store its offer.

    `part` is the core's number for it from now on. Answer: PartOpened or StoreFailed.
    """

    part: int
    key: TransferKey
    keep: int
    offer: bytes


@dataclass(frozen=True, slots=True)
class ReadPart:
    """Answer: PartRead or StoreFailed, in a later pass of the loop (others get their turn).

    None where the part is closed by then.
    """

    part: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class WritePart:
    """Answer: PartWritten or StoreFailed."""

    part: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ClosePart:
    """No answer; the bytes stay for a later try."""

    part: int


@dataclass(frozen=True, slots=True)
class RemovePart:
    """Remove what a transfer left on the disk. No answer."""

    key: TransferKey


StoreAction = OpenPart | ReadPart | WritePart | ClosePart | RemovePart

UploadAction = SendMessage | ReadInBulk | SubmitJob | CancelJobs | Announce | StoreAction
Actions = list[UploadAction]
"""What follows from something that happened to an upload."""


@dataclass(frozen=True, slots=True)
class PartOpened:
    """`kept` bytes are in it: those asked for, or 0 if the old file could not be trusted."""

    part: int
    kept: int


@dataclass(frozen=True, slots=True)
class PartRead:
    part: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PartWritten:
    part: int


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The disk refused; `reason` is for the operator."""

    part: int
    reason: str


StoreEvent = PartOpened | PartRead | PartWritten | StoreFailed


class Target(Enum):
    """What stands under the name that a file shall get."""

    ABSENT = auto()
    SAME = auto()  # a file of this size and SHA-256
    OTHER = auto()  # another file
    NO_FILE = auto()  # a link, a folder or a device: never replaced


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A transfer that waits on the disk: bytes it declared, seconds since it last grew."""

    key: TransferKey
    size: int
    idle: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes stored for each client folder, bytes free, and what is unfinished."""

    stored: dict[str, int]
    free: int
    unfinished: tuple[Unfinished, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """A job's answer to an offer: what the disk knows of it.

    `receipt` if this transfer is finished, `known_mh` the hash of the manifest that came first
    under this tid, `part_bytes` how much of the file is here.
    """

    receipt: bytes | None
    known_mh: bytes | None
    part_bytes: int
    target: Target
    usage: Usage


@dataclass(frozen=True, slots=True)
class Committed:
    """A job's answer: the file is whole under its name, on the disk, with its receipt."""

    receipt: bytes


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """A job's answer: another file has the name."""


@dataclass(frozen=True, slots=True)
class DiskFailed:
    """A job's answer: the disk refused; `reason` is for the operator."""

    reason: str


class UploadJobs(Protocol):
    """Makes the workers' jobs; the shell's maker knows the uploads folder."""

    def examine(self, manifest: Manifest, client: str, name: StoredName) -> Job:
        """A job whose result is Examined or DiskFailed."""
        ...

    def commit(self, manifest: Manifest, client: str, name: StoredName, time_ms: int) -> Job:
        """A job whose result is Committed, NotCommitted or DiskFailed."""
        ...

    def survey(self) -> Job:
        """A job whose result is Usage or DiskFailed."""
        ...
