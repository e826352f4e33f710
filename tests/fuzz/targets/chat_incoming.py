"""What others send end to end, by a sender who holds keys and a relay that does as it likes.

Bob reads. Alice and Carol are real and hostile: they sign whatever the input makes of an INIT,
and seal any plaintext. What Bob shows was sealed under a session that its sender's key signed;
a message id is shown once a sender; what waits is bounded.
"""

from dataclasses import dataclass, field, replace

from rsachat.crypto.kdf import sha256
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol.agreement import SIGN_LABEL, SessionKeys, make_init
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import LABEL, decode_bundle, make_bundle
from rsachat.protocol.chat_context import ChatContext, ProcessMemory
from rsachat.protocol.chat_events import (
    BundleRefused,
    Dropped,
    MessagesMissing,
    Output,
    Sender,
    TextReceived,
    UnsupportedReceived,
)
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.protocol.envelope import (
    BLOCK,
    EnvelopeError,
    Init,
    Receipt,
    Reset,
    decode_envelope,
)
from rsachat.protocol.messages import (
    ChatDeliver,
    ChatSend,
    Error,
    Prekey,
    PrekeyGet,
    PrekeyPut,
    Sent,
)
from rsachat.protocol.ratchet import Content, pad
from rsachat.settings import ChatLimits
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.fuzz.sealing import sealed_raw
from tests.support import keys
from tests.support.peers import SERVER_FP, Pins

_STEPS = 24
_OUTPUTS = 400  # of one step: what waited behind an INIT is released at once
_LIMITS = ChatLimits(held_inits=4, behind_messages=8, skip=16, incoming_all=8)
_KINDS = (
    *(ChatSend, PrekeyGet, PrekeyPut, TextReceived, UnsupportedReceived),
    *(MessagesMissing, Dropped, BundleRefused),
)


def seeds() -> list[bytes]:
    """Steps: each begins with its byte (see `_Scene.step`), what follows are its choices."""
    init, bundle, wait = b"\x01\x00\x00\x00", b"\x05\x00\x00\x00", b"\x07\x01"
    carol, hers = b"\x01\x01\x01\x01", b"\x05\x00\x01\x00"
    no_text = b"\x02\x00\x00\x01\x07\x09\x01x\x00"
    malformed = b"\x02\x00\x00\x03\x01\x08\x02no\x01\x00\x00\x1a\x01\x77\x00"
    return [
        init + bundle + _hello(1) + _hello(2) + wait,
        init + _hello(1) + _hello(2) + bundle + _hello(1),
        init + b"\x06\x01\x00" + _hello(1),
        init + _hello(1) + b"\x07\x08" + bundle,
        init + bundle + _hello(1, gap=5) + no_text + malformed + _hello(3, gap=31) + wait,
        carol + hers + _hello(1, relayed=4) + init + b"\x05\x01\x00\x00" + wait,
        init + bundle + _hello(1) + b"\x04\x00\x00\x00\x00" + b"\x04\x01\x00\x00\x00",
        init + b"\x05\x00\x00\x01\x00\x00\x10\x01A" + _hello(1),
        init + bundle + _hello(1) + b"\x08\x00" + _hello(2) + init,
        b"\x03\x00\x01\x00\x00\x20\x01\x05\x00\x00" + bundle + _hello(1),
        (init + bundle) * 4 + _hello(1),
        (init + b"\x01\x00\x00\x02") * 4 + bundle + wait,
        b"\x00\x04sid!\x00\x00" + b"\x09" + b"s" * 16 + b"\x01\x02\x03\x01\x00\x00",
        b"\x07\xbe" + b"\x07\xbe" + init + bundle + _hello(1),
    ]


def _hello(mid: int, gap: int = 0, relayed: int = 0) -> bytes:
    """A text in the first session."""
    return bytes([2, 0, gap, 1, 1, mid, 5]) + b"hello" + bytes([relayed])


def target(data: bytes) -> None:
    with cheap.rsa():
        scene, drawn = _Scene(), Drawn(data)
        for step in drawn.steps(_STEPS):
            scene.check(scene.step(step, drawn))


@dataclass
class _Session:
    """A session of an author's: what seals the next message, and how many were sealed."""

    author: str
    init: Init
    chain: bytes
    n: int = 0


@dataclass
class _Scene:
    clock: cheap.Clock = field(default_factory=cheap.Clock)
    sessions: list[_Session] = field(default_factory=list)
    sealed: set[tuple[bytes, bytes, int, bytes]] = field(default_factory=set)
    shown: set[tuple[bytes, bytes]] = field(default_factory=set)
    sent: list[bytes] = field(default_factory=list)
    asked: list[PrekeyGet] = field(default_factory=list)
    around: Ambient = field(init=False)
    end: EndToEnd = field(init=False)
    bundle: bytes = field(init=False)

    def __post_init__(self) -> None:
        own = cheap.ambient(self.clock, seed=1)
        self.around = cheap.ambient(self.clock, seed=2)
        memory = ProcessMemory(own.random)
        context = ChatContext(
            keys.private("bob"), "bob", SERVER_FP, b"bob-----", Pins(), memory, own, _LIMITS
        )
        refs = iter(range(1, 1 << 31))
        self.end = EndToEnd(context, lambda: next(refs))
        (put,) = self.end.start()
        assert isinstance(put, PrekeyPut)
        self.bundle = put.bundle

    def step(self, step: int, drawn: Drawn) -> list[Output]:
        match step % 11:
            case 0:
                return self._deliver(drawn, drawn.blob())
            case 1:
                return self._deliver(drawn, self._init(drawn, changed=False))
            case 2:
                return self._message(drawn)
            case 3:
                return self._deliver(drawn, self._init(drawn, changed=True))
            case 4 if self.sent:
                return self._deliver(drawn, drawn.patched(drawn.one_of(self.sent)))
            case 5 if self.asked:
                return self._answer(drawn)
            case 6:
                return self.end.receive(Error(drawn.number(), 100 + drawn.number()))
            case 7:
                self.clock.now += drawn.number() ** 2 / 10
                return self.end.tick()
            case 8:
                return self.end.left(_session(drawn))
            case 9:
                return self._answered(drawn)
            case 10:
                return self.end.receive(Sent(drawn.number()))
        return []

    def check(self, outputs: list[Output]) -> None:
        assert len(outputs) <= _OUTPUTS
        for output in outputs:
            assert isinstance(output, _KINDS)
            match output:
                case TextReceived(sender, mid, text, ts_ms, _):
                    self._show(sender, mid)
                    assert any(
                        (fp, known, at) == (sender.fp, mid, ts_ms)
                        and text == body.decode("utf-8", "replace")
                        for fp, known, at, body in self.sealed
                    )
                case UnsupportedReceived(sender, mid):
                    self._show(sender, mid)
                case PrekeyGet():
                    self.asked.append(output)
                case PrekeyPut(bundle):
                    self.bundle = bundle
        incoming = self.end._incoming
        assert len(incoming._held._held) <= _LIMITS.held_inits
        assert len(incoming._sessions) <= _LIMITS.incoming_all
        deadline = self.end.next_deadline()
        assert deadline is not None
        assert deadline > self.clock.now - 7000

    def _show(self, sender: Sender, mid: bytes) -> None:
        assert (sender.fp, mid) not in self.shown, "shown twice"
        self.shown.add((sender.fp, mid))

    def _deliver(self, drawn: Drawn, env: bytes) -> list[Output]:
        self.sent.append(env)
        author = drawn.one_of(_AUTHORS)
        fp = keys.public(author).fingerprint
        return self.end.receive(ChatDeliver(_session(drawn), fp, env))

    def _init(self, drawn: Drawn, *, changed: bool) -> bytes:
        """An INIT for Bob; changed, its author signs what came of it if it still is one."""
        author = drawn.one_of(_AUTHORS)
        own = keys.private(author)
        bundle = decode_bundle(self.bundle)
        init, made = make_init(own, keys.public("bob"), bundle, self.around)
        env = init.encode()
        if changed:
            env = _signed_anew(own, drawn.patched(env), init)
        self._begin(author, init, made)
        return env

    def _begin(self, author: str, init: Init, made: SessionKeys) -> None:
        self.sessions.append(_Session(author, init, made.chain))

    def _message(self, drawn: Drawn) -> list[Output]:
        """A MSG of one of the sessions, under the right key, with any content."""
        if not self.sessions:
            return []
        session = drawn.one_of(self.sessions)
        gap, kind = drawn.number() % 32, drawn.number()
        ctype, mid = drawn.number(), bytes([drawn.number()]) * 16
        body = drawn.blob()
        padded = pad(Content(ctype, kind, mid, body))
        if kind % 4 == 3:
            padded = drawn.patched(padded)
            padded += bytes(-len(padded) % BLOCK) or bytes(BLOCK) * (not padded)
        n = session.n + gap
        env, session.chain = sealed_raw(session.chain, session.init.sid, n, padded, gap)
        session.n = n + 1
        self._note(session, padded)
        self.sent.append(env)
        fp = keys.public(session.author).fingerprint
        relayed = drawn.number()
        if relayed % 8 == 7:
            return self._deliver(drawn, env)
        return self.end.receive(ChatDeliver(_sid_session(session.author, relayed), fp, env))

    def _note(self, session: _Session, padded: bytes) -> None:
        fp = keys.public(session.author).fingerprint
        ts_ms, mid = int.from_bytes(padded[1:9], "big"), padded[9:25]
        length = int.from_bytes(padded[25:27], "big")
        self.sealed.add((fp, mid, ts_ms, padded[27 : 27 + length]))

    def _answer(self, drawn: Drawn) -> list[Output]:
        """PREKEY, or what the relay makes of it; its owner signs the changed one, perhaps."""
        ask = drawn.one_of(self.asked)
        author = drawn.one_of(_AUTHORS)
        own, wall = keys.private(author), self.around.wall_ms()
        times = (wall, wall + 1000)
        pair = self.around.kem.generate()
        made = make_bundle(own, author, SERVER_FP, pair, times, self.around.random)
        changed = drawn.patched(made.encode())
        try:
            bundle = decode_bundle(changed)
            signed = replace(bundle, sig=own.sign(LABEL, sha256(bundle.body())))
            changed = signed.encode()
        except ValueError:
            pass
        return self.end.receive(Prekey(ask.ref, changed))

    def _answered(self, drawn: Drawn) -> list[Output]:
        sid = drawn.take(16).ljust(16, b"\0")
        receipt = Receipt(sid, drawn.number(), drawn.number(), drawn.number(), bytes(32))
        env = receipt.encode() if drawn.number() % 2 else Reset(sid).encode()
        return self._deliver(drawn, env)


_AUTHORS = ("alice", "carol", "bob")


def _session(drawn: Drawn) -> bytes:
    return (b"alice---", b"carol---", b"alice--2", b"bob-----")[drawn.number() % 4]


def _sid_session(author: str, relayed: int) -> bytes:
    return f"{author:-<8}".encode() if relayed % 4 else b"alice---"


def _signed_anew(own: PrivateKey, env: bytes, honest: Init) -> bytes:
    try:
        init = decode_envelope(env)
    except EnvelopeError:
        return env
    if not isinstance(init, Init) or len(init.sig) != len(honest.sig):
        return env
    return replace(init, sig=own.sign(SIGN_LABEL, sha256(init.p2()))).encode()
