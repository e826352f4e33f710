"""What a server answers to an uploader, whose source may change meanwhile.

Only a receipt that the server signed for this very manifest makes it done, it ends once, and no
chunk leaves beyond the window that was given.
"""

import hashlib
from dataclasses import dataclass, field

from rsachat.client.upload_io import Delivered, DropManifest, NotDelivered, Progress, Remark
from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.manifest import Manifest, decode_manifest
from rsachat.protocol.messages import (
    Message,
    UpAbort,
    UpAck,
    UpData,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
)
from rsachat.protocol.receipt import make_receipt
from rsachat.protocol.transfer import Mode
from rsachat.settings import TransferLimits
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.uploads import Sender

_STEPS = 32
_LIMITS = TransferLimits(read_ahead=4, envelope_ahead=1, units_per_message=2, rehash_slice=300)
_FILES = (b"", b"short", bytes(range(256)) * 5 + b"end", b"e" * 66_000)
_TOLD = (Delivered, NotDelivered, Progress, Remark)
_REFUSED = (AlertCode.UNEXPECTED, AlertCode.DECODE)


def seeds() -> list[bytes]:
    """The file and mode, then steps: see `_Scene.step`."""
    ready, ack, receipt = b"\x00\x00\x00\x08", b"\x01\x00", b"\x02\x00\x00"
    return [
        b"\x02" + ready + ack * 3 + receipt,
        b"\x07" + ready + ack * 2 + receipt,
        b"\x00" + ready + receipt,
        b"\x02\x00\x00\x03\x02" + ack * 3 + receipt,
        b"\x01\x00\x01\x00\x08\x00" + ready,
        b"\x02" + ready + b"\x03\x66",
        b"\x02" + ready + ack + b"\x01\x01\x04\x00" + ack,
        b"\x02" + ready + b"\x04\x03" + ack * 2 + ready + ack * 3,
        b"\x06" + ready + b"\x04\x02" + ack + ready + ack,
        b"\x01\x00\x02\x00\x08" + b"\x00\x02\x00\x08" * 3,
        b"\x01" + ready + ack + b"\x02\x00\x01\x00\x00\x10\x01X",
        b"\x03\x05\x00\x00",
    ]


def target(data: bytes) -> None:
    with cheap.rsa():
        drawn = Drawn(data)
        scene = _Scene(drawn.number())
        for step in drawn.steps(_STEPS):
            try:
                scene.step(step, drawn)
            except ProtocolError as error:
                assert error.code in _REFUSED
                return
            scene.check()


@dataclass
class _Scene:
    kind: int
    manifest: Manifest | None = None
    signed: set[bytes] = field(default_factory=set)
    unacknowledged: list[UpData] = field(default_factory=list)
    limit: int = 0
    window: int = 0

    def __post_init__(self) -> None:
        mode = Mode.ENVELOPE if self.kind % 8 >= 4 else Mode.RSA_CHUNKS
        self.sender = Sender(_FILES[self.kind % 4], mode=mode, limits=_LIMITS)
        self.sender.start()
        self.check()

    def step(self, step: int, drawn: Drawn) -> None:
        match step % 6:
            case 0:
                self._ready(drawn)
            case 1:
                self._acknowledge(drawn)
            case 2:
                self._hear(UpReceipt(self._tid, self._receipt(drawn)))
            case 3:
                self._hear(UpAbort(self._tid, drawn.number()))
            case 4:
                self.sender.data = _FILES[drawn.number() % 4]
            case 5:
                self._hear(UpReceipt(drawn.take(16).ljust(16, b"\0"), drawn.blob()))

    @property
    def _tid(self) -> bytes:
        return self.manifest.tid if self.manifest is not None else bytes(16)

    def _hear(self, message: Message) -> None:
        self.sender.hear(message)

    def _ready(self, drawn: Drawn) -> None:
        how, cum, window = drawn.number() % 4, drawn.number(), drawn.number()
        prefix = self._prefix(cum) if how != 2 else bytes(32)
        receipt = self._receipt(drawn) if how == 1 else b""
        self.limit, self.window = cum + window, window
        self.unacknowledged.clear()
        self._hear(UpReady(self._tid, cum, prefix, window, receipt))

    def _acknowledge(self, drawn: Drawn) -> None:
        """The oldest chunks that are under way, or whatever is drawn."""
        oldest = self.unacknowledged[0] if self.unacknowledged else None
        end = oldest.first + oldest.count if oldest is not None else 0
        cum, more = end, 0
        if drawn.number() % 4:
            cum, more = drawn.number(), drawn.number()
        if oldest is not None and cum == end:
            self.unacknowledged.pop(0)
            self.limit = cum + self.window
        self._hear(UpAck(self._tid, cum, self._prefix(cum + more)))

    def _prefix(self, cum: int) -> bytes:
        chunk = 256 if self.manifest is None else self.manifest.chunk
        return hashlib.sha256(self.sender.data[: cum * chunk]).digest()

    def _receipt(self, drawn: Drawn) -> bytes:
        """The server's, or one with changes, which nobody signed."""
        if self.manifest is None:
            return drawn.blob()
        offered = self.manifest
        sign = keys.private("server").sign
        made = make_receipt(offered.mh, offered.sha256, offered.size, 1, sign)
        changed = drawn.patched(made)
        if changed == made:
            self.signed.add(offered.mh)
        return changed

    def check(self) -> None:
        while self.sender.out:
            match self.sender.out.popleft():
                case UpOffer(manifest):
                    self.manifest = decode_manifest(manifest)
                    self.unacknowledged.clear()
                case UpData() as data:
                    assert data.tid == self._tid
                    assert data.first + data.count <= self.limit, "beyond the window"
                    self.unacknowledged.append(data)
                case other:
                    assert isinstance(other, UpFin | UpAbort)
        ends = [e for e in self.sender.events if isinstance(e, Delivered | NotDelivered)]
        assert len(ends) <= 1
        assert all(isinstance(e, (*_TOLD, DropManifest)) for e in self.sender.events)
        for end in ends:
            if isinstance(end, Delivered):
                assert decode_manifest(end.manifest).mh in self.signed
