"""What uploaders send to a server, while its workers and its disk answer late, wrongly or not.

Alice on two connections signs any manifest. Whatever comes, no byte is written outside the size
that was offered, and a file gets its name only if its bytes hash to what was offered.
"""

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import Any

from rsachat.crypto.jobs import DecryptChunks, UnwrapKey
from rsachat.errors import ProtocolError
from rsachat.protocol.io_events import CancelJobs, SubmitJob
from rsachat.protocol.manifest import SIGN_LABEL, Manifest, decode_manifest
from rsachat.protocol.messages import (
    UpAbort,
    UpAck,
    UpData,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
)
from rsachat.protocol.receipt import make_receipt
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey
from rsachat.server import upload_io as io
from rsachat.server.events import Announce
from rsachat.server.receiving import Receiving
from rsachat.settings import TransferLimits
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.uploads import (
    NOW_MS,
    make_envelope,
    make_manifest,
    segment,
    up_data,
    uploader,
)

_STEPS = 40
_CONNS = (1, 2)
_LIMITS = TransferLimits(window=6, envelope_window=2, units_per_task=2, rehash_slice=300)
_FILES = (b"", b"short", bytes(range(256)) * 5 + b"end", b"e" * 66_000)
_ANSWERS = (UpReady, UpAck, UpReceipt, UpAbort)


def seeds() -> list[bytes]:
    """Whether workers wait to be asked, then steps: see `_Scene.step`."""
    offer, data, fin = b"\x00\x00\x02\x00", b"\x01\x00\x02\x00", b"\x02\x00"
    sealed, other_hash = b"\x00\x00\x07\x00", b"\x00\x00\x02\x01\x00\x00\x62\x01X"
    return [
        b"\x00" + offer + data + data + data + fin,
        b"\x00" + sealed + b"\x01\x00\x01\x00" * 2 + fin,
        b"\x00\x00\x00\x01\x00" + b"\x01\x00\x01\x00" + fin,
        b"\x00" + b"\x00\x00\x00\x00" + fin,
        b"\x01" + offer + b"\x04\x00\x00" + data + b"\x04\x00\x00" * 2 + fin + b"\x04\x00\x00",
        b"\x00" + offer + data + b"\x05\x00" + b"\x00\x01\x02\x00" + data + b"\x01\x01\x02\x00",
        b"\x00" + offer + b"\x03\x00\xd2" + data,
        b"\x00" + other_hash + data * 2 + fin,
        b"\x00" + offer + b"\x01\x00\x02\x01\x00\x00\x40\x01X" + fin,
        b"\x01" + offer + b"\x04\x00\x03" + offer + b"\x04\x00\x00" + b"\x06\x00\x10",
        b"\x01" + offer + data + b"\x04\x01\x02" + b"\x00\x01\x02\x00",
        b"\x00\x00\x00\x02\x01\x00\x00\x30\x02\x01\x01" + data,
    ]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    with cheap.rsa():
        scene = _Scene(hold=bool(drawn.number() & 1))
        for step in drawn.steps(_STEPS):
            scene.step(step, drawn)


@dataclass(frozen=True)
class _DiskJob:
    """`kind` is what the disk is asked; it answers in `_Scene._disk_answer`."""

    kind: str
    manifest: Manifest | None = None


class _Jobs:
    def examine(self, manifest: Manifest, _client: str, _name: StoredName) -> _DiskJob:
        return _DiskJob("examine", manifest)

    def commit(
        self, manifest: Manifest, _client: str, _name: StoredName, _time_ms: int
    ) -> _DiskJob:
        return _DiskJob("commit", manifest)

    def survey(self) -> _DiskJob:
        return _DiskJob("survey")


@dataclass
class _Scene:
    hold: bool
    clock: cheap.Clock = field(default_factory=cheap.Clock)
    disk: dict[TransferKey, bytearray] = field(default_factory=dict)
    opened: dict[int, tuple[TransferKey, int]] = field(default_factory=dict)
    offered: dict[int, tuple[Manifest, bytes]] = field(default_factory=dict)
    next_unit: dict[int, int] = field(default_factory=dict)
    waiting: deque[SubmitJob] = field(default_factory=deque)
    same: bool = False
    seen_same: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        numbers = count(1)
        around = replace(cheap.ambient(self.clock), wall_ms=lambda: NOW_MS)
        identity = keys.public("server")
        self.core = Receiving(identity, around, _LIMITS, _Jobs(), lambda: next(numbers))

    def step(self, step: int, drawn: Drawn) -> None:
        match step % 8:
            case 0:
                self._offer(drawn)
            case 1:
                self._data(drawn)
            case 2:
                conn = drawn.one_of(_CONNS)
                self._say(conn, UpFin(self._tid(conn)))
            case 3:
                conn = drawn.one_of(_CONNS)
                self._say(conn, UpAbort(self._tid(conn), drawn.number()))
            case 4 if self.waiting:
                self._work(drawn)
            case 5:
                self.perform(self.core.closed(drawn.one_of(_CONNS)))
            case 6:
                self.same = bool(drawn.number() & 1)
                self.clock.now += drawn.number() ** 2
                self.perform(self.core.tick())
            case 7:
                conn = drawn.one_of(_CONNS)
                self._say(conn, UpData(drawn.take(16).ljust(16, b"\0"), 0, 1, b"x"))

    def _tid(self, conn: int) -> bytes:
        return self.offered[conn][0].tid if conn in self.offered else bytes(16)

    def _say(self, conn: int, message: UpOffer | UpData | UpFin | UpAbort) -> None:
        try:
            match message:
                case UpOffer():
                    self.perform(self.core.offer(conn, uploader(), message))
                case UpData():
                    self.perform(self.core.data(conn, message))
                case UpFin():
                    self.perform(self.core.fin(conn, message))
                case UpAbort():
                    self.perform(self.core.abort(conn, message))
        except ProtocolError:
            self.perform(self.core.closed(conn))

    def _offer(self, drawn: Drawn) -> None:
        """A file of those known, its manifest changed and signed again perhaps."""
        conn, which = drawn.one_of(_CONNS), drawn.number() % 8
        manifest, data = _known(which)
        changed = drawn.patched(manifest.encode())
        if changed != manifest.encode():
            manifest, changed = _signed_anew(manifest, changed)
        self.offered[conn] = (manifest, data)
        self.next_unit[conn] = 0
        self._say(conn, UpOffer(changed))

    def _data(self, drawn: Drawn) -> None:
        """The next units, real ones with changes."""
        conn, number = drawn.one_of(_CONNS), 1 + drawn.number() % 4
        if conn not in self.offered:
            return
        manifest, data = self.offered[conn]
        first = self.next_unit[conn] + (drawn.number() if number == 4 else 0)
        message = _units(manifest, data, first, number)
        changed = drawn.patched(message.data)[:65_568] or b"x"
        self.next_unit[conn] = first + message.count
        self._say(conn, replace(message, data=changed))

    def _work(self, drawn: Drawn) -> None:
        job = self.waiting[drawn.number() % len(self.waiting)]
        self.waiting.remove(job)
        if drawn.number() % 4 == 3:
            self.perform(self.core.job_failed(job.job_id, "the worker died"))
        else:
            self.perform(self.core.job_finished(job.job_id, self._result(job)))

    def perform(self, actions: Iterable[Any]) -> None:
        queue = deque(actions)
        while queue:
            action = queue.popleft()
            match action:
                case io.SendMessage(conn, message):
                    assert conn in _CONNS
                    assert isinstance(message, _ANSWERS)
                case SubmitJob() if self.hold:
                    self.waiting.append(action)
                case SubmitJob():
                    queue.extend(self.core.job_finished(action.job_id, self._result(action)))
                case Announce() | CancelJobs():
                    pass
                case _:
                    event = self._store(action)
                    queue.extend(self.core.store_event(event) if event else [])

    def _result(self, submitted: SubmitJob) -> object:
        job = submitted.job
        if isinstance(job, DecryptChunks | UnwrapKey):
            return job.run(keys.private("server"))
        assert isinstance(job, _DiskJob)
        return self._disk_answer(job)

    def _disk_answer(self, job: _DiskJob) -> object:
        kept = tuple(io.Unfinished(key, len(data), 1e6) for key, data in self.disk.items())
        usage = io.Usage({}, 1 << 40, kept)
        if job.manifest is None:
            return usage
        manifest = job.manifest
        there = self.disk.get(manifest.key, b"")
        if job.kind == "examine":
            if self.same:
                self.seen_same.add(manifest.mh)
            found = io.Target.SAME if self.same else io.Target.ABSENT
            return io.Examined(None, None, len(there), found, usage)
        whole = (len(there), hashlib.sha256(there).digest()) == (manifest.size, manifest.sha256)
        assert whole or manifest.mh in self.seen_same
        if not whole and not self.same:  # the file that was there has gone meanwhile
            return io.NotCommitted()
        sign = keys.private("server").sign
        made = make_receipt(manifest.mh, manifest.sha256, manifest.size, NOW_MS, sign)
        return io.Committed(made)

    def _store(self, action: io.StoreAction) -> io.StoreEvent | None:
        match action:
            case io.OpenPart(part, key, keep, offer):
                data = self.disk.setdefault(key, bytearray())
                assert keep <= len(data)
                del data[keep:]
                self.opened[part] = (key, decode_manifest(offer).size)
                return io.PartOpened(part, keep)
            case io.ReadPart(part, offset, length):
                data = self.disk[self.opened[part][0]]
                return io.PartRead(part, bytes(data[offset : offset + length]))
            case io.WritePart(part, offset, new):
                key, size = self.opened[part]
                data = self.disk[key]
                assert offset == len(data)
                assert offset + len(new) <= size, "more than was offered"
                data += new
                return io.PartWritten(part)
            case io.ClosePart(part):
                del self.opened[part]
            case io.RemovePart(key):
                self.disk.pop(key, None)
        return None


@cache
def _known(which: int) -> tuple[Manifest, bytes]:
    """The files as chunks, then as envelopes; made once, with cheap signatures."""
    data = _FILES[which % 4]
    make = make_manifest if which < 4 else make_envelope
    return make(data, tid=1 + which % 4), data


def _signed_anew(honest: Manifest, changed: bytes) -> tuple[Manifest, bytes]:
    try:
        manifest = decode_manifest(changed)
    except ProtocolError:
        return honest, changed
    signature = keys.private("alice").sign(SIGN_LABEL, manifest.mh)
    manifest = replace(manifest, signature=signature)
    return manifest, manifest.encode()


def _units(manifest: Manifest, data: bytes, first: int, number: int) -> UpData:
    if manifest.is_envelope:
        return segment(manifest, data, first)
    return up_data(manifest, data, first, number)
