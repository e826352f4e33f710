"""Both ends of an upload on a table: real cores, real keys, a real folder, no socket or process.

`Receiver` is the server's part with its disk; jobs run at once, or wait in `held` when asked
for. `Sender` is the client's part. `converse` passes their messages until both are silent.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from rsachat.client import upload_io as cio
from rsachat.client.offering import Offer, Terms
from rsachat.client.uploading import Uploading
from rsachat.crypto.jobs import EncryptChunks
from rsachat.crypto.kem import HybridKem
from rsachat.crypto.rsa import PrivateKey
from rsachat.crypto.segments import WRAP_LABEL, SegmentCipher
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.io_events import CancelJobs, ReadInBulk, SubmitJob
from rsachat.protocol.manifest import REPLACE, SIGN_LABEL, Manifest, decode_manifest
from rsachat.protocol.messages import Message, UpAbort, UpData, UpFin, UpOffer
from rsachat.protocol.transfer import CHUNK_BYTES, Mode, chunk_count
from rsachat.runtime.files import UploadStore
from rsachat.runtime.upload_jobs import DiskJobs
from rsachat.server import upload_io as sio
from rsachat.server.events import Announce
from rsachat.server.receiving import Receiving
from rsachat.server.upload import Uploader
from rsachat.settings import TransferLimits
from tests.support import keys

NOW_MS = 1_790_000_000_000
FILE_KEY = b"\x47" * 32


@dataclass
class Clock:
    """A wall and a monotonic clock that stand still until they are moved."""

    ms: int = NOW_MS
    seconds: float = 1000.0

    def ambient(self) -> Ambient:
        return Ambient(
            monotonic=lambda: self.seconds,
            wall_ms=lambda: self.ms,
            random=counting_random(),
            kem=HybridKem(),
        )


def counting_random() -> Callable[[int], bytes]:
    """Deterministic bytes, each answer another."""
    numbers = count(1)
    return lambda n: hashlib.sha256(str(next(numbers)).encode()).digest()[:n]


def uploader(name: str = "alice") -> Uploader:
    return Uploader(name, "127.0.0.1:5000", keys.public(name))


def sign(manifest: Manifest, name: str = "alice") -> Manifest:
    signature = keys.private(name).sign(SIGN_LABEL, manifest.mh)
    return replace(manifest, signature=signature)


def make_manifest(
    data: bytes, *, name: bytes = b"a.txt", tid: int = 1, sender: str = "alice", **changes: Any
) -> Manifest:
    """A signed offer of `data`; `changes` are made before the signature."""
    return sign(_bare_manifest(data, name, tid, sender, changes), sender)


def make_envelope(
    data: bytes,
    *,
    name: bytes = b"a.txt",
    tid: int = 1,
    sender: str = "alice",
    file_key: bytes = FILE_KEY,
    wrap: bytes | None = None,
    **changes: Any,
) -> Manifest:
    """The same in mode 2, with FILE_KEY wrapped; `wrap` takes the place of the right one."""
    chunk = CHUNK_BYTES[Mode.ENVELOPE]
    changes = {"mode": Mode.ENVELOPE, "chunk": chunk, "total": chunk_count(len(data), chunk)} | (
        changes
    )
    manifest = _bare_manifest(data, name, tid, sender, changes)
    to, context = keys.public("server"), manifest.wrap_context
    if wrap is None:
        wrap = to.encrypt(WRAP_LABEL, context, file_key, counting_random())
    return sign(replace(manifest, wrap=wrap), sender)


def segment(manifest: Manifest, data: bytes, index: int, file_key: bytes = FILE_KEY) -> UpData:
    """The real unit of an envelope's segment, in its UP_DATA."""
    chunk = data[index * manifest.chunk : (index + 1) * manifest.chunk]
    cipher = SegmentCipher(file_key, manifest.mh)
    unit = cipher.seal(index, index == manifest.total - 1, chunk)
    return UpData(manifest.tid, index, 1, unit)


def _bare_manifest(
    data: bytes, name: bytes, tid: int, sender: str, changes: dict[str, Any]
) -> Manifest:
    chunk = CHUNK_BYTES[Mode.RSA_CHUNKS]
    manifest = Manifest(
        tid=tid.to_bytes(16, "big"),
        mode=Mode.RSA_CHUNKS,
        flags=REPLACE if changes.pop("replaces", False) else 0,
        fp_from=keys.public(sender).fingerprint,
        fp_to=keys.public("server").fingerprint,
        name=name,
        size=len(data),
        sha256=hashlib.sha256(data).digest(),
        chunk=chunk,
        total=chunk_count(len(data), chunk),
        created_ms=NOW_MS,
    )
    return replace(manifest, **changes)


def units(manifest: Manifest, data: bytes, first: int, number: int) -> list[bytes]:
    """Real units of `data`'s chunks."""
    spki = keys.public("server").spki
    out = []
    for index in range(first, first + number):
        chunk = data[index * manifest.chunk : (index + 1) * manifest.chunk]
        job = EncryptChunks(spki, manifest.mh, index, manifest.total, chunk)
        out.append(job.run(None))
    return out


def up_data(manifest: Manifest, data: bytes, first: int, number: int) -> UpData:
    joined = b"".join(units(manifest, data, first, number))
    return UpData(manifest.tid, first, number, joined)


def modulus() -> int:
    """The server's n, read from the end of its SPKI: n, then e as three bytes of DER."""
    spki = keys.public("server").spki
    return int.from_bytes(spki[-5 - 384 : -5], "big")


def plus_n(encrypt: Callable[[], bytes]) -> bytes:
    """A ciphertext that would open if it were taken modulo n: another number of as many bytes."""
    while True:  # each ciphertext is another; one in a few has room for n above it
        number = int.from_bytes(encrypt(), "big") + modulus()
        if number < 1 << 3072:
            return number.to_bytes(384, "big")


@dataclass
class Receiver:
    """The server's uploads: give it messages, look at `sent`, `notices` and the folder."""

    root: Path
    limits: TransferLimits = field(default_factory=TransferLimits)
    clock: Clock = field(default_factory=Clock)
    key: PrivateKey = field(default_factory=lambda: keys.private("server"))
    mode: int = 0o600
    hold: bool = False
    held: list[SubmitJob] = field(default_factory=list)
    sent: list[tuple[int, Message]] = field(default_factory=list)
    notices: list[object] = field(default_factory=list)
    cancelled: list[bytes] = field(default_factory=list)
    in_bulk: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.store = UploadStore(self.root)
        self.jobs = DiskJobs(self.root, self.mode, self.limits.receipt_kept)
        numbers = count(1)
        self.core = Receiving(
            self.key.public,
            self.clock.ambient(),
            self.limits,
            self.jobs,
            lambda: next(numbers),
        )

    def say(self, message: Message, conn: int = 1, who: Uploader | None = None) -> list[Message]:
        """One message of a connection; returns what that connection is told at once."""
        before = len(self.sent)
        match message:
            case UpOffer():
                self.perform(self.core.offer(conn, who or uploader(), message))
            case UpData():
                self.perform(self.core.data(conn, message))
            case UpFin():
                self.perform(self.core.fin(conn, message))
            case UpAbort():
                self.perform(self.core.abort(conn, message))
        return [told for to, told in self.sent[before:] if to == conn]

    def offer(self, manifest: Manifest, conn: int = 1, sender: str = "alice") -> list[Message]:
        return self.say(UpOffer(manifest.encode()), conn, uploader(sender))

    def perform(self, actions: Iterable[Any]) -> None:
        """Do actions and whatever follows from them, in order."""
        queue = deque(actions)
        while queue:
            action = queue.popleft()
            match action:
                case sio.SendMessage():
                    self.sent.append((action.conn, action.message))
                case Announce():
                    self.notices.append(action.notice)
                case CancelJobs():
                    self.cancelled.append(action.queue)
                case ReadInBulk():
                    self.in_bulk.append(action.conn)
                case SubmitJob() if self.hold:
                    self.held.append(action)
                case SubmitJob():
                    queue.extend(self.core.job_finished(action.job_id, self.result(action)))
                case _:
                    event = self.store.perform(action)
                    queue.extend(self.core.store_event(event) if event is not None else [])

    def result(self, action: SubmitJob) -> object:
        job: Any = action.job
        return job.run(self.key)

    def release(self, index: int = 0) -> None:
        """Do one of the jobs held."""
        action = self.held.pop(index)
        self.perform(self.core.job_finished(action.job_id, self.result(action)))

    def release_all(self) -> None:
        while self.held:
            self.release()

    def close(self, conn: int = 1) -> None:
        self.perform(self.core.closed(conn))

    def stored(self, name: str = "a.txt", client: str = "alice") -> bytes | None:
        path = self.root / client / name
        return path.read_bytes() if path.exists() else None

    def parts(self) -> list[str]:
        """What lies below .parts, by suffix."""
        return sorted(path.suffix for path in self.root.glob(".parts/*/*"))


def hashed(data: bytes) -> cio.SourceHashed:
    """What the shell would say of this source."""
    ends = range(0, len(data) + 1, CHUNK_BYTES[Mode.ENVELOPE])
    prefixes = b"".join(hashlib.sha256(data[:end]).digest() for end in ends)
    return cio.SourceHashed(len(data), hashlib.sha256(data).digest(), prefixes)


class Sender:
    """The client's part for one source held in memory; `events` collects what it tells.

    Its first UP_DATA are as long as the others, unless it begins `gently`.
    """

    def __init__(
        self,
        data: bytes,
        *,
        name: str = "a.txt",
        sender: str = "alice",
        saved: cio.Saved | None = None,
        replaces: bool = False,
        mode: Mode = Mode.RSA_CHUNKS,
        limits: TransferLimits | None = None,
        random: Callable[[int], bytes] | None = None,
        gently: bool = False,
    ) -> None:
        self.data = data
        self.key = keys.private(sender)
        self.saved = saved
        self.events: list[object] = []
        self.out: deque[Message] = deque()
        limits = limits or TransferLimits()
        if not gently:
            limits = replace(limits, units_at_first=limits.units_per_message)
        terms = Terms(
            name=name,
            replace=replaces,
            own=self.key.public,
            server=keys.public("server"),
            max_rsa=limits.max_rsa_file,
            max_file=limits.max_file,
            now_ms=lambda: NOW_MS,
            random=random or counting_random(),
            mode=mode,
        )
        numbers = count(1)
        offer = Offer(decode_manifest(saved.manifest), saved.file_key) if saved else None
        self.core = Uploading(terms, limits, lambda: next(numbers), offer)

    def start(self) -> None:
        self.perform(self.core.start())

    def hear(self, message: Message) -> None:
        self.perform(self.core.message(message))

    def perform(self, actions: Iterable[Any]) -> None:
        queue = deque(actions)
        while queue:
            action = queue.popleft()
            match action:
                case cio.SendMessage():
                    self.out.append(action.message)
                case SubmitJob():
                    job: Any = action.job
                    queue.extend(self.core.job_finished(action.job_id, job.run(self.key)))
                case cio.HashSource():
                    queue.extend(self.core.source_hashed(hashed(self.data)))
                case cio.ReadSource():
                    piece = self.data[action.offset : action.offset + action.length]
                    queue.extend(self.core.source_read(action.number, piece))
                case cio.SaveManifest():
                    self.saved = action.saved
                case cio.DropManifest():
                    self.saved = None
                case _:
                    self.events.append(action)

    def of(self, kind: type) -> list[Any]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def converse(
    sender: Sender, receiver: Receiver, conn: int = 1, *, messages: int = 1_000_000
) -> None:
    """Pass messages both ways, at most so many from the sender, until both are silent."""
    heard = len(receiver.sent)
    while messages:
        if sender.out:
            messages -= 1
            receiver.say(sender.out.popleft(), conn)
        elif heard == len(receiver.sent):
            return
        while heard < len(receiver.sent):
            to, message = receiver.sent[heard]
            heard += 1
            if to == conn:
                sender.hear(message)
