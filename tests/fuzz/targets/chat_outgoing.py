"""What a server and a recipient answer to a sender, who believes only genuine receipts.

Alice writes to Bob. Bob holds his keys and makes receipts with any numbers; the relay answers by
anything. Every text ends once, as delivered or undelivered, and delivered only if Bob made a
receipt for its session.
"""

from dataclasses import dataclass, field

from rsachat.protocol.agreement import accept_init
from rsachat.protocol.bundle import make_bundle
from rsachat.protocol.chat_context import ChatContext, ProcessMemory
from rsachat.protocol.chat_events import (
    BundleRefused,
    Delivered,
    Dropped,
    Output,
    Recipient,
    SentOn,
    Undelivered,
)
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.protocol.envelope import Init, Msg, Receipt, Reset, decode_envelope
from rsachat.protocol.messages import (
    ChatDeliver,
    ChatSend,
    Error,
    Prekey,
    PrekeyGet,
    PrekeyPut,
    Sent,
)
from rsachat.protocol.ratchet import receipt_mac
from rsachat.settings import ChatLimits
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.peers import SERVER_FP, Pins

_STEPS = 32
_LIMITS = ChatLimits(window_messages=4, window_bytes=4096, session_messages=8)
_KINDS = (ChatSend, PrekeyGet, PrekeyPut, Delivered, Undelivered, SentOn, Dropped, BundleRefused)
_BOB = Recipient(b"bob-----", "bob", keys.public("bob").fingerprint)


def seeds() -> list[bytes]:
    """Steps: each begins with its byte (see `_Scene.step`), what follows are its choices."""
    write, bundle, wait = b"\x00\x05hello", b"\x01\x00\x00", b"\x06\x11"
    genuine = b"\x03\x00\x00\x01\x01\x01"
    return [
        write + bundle + b"\x02\x05" + genuine,
        write * 6 + bundle + b"\x03\x00\x03\x04\x01\x01" + b"\x03\x00\x03\x04\x02\x01",
        write + bundle + b"\x05\x00" + wait + bundle + wait * 4,
        write + bundle + b"\x04\x03\x66" + wait + b"\x01\x01\x00" + wait,
        write + b"\x01\x00\x01\x00\x00\x10\x01A",
        write + b"\x04\x01\x64" + write + wait,
        write * 2 + bundle + b"\x03\x00\x01\x01\x01\x01" + wait + bundle + genuine,
        write + bundle + b"\x07" + write + wait,
        write + bundle + b"\x03\x00\x00\x01\x01\x00" + (b"\x06\x20" + bundle) * 4,
        write + b"\x06\x12" + b"\x08\x00" + b"\x00\x03\x00",
    ]


def target(data: bytes) -> None:
    with cheap.rsa():
        scene, drawn = _Scene(), Drawn(data)
        for step in drawn.steps(_STEPS):
            scene.check(scene.step(step, drawn))
        scene.check(scene.end.close())
        assert scene.final.keys() == scene.written, "a text without an end"


@dataclass
class _Session:
    """What Bob knows of a session: its keys, the tags in order, and what he gave a receipt for."""

    sid: bytes
    receipt_key: bytes
    tags: list[bytes] = field(default_factory=list)


@dataclass
class _Scene:
    clock: cheap.Clock = field(default_factory=cheap.Clock)
    written: set[bytes] = field(default_factory=set)
    final: dict[bytes, type] = field(default_factory=dict)
    sessions: list[_Session] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    receipts: int = 0

    def __post_init__(self) -> None:
        own = cheap.ambient(self.clock, seed=1)
        self.around = cheap.ambient(self.clock, seed=2)
        self.pair = self.around.kem.generate()
        memory = ProcessMemory(own.random)
        context = ChatContext(
            keys.private("alice"), "alice", SERVER_FP, b"alice---", Pins(), memory, own, _LIMITS
        )
        refs = iter(range(1, 1 << 31))
        self.end = EndToEnd(context, lambda: next(refs))
        self.end.start()

    def step(self, step: int, drawn: Drawn) -> list[Output]:
        match step % 9:
            case 0:
                return self._write(drawn)
            case 1 if self.asked:
                return self._bundle(drawn)
            case 2:
                return self.end.receive(Sent(drawn.number()))
            case 3:
                return self._receipt(drawn)
            case 4:
                return self.end.receive(Error(drawn.number(), drawn.number()))
            case 5 if self.sessions:
                return self._deliver(Reset(drawn.one_of(self.sessions).sid).encode())
            case 6:
                self.clock.now += drawn.number() ** 2 / 10
                return self.end.tick()
            case 7:
                return self.end.left(_BOB.session)
            case 8:
                return self._deliver(drawn.blob())
        return []

    def check(self, outputs: list[Output]) -> None:
        for output in outputs:
            assert isinstance(output, _KINDS)
            match output:
                case PrekeyGet(ref, session):
                    assert session == _BOB.session
                    self.asked.append(ref)
                case ChatSend(_, to, env):
                    assert to == _BOB.session
                    self._take(env)
                case Delivered(_, mids):
                    assert self.receipts >= 1
                    for mid in mids:
                        self._ends(mid, Delivered)
                case Undelivered(_, mid):
                    self._ends(mid, Undelivered)
                case SentOn(_, mids):
                    assert self.written.issuperset(mids)

    def _ends(self, mid: bytes, how: type) -> None:
        assert mid in self.written
        assert mid not in self.final, "ended twice"
        self.final[mid] = how

    def _write(self, drawn: Drawn) -> list[Output]:
        mid = (len(self.written) + 1).to_bytes(16, "big")
        self.written.add(mid)
        return self.end.write(_BOB, mid, drawn.blob().decode("utf-8", "surrogateescape"))

    def _bundle(self, drawn: Drawn) -> list[Output]:
        own, wall = keys.private("bob"), self.around.wall_ms()
        ref = self.asked[-1] if drawn.number() % 4 == 0 else drawn.number()
        times = (wall, wall + 1000)
        bundle = make_bundle(own, "bob", SERVER_FP, self.pair, times, self.around.random)
        return self.end.receive(Prekey(ref, drawn.patched(bundle.encode())))

    def _take(self, env: bytes) -> None:
        """What Bob reads: INITs open his sessions, MSGs leave their tags."""
        envelope = decode_envelope(env)
        if isinstance(envelope, Init):
            made = accept_init(keys.private("bob"), self.pair, envelope, bytes(32))
            self.sessions.append(_Session(envelope.sid, made.receipt))
        else:
            assert isinstance(envelope, Msg)
            (session,) = [s for s in self.sessions if s.sid == envelope.sid]
            session.tags.append(envelope.tag)
            assert envelope.n == len(session.tags) - 1

    def _receipt(self, drawn: Drawn) -> list[Output]:
        """With the MAC of whom the session is with, or with none."""
        if not self.sessions:
            return []
        back = drawn.number() % len(self.sessions)
        session = self.sessions[-1 - back]
        n, got, count = drawn.number(), drawn.number(), drawn.number()
        receipt = Receipt(session.sid, n, got, count)
        mac = bytes(32)
        if drawn.number() % 4 == 1 and n < len(session.tags):
            mac = receipt_mac(session.receipt_key, receipt.body(), session.tags[n])
            self.receipts += 1
        return self._deliver(receipt.body() + mac)

    def _deliver(self, env: bytes) -> list[Output]:
        return self.end.receive(ChatDeliver(_BOB.session, _BOB.fp, env))
