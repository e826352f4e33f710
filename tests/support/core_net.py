"""Whole clients behind a server that a test tells what to do, also the forbidden.

The clients are real cores on real connections; the server has their other ends and its own key,
and answers honestly but for what the `..._rule`s say. Everything is immediate; `advance` moves
the clock from deadline to deadline.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.client.core import ClientCore, Login
from rsachat.client.people import KnownPerson
from rsachat.crypto.kem import HybridKem
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.protocol.chat_events import Sender
from rsachat.protocol.codes import ErrorCode, FindBy, NoticeKind
from rsachat.protocol.link import ServerLink
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.hub import WALL_MS, Clock, MemoryPins
from tests.support.peers import Hop

SERVER_FP = keys.public("server").fingerprint
View = TypeVar("View")


@dataclass
class Person:
    """A client, the server's end of its connection, and what it showed."""

    core: ClientCore
    link: ServerLink
    entry: m.Entry
    views: list[v.View] = field(default_factory=list)
    waiting: deque[m.Message] = field(default_factory=deque)

    @property
    def session(self) -> bytes:
        return self.entry.session

    @property
    def sender(self) -> Sender:
        return Sender(self.entry.session, self.entry.fp)

    def seen(self, kind: type[View]) -> list[View]:
        return [view for view in self.views if isinstance(view, kind)]


class CoreNet:
    """`pinned`: everybody knows everybody's key from an earlier run."""

    def __init__(self, *names: str, seed: int = 0, pinned: bool = False) -> None:
        self.clock = Clock()
        self.random = random.Random(seed)
        self.ambient = Ambient(
            self.clock.monotonic, self.clock.wall_ms, self.random.randbytes, HybridKem()
        )
        self.peers: dict[bytes, Person] = {}
        self.bundles: dict[bytes, bytes] = {}
        self.all_bundles: list[tuple[bytes, bytes]] = []
        self.routed: list[Hop] = []
        self.refuse_with: dict[bytes, int] = {}
        self.rule: Callable[[Hop], Iterable[Hop]] = lambda hop: [hop]
        self.bundle_rule: Callable[[bytes], bytes | None] = self.bundles.get
        self.find_rule: Callable[[m.Find], tuple[m.Entry, ...] | None] = self.find
        self.sent_rule: Callable[[int], int | None] = lambda ref: ref
        self._known = [KnownPerson(n, keys.public(n).fingerprint, False) for n in set(names)]
        self._pinned = pinned
        for name in names:
            self.join(name)

    def join(self, name: str) -> Person:
        """Log a new session of `name` in, and announce it."""
        number = len(self.peers) + 1
        login = Login(keys.private(name), "", "127.0.0.1:8000", SERVER_FP)
        core = ClientCore(
            login,
            MemoryPins(list(self._known) if self._pinned else []),
            ProcessMemory(self.random.randbytes),
            self.ambient,
            ClientSettings(),
        )
        link = ServerLink(keys.public("server"), self.ambient)
        fp = keys.public(name).fingerprint
        entry = m.Entry(number.to_bytes(8, "big"), name, fp, f"127.0.0.1:{50_000 + number}")
        person = self.peers[entry.session] = Person(core, link, entry)
        self.run()
        return person

    def type(self, person: Person, line: str) -> None:
        self._do(person, person.core.handle(ce.LineEntered(line)))
        self.run()

    def say(self, person: Person, message: m.Message) -> None:
        """Something that the server says of its own accord."""
        person.waiting.append(message)

    def deliver(self, hop: Hop) -> None:
        """Put an envelope into its recipient's stream, past the rule."""
        to = self.peers.get(hop.to)
        if to is not None:
            to.waiting.append(m.ChatDeliver(hop.sender.session, hop.sender.fp, hop.env))

    def run(self) -> None:
        """Until nothing is under way; the time stands still."""
        for _ in range(100_000):
            busy = [self._turn(person) for person in list(self.peers.values())]
            if not any(busy):
                return
        raise AssertionError("it never comes to rest")

    def advance(self, seconds: float) -> None:
        """Let time pass, with every deadline at its moment."""
        self.run()
        end = self.clock.now + seconds
        while (at := self._next_deadline()) is not None and at <= end:
            self.clock.now = max(self.clock.now, at)
            for person in self.peers.values():
                wish = person.core.next_deadline()
                if wish is not None and wish <= self.clock.now:
                    self._do(person, person.core.handle(io.Tick()))
            self.run()
        self.clock.now = end

    def find(self, asked: m.Find) -> tuple[m.Entry, ...]:
        """The honest answer."""
        by_name = asked.by == FindBy.NAME
        entries = [person.entry for person in self.peers.values()]
        return tuple(e for e in entries if asked.what == (e.name if by_name else e.address))

    def _next_deadline(self) -> float | None:
        wishes = (person.core.next_deadline() for person in self.peers.values())
        return min((at for at in wishes if at is not None), default=None)

    def _turn(self, person: Person) -> bool:
        """What waits for a client arrives, and what it has to say is taken."""
        busy = bool(person.waiting)
        if person.link.established and person.waiting:
            person.link.send([codec.encode(message) for message in person.waiting])
            person.waiting.clear()
        data = person.link.data_to_send()
        if data:
            self._do(person, person.core.handle(io.BytesReceived(ce.CONN, data)))
        return self._do(person, person.core.flush()) or busy or bool(data)

    def _do(self, person: Person, actions: list[object]) -> bool:
        """Whether the client sent something."""
        said = False
        for action in actions:
            match action:
                case io.SendBytes(data=data):
                    said = True
                    self._heard(person, person.link.receive_data(data))
                case ce.Show(view=view):
                    person.views.append(view)
                case ce.Finished(error=error):
                    raise AssertionError(f"{person.entry.name} ended: {error}")
        return said

    def _heard(self, person: Person, events: list[le.LinkEvent]) -> None:
        for event in events:
            match event:
                case le.SignatureNeeded(label=label, message=message):
                    signature = keys.private("server").sign(label, message)
                    self._heard(person, person.link.signature_ready(signature))
                case le.ClientProven():
                    person.link.accept(self._welcome(person))
                case m.Message() as message:
                    self._answer(person, message)
                case _:
                    raise AssertionError(f"{person.entry.name}: {event}")

    def _welcome(self, person: Person) -> m.Welcome:
        entry, wall = person.entry, WALL_MS + int((self.clock.now - 1000) * 1000)
        return m.Welcome(SERVER_FP, entry.session, entry.name, entry.address, 1, wall, 1, 1, "")

    def _answer(self, person: Person, message: m.Message) -> None:
        match message:
            case m.PrekeyPut(bundle=bundle):
                self._listed(person, bundle)
            case m.Find(ref=ref):
                found = self.find_rule(message)
                if found is not None:
                    self.say(person, m.Found(ref, found))
            case m.PrekeyGet(ref=ref, session=session):
                answer = self.bundle_rule(session)
                offline = m.Error(ref, ErrorCode.OFFLINE)
                self.say(person, offline if answer is None else m.Prekey(ref, answer))
            case m.ChatSend():
                self._route(person, message)
            case m.Ping(data=data):
                self.say(person, m.Pong(data))

    def _listed(self, person: Person, bundle: bytes) -> None:
        if person.session not in self.bundles:
            for other in self.peers.values():
                self.say(other, m.Notice(NoticeKind.JOIN, len(self.peers), person.entry))
        self.bundles[person.session] = bundle
        self.all_bundles.append((person.session, bundle))

    def _route(self, person: Person, message: m.ChatSend) -> None:
        code = self.refuse_with.get(message.to)
        if message.to not in self.peers:
            code = ErrorCode.OFFLINE
        if code is not None:
            self.say(person, m.Error(message.ref, code))
        else:
            hop = Hop(person.sender, message.to, message.env)
            self.routed.append(hop)
            for changed in self.rule(hop):
                self.deliver(changed)
        sent = self.sent_rule(message.ref)
        if sent is not None:
            self.say(person, m.Sent(sent))
