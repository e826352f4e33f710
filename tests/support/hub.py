"""A server core and client cores on one fake network, clock and pool, to be driven by a test.

Everything is immediate and in order: bytes that a core sends arrive in the next turn of
`settle`, jobs run inline, and the clock moves only when a test says so.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.client.carried import Carried
from rsachat.client.core import ClientCore, Login
from rsachat.client.people import KnownPerson
from rsachat.crypto.kem import HybridKem
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.server import upload_io as up
from rsachat.server.core import ServerCore
from rsachat.server.events import (
    Announce,
    GuestSeen,
    InvitationRedeemed,
    KeyRing,
    KeysLoaded,
    LoadKeys,
    Redeemed,
    RedeemInvitation,
    Stop,
    StoreGuest,
)
from rsachat.server.notices import Notice
from rsachat.settings import ClientSettings, ServerSettings
from tests.support import keys

WALL_MS = 1_790_000_000_000


class Clock:
    """Monotonic seconds that a test moves, and a wall clock that somebody may set."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.set_by_ms = 0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return WALL_MS + self.set_by_ms + int((self.now - 1000.0) * 1000)


class NoUploads:
    """Disk jobs for tests without uploads."""

    def examine(self, *_: object) -> io.Job:
        raise AssertionError("no uploads here")

    def commit(self, *_: object) -> io.Job:
        raise AssertionError("no uploads here")

    def survey(self) -> io.Job:
        return _NoFiles()


class _NoFiles:
    def run(self, _key: object) -> up.Usage:
        return up.Usage({}, 1 << 40, ())


@dataclass
class MemoryPins:
    """A PinStore in memory."""

    held: list[KnownPerson] = field(default_factory=list)
    name: str | None = None

    def people(self, server_fp: bytes) -> tuple[KnownPerson, ...]:
        return tuple(self.held)

    def pin(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        for person in self.held:
            if person.name == name or person.fp == fp:
                return person
        person = KnownPerson(name, fp, False)
        self.held.append(person)
        return person

    def verify(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        self.held = [person for person in self.held if person.name != name]
        self.held.append(KnownPerson(name, fp, True))
        return self.held[-1]

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        self.name = self.name or told
        return self.name


@dataclass
class Client:
    """A client core with what it showed; `conn` is its number at the server."""

    core: ClientCore
    conn: int
    address: str
    views: list[v.View] = field(default_factory=list)
    finished: bool = False
    error: RsachatError | None = None
    cut: bool = False

    def seen(self, kind: type) -> list[v.View]:
        return [view for view in self.views if isinstance(view, kind)]

    def texts(self) -> list[str]:
        return [view.text for view in self.views if isinstance(view, v.Message)]


class Hub:
    """The network. `authorized` maps names to test keys; `tap` sees each byte string sent."""

    def __init__(
        self,
        authorized: tuple[str, ...] = ("alice", "bob", "carol"),
        settings: ServerSettings | None = None,
        seed: int = 0,
    ) -> None:
        self.clock = Clock()
        self.random = random.Random(seed)
        self.ambient = Ambient(
            self.clock.monotonic, self.clock.wall_ms, self.random.randbytes, HybridKem()
        )
        self.ring = KeyRing({keys.public(name).fingerprint: name for name in authorized})
        self.server = ServerCore(
            keys.public("server"),
            settings or ServerSettings(),
            self.ambient,
            self.ring,
            NoUploads(),
        )
        self.notices: list[Notice] = []
        self.guests: list[StoreGuest] = []
        self.guests_seen: list[str] = []
        self.invited: dict[bytes, str] = {}
        self.keys_trouble = False
        self.stopped = False
        self.tolerant = False
        """Whether a bug of the core may show as a notice only."""
        self.clients: dict[int, Client] = {}
        self.to_server: Callable[[int, bytes], bytes] = lambda conn, data: data
        self.to_client: Callable[[int, bytes], bytes] = lambda conn, data: data
        self.raw: dict[int, bytearray] = {}
        self.closed: set[int] = set()
        self.paused: set[int] = set()
        self.hold_jobs = False
        self.hold_keys = False
        self._jobs: deque[io.SubmitJob] = deque()
        self._events: deque[tuple[int | None, object]] = deque()
        self._conn = 0

    # clients and raw connections

    def join(
        self,
        key: str,
        *,
        chosen: str | None = None,
        piped: bool = False,
        pin: bytes | None = None,
        pins: MemoryPins | None = None,
        wish: str = "",
        address: str | None = None,
        memory: ProcessMemory | None = None,
        strict: bool = False,
        reconnect: bool = False,
        carried: Carried | None = None,
    ) -> Client:
        """Connect a client and let everything settle."""
        conn, address = self.accept(address)
        login = Login(
            keys.private(key),
            wish,
            "127.0.0.1:8000",
            pin or keys.public("server").fingerprint,
            chosen,
            piped,
            strict,
            reconnect,
        )
        core = ClientCore(
            login,
            pins or MemoryPins(),
            memory or ProcessMemory(self.random.randbytes),
            self.ambient,
            ClientSettings(),
            carried,
        )
        client = self.clients[conn] = Client(core, conn, address)
        self.settle()
        return client

    def accept(self, address: str | None = None) -> tuple[int, str]:
        """A bare connection, without a client behind it."""
        self._conn += 1
        address = address or f"127.0.0.1:{50000 + self._conn}"
        self.raw[self._conn] = bytearray()
        self._server(io.Accepted(self._conn, address))
        return self._conn, address

    def type(self, client: Client, *lines: str) -> None:
        for line in lines:
            self._client(client, ce.LineEntered(line))
        self.settle()

    def tell(self, client: Client, event: object) -> None:
        self._client(client, event)
        self.settle()

    def cut(self, client: Client) -> None:
        """The network breaks between this client and the server."""
        client.cut = True
        self._server(io.ConnectionLost(client.conn, "connection reset"))
        self._client(client, io.ConnectionLost(0, "connection reset"))
        self.settle()

    def unanswered(self, name: str) -> None:
        """From now on the server does not say where this one is."""
        find = self.server._link_handlers[m.Find]
        self.server._link_handlers[m.Find] = lambda conn, message, now: (
            None if message.what == name else find(conn, message, now)
        )

    def feed(self, event: object) -> None:
        """An event for the server."""
        self._server(event)
        self.settle()

    def load_keys(self, ring: KeyRing) -> None:
        self.ring = ring
        self.feed(KeysLoaded(ring))

    # time

    def settle(self, limit: int = 10_000) -> None:
        """Let everything happen that needs no time to pass."""
        for _ in range(limit):
            if not self._turn():
                return
        raise AssertionError("it never settles")

    def advance(self, seconds: float, step: float = 0.05) -> None:
        """Let time pass in steps, ticking whoever asked for it."""
        end = self.clock.now + seconds
        self.settle()
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + step)
            self._tick()
            self.settle()

    def _tick(self) -> None:
        if _is_due(self.server.next_deadline(), self.clock.now):
            self._server(io.Tick())
        for client in list(self.clients.values()):
            if _is_due(client.core.next_deadline(), self.clock.now):
                self._client(client, io.Tick())

    def _turn(self) -> bool:
        """One pass for everybody; whether anything happened."""
        before = len(self._events)
        self._do_server(self.server.flush())
        for client in list(self.clients.values()):
            self._do_client(client, client.core.flush())
        happened = before or len(self._events)
        for _ in range(len(self._events)):
            conn, event = self._events.popleft()
            if conn is None:
                self._server(event)
            elif conn in self.clients and not self.clients[conn].finished:
                self._client(self.clients[conn], event)
        return bool(happened)

    def run_jobs(self) -> None:
        """Run what was held back."""
        while self._jobs:
            self._run(self._jobs.popleft())

    # the two sides

    def _server(self, event: object) -> None:
        self._do_server(self.server.handle(event))

    def _client(self, client: Client, event: object) -> None:
        self._do_client(client, client.core.handle(event))

    def _do_server(self, actions: list[object]) -> None:
        for action in actions:
            match action:
                case io.SendBytes(conn=conn, data=data):
                    changed = self.to_client(conn, data)
                    self.raw[conn] += changed
                    if changed:
                        self._events.append((conn, io.BytesReceived(0, changed)))
                case io.CloseConnection(conn=conn):
                    self.closed.add(conn)
                    self._events.append((conn, io.EofReceived(0)))
                case io.SubmitJob() if self.hold_jobs:
                    self._jobs.append(action)
                case io.SubmitJob():
                    self._run(action)
                case Announce(notice=notice):
                    assert self.tolerant or "internal error" not in notice.line.plain
                    self.notices.append(notice)
                case LoadKeys() if not self.hold_keys:
                    self._events.append((None, KeysLoaded(self.ring)))
                case StoreGuest():
                    self.guests.append(action)
                case GuestSeen(name=name):
                    self.guests_seen.append(name)
                case RedeemInvitation():
                    self._redeem(action)
                case io.PauseReading(conn=conn):
                    self.paused.add(conn)
                case io.ResumeReading(conn=conn):
                    self.paused.discard(conn)
                case Stop():
                    self.stopped = True

    def _redeem(self, action: RedeemInvitation) -> None:
        """As the shell does it: `invited` maps hashed secrets to names, and is spent.

        With `keys_trouble` the folder can be neither read nor written.
        """
        if self.keys_trouble:
            self._events.append((None, InvitationRedeemed(action.conn, Redeemed.FAILED)))
            return
        accepted = self.invited.get(action.hashed) == action.name
        if accepted:
            del self.invited[action.hashed]
            fp = PublicKey.from_spki(action.spki).fingerprint
            self.ring = KeyRing({**self.ring.authorized, fp: action.name})
            self._events.append((None, KeysLoaded(self.ring)))
        outcome = Redeemed.ACCEPTED if accepted else Redeemed.REFUSED
        self._events.append((None, InvitationRedeemed(action.conn, outcome)))

    def _do_client(self, client: Client, actions: list[object]) -> None:
        for action in actions:
            match action:
                case io.SendBytes(data=data):
                    changed = self.to_server(client.conn, data)
                    if changed:
                        self._events.append((None, io.BytesReceived(client.conn, changed)))
                case io.CloseConnection():
                    self._events.append((None, io.EofReceived(client.conn)))
                case ce.Show(view=view):
                    client.views.append(view)
                case ce.Finished(error=error):
                    client.finished, client.error = True, error

    def _run(self, action: io.SubmitJob) -> None:
        result = action.job.run(keys.private("server"))  # type: ignore[attr-defined]
        self._events.append((None, io.JobFinished(action.job_id, result)))


def _is_due(deadline: float | None, now: float) -> bool:
    return deadline is not None and deadline <= now
