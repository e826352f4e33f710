"""A whole server before a hostile client that is logged in, and strangers, beside an honest one.

Nothing that they send is an internal error, and none of it ends the honest client's connection.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from rsachat.crypto.kdf import sha256
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.bundle import LABEL, decode_bundle, make_bundle
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink
from rsachat.server import notices
from rsachat.server.core import ServerCore
from rsachat.server.events import (
    Announce,
    InvitationRedeemed,
    KeyRing,
    KeysLoaded,
    LoadKeys,
    Redeemed,
    RedeemInvitation,
)
from rsachat.server.upload_io import DiskFailed
from rsachat.settings import ServerSettings
from rsachat.ui.json_output import notice_json
from tests.fuzz import cheap, links
from tests.fuzz.drawn import Drawn
from tests.fuzz.shown import is_json_line
from tests.support import keys
from tests.support.hostile import is_safe

_STEPS = 24
_BOB, _ALICE = 1, 2
_MOST_CONNECTIONS = 6
_SETTINGS = ServerSettings()


def seeds() -> list[bytes]:
    """Steps: each begins with its byte (see `_Scene.step`), what follows are its choices."""
    records = [bytes([0, 0, 1, n, 0, 0]) for n in range(0, 42, 2)]
    listed = b"\x01\x00\x00\x00"
    return [
        *records,
        listed + b"\x02\x00\x00\x05alice" + b"\x02\x00\x01\x0b127.0.0.1:1",
        listed + b"\x03\x00\x00\x02\x05\x00\x01\x02\x03\x04" + b"\x03\x00\x01\x02\x00",
        listed * 2 + b"\x06\x05" + listed,
        b"\x04\x01\x00\x00\x02\x00\x1f\x00\x00" + b"\x05\x02GE",
        b"\x04\x02" + b"\x00\x02\x01\x27\x00\x00",
        listed + b"\x07\x00\xff" + b"\x08\x00" + b"\x00\x00\x02\x00\x00\x00",
        b"\x01\x00\x01\x00\x00\x10\x01A" + listed,
    ]


def target(data: bytes) -> None:
    with cheap.rsa():
        scene, drawn = _Scene(), Drawn(data)
        for step in drawn.steps(_STEPS):
            scene.step(step, drawn)
            scene.perform(scene.core.flush())
            assert _BOB in scene.peers, "the honest client lost its connection"


class _NoDisk:
    """Jobs that a disk refuses: uploads have a target of their own."""

    def examine(self, *_: object) -> io.Job:
        return DiskFailed("no disk")

    def commit(self, *_: object) -> io.Job:
        return DiskFailed("no disk")

    def survey(self) -> io.Job:
        return DiskFailed("no disk")


@dataclass
class _Scene:
    clock: cheap.Clock = field(default_factory=cheap.Clock)
    peers: dict[int, ClientLink] = field(default_factory=dict)
    last: int = 0

    def __post_init__(self) -> None:
        names = ("alice", "bob")
        self.ring = KeyRing({keys.public(name).fingerprint: name for name in names})
        self.around = cheap.ambient(self.clock, seed=1)
        self.others = cheap.ambient(self.clock, seed=2)
        identity = keys.public("server")
        self.core = ServerCore(identity, _SETTINGS, self.around, self.ring, _NoDisk())
        self._login("bob", Role.CHAT)
        self._login("alice", Role.CHAT)
        self._publish(_BOB, "bob", b"\x00")
        self.perform(self.core.flush())
        assert self.core.clients == 1

    def step(self, step: int, drawn: Drawn) -> None:
        match step % 9:
            case 0:
                self._record(drawn, links.plaintext(drawn))
            case 1:
                self._publish(_ALICE, "alice", drawn.rest() if step > 128 else drawn.blob())
            case 2:
                by, what = drawn.number() % 2, drawn.blob().decode("utf-8", "ignore")
                self._record(drawn, codec.encode(m.Find(drawn.number(), by, what)))
            case 3:
                self._chat(drawn)
            case 4 if self.last < _MOST_CONNECTIONS:
                self._login("alice", drawn.one_of(list(Role)))
            case 5 if self.last < _MOST_CONNECTIONS:
                self._accept()
                self._receive(self.last, drawn.blob())
            case 6:
                self.clock.now += drawn.number() / 100
                self.perform(self.core.handle(io.Tick()))
            case 7:
                self.perform(self.core.handle(io.Backlog(_ALICE, drawn.number(3))))
            case 8:
                conn = self._hostile(drawn)
                self.perform(self.core.handle(io.EofReceived(conn)))

    def _hostile(self, drawn: Drawn) -> int:
        return _ALICE + drawn.number() % (self.last - 1)

    def _accept(self) -> None:
        self.last += 1
        self.perform(self.core.handle(io.Accepted(self.last, f"10.0.0.1:{self.last}")))

    def _login(self, name: str, role: Role) -> None:
        """An honest handshake; hostile is only what comes after it."""
        self._accept()
        fp = keys.public("server").fingerprint
        link = ClientLink(keys.public(name), self.others, role, name, fp)
        self.peers[self.last] = link
        self._receive(self.last, link.data_to_send())
        for _ in range(3):
            self.perform(self.core.flush())

    def _receive(self, conn: int, data: bytes) -> None:
        self.perform(self.core.handle(io.BytesReceived(conn, data)))

    def _record(self, drawn: Drawn, plaintext: bytes) -> None:
        conn = self._hostile(drawn)
        link = self.peers.get(conn)
        if link is not None and link._sealer is not None:
            self._receive(conn, link._sealer.seal(plaintext, self.clock.now))

    def _publish(self, conn: int, name: str, changes: bytes) -> None:
        """PREKEY_PUT of a bundle with changes, signed after them where it still is one."""
        link = self.peers.get(conn)
        if link is None or link._sealer is None or not link.established:
            return
        own, wall = keys.private(name), self.others.wall_ms()
        fp, pair = keys.public("server").fingerprint, self.others.kem.generate()
        made = make_bundle(own, name, fp, pair, (wall, wall + 1000), self.others.random)
        changed = Drawn(changes).patched(made.encode())
        try:
            bundle = decode_bundle(changed)
            changed = replace(bundle, sig=own.sign(LABEL, sha256(bundle.body()))).encode()
        except ValueError:
            pass
        if changed:
            put = codec.encode(m.PrekeyPut(changed[: m.MAX_BUNDLE]))
            self._receive(conn, link._sealer.seal(put, self.clock.now))

    def _chat(self, drawn: Drawn) -> None:
        """PREKEY_GET and CHAT_SEND to a session that is there, or to any."""
        sessions = [*self.core._directory._by_session, bytes(8)]
        to = drawn.one_of(sessions)
        ref = drawn.number()
        send = m.ChatSend(ref, to, drawn.blob() or b"x")
        self._record(drawn, codec.encode(m.PrekeyGet(ref, to)) + codec.encode(send))

    def perform(self, actions: Iterable[Any]) -> None:
        queue = deque(actions)
        while queue:
            action = queue.popleft()
            match action:
                case io.SendBytes(conn, data):
                    queue.extend(self._answer(conn, data))
                case io.SubmitJob(job_id, job):
                    done = job if isinstance(job, DiskFailed) else _run(job)
                    queue.extend(self.core.handle(io.JobFinished(job_id, done)))
                case io.CloseConnection(conn):
                    self.peers.pop(conn, None)
                    queue.extend(self.core.handle(io.ConnectionLost(conn, "")))
                case LoadKeys():
                    queue.extend(self.core.handle(KeysLoaded(self.ring)))
                case RedeemInvitation(conn):
                    queue.extend(self.core.handle(InvitationRedeemed(conn, Redeemed.REFUSED)))
                case Announce(notice):
                    self._check_shown(notice)

    def _check_shown(self, notice: notices.Notice) -> None:
        line = notice.line.plain
        assert all(map(is_safe, line)), line
        assert is_json_line(notice_json(notice, self.clock.wall_ms()))
        assert not isinstance(notice, notices.Warned) or "internal" not in line, line

    def _answer(self, conn: int, data: bytes) -> list[Any]:
        """A client's handshake goes on; afterwards it just reads."""
        link = self.peers.get(conn)
        if link is None:
            return []
        for event in link.receive_data(data):
            if isinstance(event, ev.SignatureNeeded):
                name = "bob" if conn == _BOB else "alice"
                link.signature_ready(keys.private(name).sign(event.label, event.message))
        out = link.data_to_send()
        return self.core.handle(io.BytesReceived(conn, out)) if out else []


def _run(job: Any) -> object:
    return job.run(keys.private("server"))
