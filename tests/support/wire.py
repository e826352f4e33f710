"""Two links joined by a fake wire. What happens is printed: a failed test shows the dialogue.

A unit is the preamble, one frame or one record. Units of the client: 0 preamble, 1 CLIENT_HELLO,
2 CLIENT_AUTH; of the server: 0 SERVER_HELLO, 1 SERVER_AUTH, 2 AUTH_RESULT, 3 WELCOME.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from rsachat.crypto.kem import HybridKem, Kem
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.protocol.records import MIN_RECORD, Opener, Sealer
from rsachat.protocol.states import ClientState, ServerState, State
from rsachat.settings import RecordLimits, WireLimits
from tests.support import keys

CLIENT, SERVER = "client", "server"
WALL_MS = 1_700_000_000_000
Event = TypeVar("Event")
Tamper = Callable[[str, int, bytes], Iterable[bytes]]


@dataclass
class Clock:
    """Monotonic seconds that a test moves by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def ambient(clock: Callable[[], float] | None = None, kem: Kem | None = None) -> Ambient:
    return Ambient(clock or Clock(), lambda: WALL_MS, os.urandom, kem or HybridKem())


def client_link(
    name: str = "alice",
    role: Role = Role.CHAT,
    pin: bytes | None = keys.public("server").fingerprint,
    around: Ambient | None = None,
    limits: RecordLimits | None = None,
) -> ClientLink:
    limits = limits or RecordLimits()
    return ClientLink(keys.public(name), around or ambient(), role, name, pin, limits)


def server_link(
    name: str = "server", around: Ambient | None = None, limits: RecordLimits | None = None
) -> ServerLink:
    return ServerLink(keys.public(name), around or ambient(), limits or RecordLimits())


def welcome(server: str = "server", name: str = "alice") -> m.Welcome:
    fp = keys.public(server).fingerprint
    return m.Welcome(fp, b"sessions", name, "127.0.0.1:5", 1, WALL_MS, 64 << 20, 4 << 30, "hello")


def cut(data: bytes) -> list[bytes]:
    """Bytes as units; what is not whole at the end is one, too."""
    units = []
    if data.startswith(PREAMBLE[:7]):
        units.append(data[: len(PREAMBLE)])
        data = data[len(PREAMBLE) :]
    while data:
        length = 4 + int.from_bytes(data[:4], "big")
        units.append(data[:length])
        data = data[length:]
    return units


def pass_on(_who: str, _index: int, unit: bytes) -> Iterable[bytes]:
    return [unit]


@dataclass
class Wire:
    """Carries bytes both ways and answers what links ask of their cores.

    `tamper(who, index, unit)` says what arrives in place of a unit that `who` sent. `refuse` is
    the code of a core that turns the client away; `before_accept` runs before one lets it in.
    """

    client: ClientLink = field(default_factory=client_link)
    server: ServerLink = field(default_factory=server_link)
    client_key: PrivateKey = field(default_factory=lambda: keys.private("alice"))
    server_key: PrivateKey = field(default_factory=lambda: keys.private("server"))
    tamper: Tamper = pass_on
    refuse: int | None = None
    before_accept: Callable[[], None] = lambda: None
    welcome: m.Welcome = field(default_factory=welcome)
    events: dict[str, list[ev.LinkEvent]] = field(default_factory=lambda: {CLIENT: [], SERVER: []})
    units: dict[str, list[bytes]] = field(default_factory=lambda: {CLIENT: [], SERVER: []})

    def run(self) -> "Wire":
        """Until neither side has anything to send."""
        while self._carry(CLIENT) | self._carry(SERVER):
            pass
        return self

    def seen(self, who: str, kind: type[Event]) -> list[Event]:
        return [event for event in self.events[who] if isinstance(event, kind)]

    def received(self, who: str) -> list[m.Message]:
        return self.seen(who, m.Message)

    def feed(self, to: str, data: bytes) -> list[ev.LinkEvent]:
        """Bytes straight to one side."""
        link = self.client if to == CLIENT else self.server
        print(f"  {to} reads {len(data)} bytes: {data[:24].hex()}")
        return self._handle(to, link.receive_data(data))

    def eof(self, to: str) -> list[ev.LinkEvent]:
        link = self.client if to == CLIENT else self.server
        return self._handle(to, link.receive_eof())

    def _carry(self, who: str) -> bool:
        link, to = (self.client, SERVER) if who == CLIENT else (self.server, CLIENT)
        data = link.data_to_send()
        for unit in cut(data):
            index = len(self.units[who])
            self.units[who].append(unit)
            arriving = list(self.tamper(who, index, unit))
            print(f"{who} sends unit {index}, {len(unit)} bytes", "" if arriving else "(lost)")
            for part in arriving:
                self.feed(to, part)
        return bool(data)

    def _handle(self, who: str, events: list[ev.LinkEvent]) -> list[ev.LinkEvent]:
        self.events[who] += events
        for event in events:
            print(f"  {who}: {event!r:.150}")
            match event:
                case ev.SignatureNeeded(label, message) if who == CLIENT:
                    self._handle(
                        who, self.client.signature_ready(self._sign_client(label, message))
                    )
                case ev.SignatureNeeded(label, message):
                    self._handle(
                        who, self.server.signature_ready(self._sign_server(label, message))
                    )
                case ev.ClientProven() if self.refuse is not None:
                    self.server.refuse(self.refuse)
                case ev.ClientProven():
                    self.before_accept()
                    self.server.accept(self.welcome)
        return events

    def _sign_client(self, label: bytes, message: bytes) -> bytes:
        return self.client_key.sign(label, message)

    def _sign_server(self, label: bytes, message: bytes) -> bytes:
        return self.server_key.sign(label, message)


def logged_in(
    role: Role = Role.CHAT,
    limits: RecordLimits | None = None,
    clock: Clock | None = None,
) -> Wire:
    """A wire whose two ends have opened the connection, without events left over."""
    around = ambient(clock or Clock())
    wire = Wire(
        client_link(role=role, around=around, limits=limits),
        server_link(around=around, limits=limits),
    ).run()
    assert wire.client.established
    assert wire.server.established
    wire.events = {CLIENT: [], SERVER: []}
    wire.units = {CLIENT: [], SERVER: []}
    return wire


def opened(
    role: Role = Role.CHAT,
    limits: RecordLimits | None = None,
    server_limits: RecordLimits | None = None,
) -> Wire:
    """As `logged_in`, but set open with fixed secrets: no RSA, for tests by the thousand."""
    ours = limits or RecordLimits()
    theirs = server_limits or ours
    wire = Wire(client_link(role=role, limits=ours), server_link(limits=theirs))
    wire.client.data_to_send()
    _set_open(wire.client, ClientState[role.name], b"c" * 32, b"s" * 32, ours)
    _set_open(wire.server, ServerState[role.name], b"s" * 32, b"c" * 32, theirs)
    return wire


def _set_open(
    link: ClientLink | ServerLink, state: State, own: bytes, peers: bytes, limits: RecordLimits
) -> None:
    link.state = state
    link._sealer = Sealer(own, link._ambient.monotonic(), limits)
    link._opener = Opener(peers, limits)
    link._reader.limit(MIN_RECORD, WireLimits().record)
