"""End-to-end endpoints joined by a relay that does what it is told, also the forbidden.

A test reads as a dialogue: `net = Net("alice", "bob")`, `alice.write(bob, "hi")`, `net.run()`,
then look at what each peer has shown, delivered and dropped. A hostile relay is a `rule`: a
function from one envelope under way to the envelopes that are delivered instead of it.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from rsachat.crypto.kem import HybridKem
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ChatContext, ProcessMemory, Standing
from rsachat.protocol.chat_events import (
    BundleRefused,
    Delivered,
    Dropped,
    DropReason,
    MessagesMissing,
    Output,
    Recipient,
    Sender,
    SentOn,
    TextReceived,
    Undelivered,
    UnsupportedReceived,
)
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.protocol.messages import (
    ChatDeliver,
    ChatSend,
    Error,
    Message,
    Prekey,
    PrekeyGet,
    PrekeyPut,
    Sent,
)
from rsachat.settings import ChatLimits
from tests.support import keys

SERVER_FP = b"\x53" * 32
START_MS = 1_700_000_000_000


class Clock:
    """Stands still until it is told to move; both clocks move together."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return START_MS + int(self.now * 1000)


def ambient(clock: Clock, seed: int = 1) -> Ambient:
    """A still clock and seeded randomness; the key encapsulation is the real one."""
    return Ambient(clock.monotonic, clock.wall_ms, random.Random(seed).randbytes, HybridKem())


class Pins:
    """First contact pins; `refused` are fingerprints that are never accepted."""

    def __init__(self) -> None:
        self.names: dict[str, bytes] = {}
        self.refused: set[bytes] = set()

    def standing(self, fp: bytes) -> Standing:
        if fp in self.refused:
            return Standing.REFUSED
        return Standing.ACCEPTED if fp in self.names.values() else Standing.UNKNOWN

    def admit(self, name: str, fp: bytes) -> bool:
        known = self.names.get(name)
        if fp in self.refused or known not in (None, fp):
            return False
        if known is None and fp in self.names.values():
            return False
        self.names[name] = fp
        return True


def chat_context(
    clock: Clock,
    name: str,
    number: int = 1,
    key: str | None = None,
    memory: ProcessMemory | None = None,
    limits: ChatLimits | None = None,
) -> ChatContext:
    """The login of `name` as session `number`, with another's key or memory if they are given."""
    tools = ambient(clock, number)
    return ChatContext(
        keys.private(key or name),
        name,
        SERVER_FP,
        number.to_bytes(8, "big"),
        Pins(),
        memory or ProcessMemory(tools.random),
        tools,
        limits or ChatLimits(),
    )


@dataclass(frozen=True)
class Hop:
    """An envelope on the relay: whom it will be said to come from, and who gets it."""

    sender: Sender
    to: bytes
    env: bytes

    @property
    def kind(self) -> int:
        return self.env[0] if self.env else 0


Rule = Callable[[Hop], Iterable[Hop]]


@dataclass
class Peer:
    """One endpoint and everything that it has reported."""

    name: str
    recipient: Recipient
    end: EndToEnd
    context: ChatContext
    net: "Net"
    log: list[Output] = field(default_factory=list)
    written: dict[bytes, str] = field(default_factory=dict)

    @property
    def session(self) -> bytes:
        return self.recipient.session

    @property
    def sender(self) -> Sender:
        return Sender(self.recipient.session, self.recipient.fp)

    @property
    def pins(self) -> Pins:
        assert isinstance(self.context.pins, Pins)
        return self.context.pins

    def write(self, to: "Peer", text: str, mid: bytes | None = None) -> bytes:
        mid = mid or len(self.net.peers).to_bytes(1, "big") + self.net.random.randbytes(15)
        self.written[mid] = text
        self.net.take(self, self.end.write(to.recipient, mid, text))
        return mid

    def recount_receipts(self) -> None:
        """From now on this peer's receipts count from 1 again, as no honest one's do."""
        for session in self.end._incoming._sessions._sessions.values():
            session._count = 0

    def shown(self) -> list[str]:
        return [e.text for e in self.log if isinstance(e, TextReceived)]

    def shown_events(self) -> list[TextReceived]:
        return [e for e in self.log if isinstance(e, TextReceived)]

    def unsupported(self) -> list[int]:
        return [e.ctype for e in self.log if isinstance(e, UnsupportedReceived)]

    def missing(self) -> int:
        return sum(e.count for e in self.log if isinstance(e, MessagesMissing))

    def delivered(self) -> list[bytes]:
        return [mid for e in self.log if isinstance(e, Delivered) for mid in e.mids]

    def sent_on(self) -> list[bytes]:
        return [mid for e in self.log if isinstance(e, SentOn) for mid in e.mids]

    def undelivered(self) -> list[bytes]:
        return [e.mid for e in self.log if isinstance(e, Undelivered)]

    def failures(self) -> list[str]:
        return [e.failure.name for e in self.log if isinstance(e, Undelivered)]

    def dropped(self) -> list[DropReason]:
        return [e.reason for e in self.log if isinstance(e, Dropped)]

    def warnings(self) -> list[DropReason]:
        return [e.reason for e in self.log if isinstance(e, Dropped) and e.warn]

    def refused_bundles(self) -> list[str]:
        return [e.fault.name for e in self.log if isinstance(e, BundleRefused)]


class Net:
    """Peers, the relay between them, and the time.

    `rule` sees every envelope once, when it is routed; `bundle_rule` what PREKEY_GET answers
    (None: offline). `routed` keeps all that passed, before the rule.
    """

    def __init__(self, *names: str, limits: ChatLimits | None = None) -> None:
        self.clock = Clock()
        self.random = random.Random(7)
        self.limits = limits or ChatLimits()
        self.peers: dict[bytes, Peer] = {}
        self.bundles: dict[bytes, bytes] = {}
        self.all_bundles: list[tuple[bytes, bytes]] = []
        self.routed: list[Hop] = []
        self.refuse_with: dict[bytes, int] = {}
        self.rule: Rule = lambda hop: [hop]
        self.bundle_rule: Callable[[bytes], bytes | None] = self.bundles.get
        self.silent = False  # no SENT
        self._inputs: deque[tuple[bytes, Message]] = deque()
        for name in names:
            self.join(name)

    def join(self, name: str, key: str | None = None, memory: ProcessMemory | None = None) -> Peer:
        """A new session of `name`; with another peer's memory, the same process once more."""
        number = len(self.all_bundles) + 1
        context = chat_context(self.clock, name, number, key, memory, self.limits)
        recipient = Recipient(context.session, name, context.key.public.fingerprint)
        refs = iter(range(1, 1 << 31))
        end = EndToEnd(context, lambda: next(refs))
        peer = Peer(name, recipient, end, context, self)
        self.peers[recipient.session] = peer
        self.take(peer, end.start())
        return peer

    def leave(self, peer: Peer) -> None:
        """The session ends; the others are told by a notice."""
        del self.peers[peer.session]
        self.bundles.pop(peer.session, None)
        for other in self.peers.values():
            self.take(other, other.end.left(peer.session))

    def take(self, peer: Peer, outputs: list[Output]) -> None:
        """What the server does with a client's messages; the rest is the peer's log."""
        for output in outputs:
            match output:
                case PrekeyPut():
                    self.bundles[peer.session] = output.bundle
                    self.all_bundles.append((peer.session, output.bundle))
                case PrekeyGet():
                    self._answer(peer, output)
                case ChatSend():
                    self._route(peer, output)
                case _:
                    peer.log.append(output)

    def deliver(self, hop: Hop) -> None:
        """Put an envelope into its recipient's stream, past the rule."""
        message = ChatDeliver(hop.sender.session, hop.sender.fp, hop.env)
        self._inputs.append((hop.to, message))

    def run(self, steps: int = 100_000) -> None:
        """Until nothing is under way; the time stands still."""
        while self._inputs and steps:
            steps -= 1
            session, message = self._inputs.popleft()
            peer = self.peers.get(session)
            if peer is not None:
                assert isinstance(message, ChatDeliver | Sent | Error | Prekey)
                self.take(peer, peer.end.receive(message))
        assert not self._inputs, "the peers never come to rest"

    def advance(self, seconds: float) -> None:
        """Let time pass, with every deadline at its moment."""
        self.run()
        end = self.clock.now + seconds
        while (at := self._next_deadline()) is not None and at <= end:
            self.clock.now = max(self.clock.now, at)
            for peer in list(self.peers.values()):
                self.take(peer, peer.end.tick())
            self.run()
        self.clock.now = end

    def _next_deadline(self) -> float | None:
        deadlines = (peer.end.next_deadline() for peer in self.peers.values())
        return min((at for at in deadlines if at is not None), default=None)

    def _answer(self, peer: Peer, message: PrekeyGet) -> None:
        bundle = self.bundle_rule(message.session)
        answer = (
            Error(message.ref, ErrorCode.OFFLINE) if bundle is None else Prekey(message.ref, bundle)
        )
        self._inputs.append((peer.session, answer))

    def _route(self, peer: Peer, message: ChatSend) -> None:
        hop = Hop(peer.sender, message.to, message.env)
        code = self.refuse_with.get(message.to)
        if message.to not in self.peers:
            code = ErrorCode.OFFLINE
        if code is not None:
            self._inputs.append((peer.session, Error(message.ref, code)))
        else:
            self.routed.append(hop)
            for changed in self.rule(hop):
                self.deliver(changed)
        if not self.silent:
            self._inputs.append((peer.session, Sent(message.ref)))


def flip(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    at, mask = divmod(bit % (len(data) * 8), 8)
    return data[:at] + bytes([data[at] ^ (1 << mask)]) + data[at + 1 :]


def with_env(hop: Hop, env: bytes) -> Hop:
    return replace(hop, env=env)
