"""A peer that says to a server's core just what a test tells it, on the fake network of `hub`."""

from collections.abc import Iterable

from rsachat.client.events import CONN
from rsachat.crypto.kem import HybridKem
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import make_bundle
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.server.connection import Connection, Phase
from tests.support import keys
from tests.support.hub import WALL_MS, Client, Hub


class Bare:
    """A raw client: `say` sends, `received` holds all messages, `end` how the link ended.

    It shows `key`, and signs by that of `signer`, if another one is given.
    """

    def __init__(
        self,
        hub: Hub,
        key: str = "alice",
        *,
        address: str | None = None,
        role: Role = Role.CHAT,
        wish: str = "",
        listed: bool = True,
        signer: str = "",
    ) -> None:
        self._hub = hub
        self._key = key
        self._signer = signer or key
        self.link = ClientLink(
            keys.public(key), hub.ambient, role, wish, keys.public("server").fingerprint
        )
        self.received: list[m.Message] = []
        self.end: le.LinkEvent | None = None
        self.welcome: m.Welcome | None = None
        self.conn, self.address = hub.accept(address)
        hub.clients[self.conn] = Client(self, self.conn, self.address)  # type: ignore[arg-type]
        hub.settle()
        if listed and self.welcome is not None and role is Role.CHAT:
            self.say(m.PrekeyPut(self.bundle()))

    @property
    def session(self) -> bytes:
        assert self.welcome is not None
        return self.welcome.session

    @property
    def alert(self) -> int | None:
        """The code of the alert or refusal that ended it."""
        return self.end.code if isinstance(self.end, le.PeerAlert | le.Refused) else None

    def bundle(self, name: str | None = None, server_fp: bytes | None = None) -> bytes:
        """A signed bundle; of this session unless told otherwise."""
        return make_bundle(
            keys.private(self._key),
            name or self._key,
            server_fp or keys.public("server").fingerprint,
            HybridKem().generate(),
            (WALL_MS, WALL_MS + 3_600_000),
            self._hub.random.randbytes,
        ).encode()

    def say(self, *messages: m.Message) -> None:
        """Send these in as few records as fit, and let everything settle."""
        self.link.send([codec.encode(message) for message in messages])
        self._hub.settle()

    def got(self, kind: type[m.Message]) -> list[m.Message]:
        return [message for message in self.received if isinstance(message, kind)]

    # what the hub asks of a client's core

    def handle(self, event: object) -> list[object]:
        match event:
            case io.BytesReceived(data=data):
                self._take(self.link.receive_data(data))
            case io.EofReceived():
                self._take(self.link.receive_eof())
        return []

    def flush(self) -> list[object]:
        data = self.link.data_to_send()
        return [io.SendBytes(CONN, data)] if data else []

    def next_deadline(self) -> float | None:
        return None

    def _take(self, events: Iterable[le.LinkEvent]) -> None:
        for event in events:
            match event:
                case m.Message() as message:
                    self.received.append(message)
                case le.SignatureNeeded(label=label, message=message):
                    signature = keys.private(self._signer).sign(label, message)
                    self._take(self.link.signature_ready(signature))
                case le.Established(welcome=welcome):
                    self.welcome = welcome
                case _:
                    self.end = self.end or event


def listed_connection(number: int, ambient: Ambient, name: str = "alice") -> Connection:
    """A session as the directory holds it, its link never used."""
    link = ServerLink(keys.public("server"), ambient)
    conn = Connection(number, f"10.0.{number // 250}.{number % 250}:{4000 + number}", link, 0, 0)
    conn.name, conn.fp = name, keys.public("alice").fingerprint
    conn.session, conn.phase = number.to_bytes(8, "big"), Phase.LISTED
    return conn
