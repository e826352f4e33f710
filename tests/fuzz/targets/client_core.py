"""A whole chat client before a hostile server that has proven its key, while a person types.

The server says what it likes in each message. The client ends once, with a reason, or goes on;
whatever it wants shown can be shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.client.core import ClientCore, Login
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.bundle import make_bundle
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.protocol.codes import FindBy, NoticeKind
from rsachat.protocol.link import ServerLink
from rsachat.settings import ClientSettings
from rsachat.ui.feed import Feed
from rsachat.ui.json_output import view_json
from rsachat.ui.words import Wording
from tests.fuzz import cheap, links
from tests.fuzz.drawn import Drawn
from tests.fuzz.shown import is_json_line
from tests.support import keys
from tests.support.hostile import is_safe
from tests.support.hub import MemoryPins

_STEPS = 32
_SETTINGS = ClientSettings()
_OWN = b"sessions"
_LINES = (
    *("@bob hi", "127.0.0.1:7/hi", "/to @bob", "more", "/who", "/verify bob", "y", "/quit"),
    *("/to 127.0.0.1:7", "@nobody x", "/help", "text\nmore"),
)
_NAMES = ("bob", "carol", "alice", "server", "system", "b0b", "b" * 32)


def seeds() -> list[bytes]:
    """Steps: each begins with its byte (see `_Scene.step`), what follows are its choices."""
    records = [bytes([5, 0, 1, n, 0, 0]) for n in range(0, 42, 2)]
    bob = b"\x01\x00\x00\x00\x00\x02"
    found = b"\x02\x01\x00\x00\x00"
    return [
        *[bob + record for record in records],
        bob + b"\x00\x00" + found + b"\x03\x01\x64\x00",
        bob + b"\x00\x02" + b"\x00\x03" + b"\x02\x00" + b"\x04\x0a" + b"\x00\x04",
        bob + b"\x00\x05" + b"\x00\x06" + b"\x01\x02\x00\x00\x00" + b"\x00\x00",
        bob + b"\x01\x01\x00\x03\x01" + b"\x00\x01" + b"\x02\x02\x00\x01\x00\x01\x02\x00",
        bob + b"\x00\x00" + b"\x04\x40" + b"\x00\x07" + b"\x06",
        bob + b"\x00\x01" + found + b"\x07\x00\x00\x02" + b"\x04\xff",
        bob + b"\x00\x01" + found + b"\x07\x01\x00\x02",
        b"\x01\x03\x05\x00\x00\x00\x07",
    ]


def target(data: bytes) -> None:
    with cheap.rsa():
        scene, drawn = _Scene(), Drawn(data)
        for step in drawn.steps(_STEPS):
            scene.step(step, drawn)
            scene.settle()
            assert scene.finished <= 1
        _check_shown(scene)


def _check_shown(scene: "_Scene") -> None:
    """As the screen and as JSON: nothing in it steers a terminal."""
    feed = Feed(Wording(zone=UTC, marks=True))
    shown = feed.lines(scene.views, scene.clock.now, scene.clock.wall_ms())
    for line in (*shown, *feed.untaken(whole=True)):
        assert all(map(is_safe, line.plain)), line
    for view in scene.views:
        text = view_json(view, scene.clock.wall_ms())
        if text is not None:
            assert is_json_line(text)


@dataclass
class _Scene:
    clock: cheap.Clock = field(default_factory=cheap.Clock)
    views: list[v.View] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    finished: int = 0

    def __post_init__(self) -> None:
        own = cheap.ambient(self.clock, seed=1)
        self.link = ServerLink(keys.public("server"), cheap.ambient(self.clock, seed=2))
        fp = keys.public("server").fingerprint
        login = Login(keys.private("alice"), "", "127.0.0.1:8000", fp)
        memory = ProcessMemory(own.random)
        self.core = ClientCore(login, MemoryPins(), memory, own, _SETTINGS)
        self.settle()
        self.entry = m.Entry(_OWN, "alice", keys.public("alice").fingerprint, "127.0.0.1:5")
        self._say(m.Roster(0, ()), m.Notice(NoticeKind.JOIN, 1, self.entry))
        self.settle()
        assert any(isinstance(view, v.Connected) for view in self.views)

    def settle(self) -> None:
        while actions := self.core.flush():
            self.perform(actions)

    def step(self, step: int, drawn: Drawn) -> None:
        match step % 8:
            case 0:
                line = drawn.one_of(_LINES)
                self.perform(self.core.handle(ce.LineEntered(line)))
            case 1:
                self._say_notice(drawn)
            case 2:
                count = drawn.number() % 4
                entries = tuple(self._entry(drawn) for _ in range(count))
                ref = self.asked[-1] if self.asked and step < 128 else drawn.number()
                self._say(m.Found(ref, entries))
            case 3:
                ref = self.asked[-1] if self.asked and step < 128 else drawn.number()
                self._say(m.Error(ref, drawn.number()))
            case 4:
                self.clock.now += drawn.number() / 4
                self.perform(self.core.handle(io.Tick()))
            case 5:
                self._record(links.plaintext(drawn))
            case 6:
                self.perform(self.core.handle(ce.LeaveRequested()))
            case 7 if self.asked:
                self._say(m.Prekey(self.asked[-1], self._bundle(drawn)))
                self._say(m.Sent(drawn.number()))

    def _entry(self, drawn: Drawn) -> m.Entry:
        number, name = drawn.number() % 4, drawn.one_of(_NAMES)
        owner = drawn.one_of(("bob", "carol", "alice"))
        session = _OWN if number == 3 else bytes([number]) * 8
        return m.Entry(session, name, keys.public(owner).fingerprint, f"127.0.0.1:{7 + number}")

    def _bundle(self, drawn: Drawn) -> bytes:
        """Of one of those who might be there, with changes."""
        owner = drawn.one_of(("bob", "carol", "alice"))
        fp, wall, pair = keys.public("server").fingerprint, cheap.WALL_MS, cheap.CheapPair(b"1")
        made = make_bundle(keys.private(owner), owner, fp, pair, (wall, wall + 1000), bytes)
        return drawn.patched(made.encode())[: m.MAX_BUNDLE] or b"x"

    def _say_notice(self, drawn: Drawn) -> None:
        kind = NoticeKind(1 + drawn.number() % 3)
        entry = self._entry(drawn)
        self._say(m.Notice(kind, drawn.number(), None if kind is NoticeKind.COUNT else entry))

    def _say(self, *messages: m.Message) -> None:
        self._record(b"".join(map(codec.encode, messages)))

    def _record(self, plaintext: bytes) -> None:
        """Under the server's keys, as long as its end of the connection has any."""
        if self.link._sealer is not None:
            record = self.link._sealer.seal(plaintext, self.clock.now)
            self.perform(self.core.handle(io.BytesReceived(ce.CONN, record)))

    def perform(self, actions: Iterable[Any]) -> None:
        for action in actions:
            match action:
                case io.SendBytes(_, data):
                    self._hear(data)
                case ce.Show(view):
                    self.views.append(view)
                case ce.Finished():
                    self.finished += 1

    def _hear(self, data: bytes) -> None:
        for event in self.link.receive_data(data):
            match event:
                case ev.SignatureNeeded(label, message):
                    self.link.signature_ready(keys.private("server").sign(label, message))
                case ev.ClientProven():
                    fp, wall = keys.public("server").fingerprint, cheap.WALL_MS
                    address, size = "127.0.0.1:5", 1 << 20
                    self.link.accept(m.Welcome(fp, _OWN, "alice", address, 1, wall, size, size))
                case m.Find(ref, by, _):
                    assert by in tuple(FindBy)
                    self.asked.append(ref)
                case m.PrekeyGet(ref, _):
                    self.asked.append(ref)
        out = self.link.data_to_send()
        if out:
            self.perform(self.core.handle(io.BytesReceived(ce.CONN, out)))
