"""What a chat session may ask of the server: prekeys, finding, and passing envelopes on.

An envelope is opaque bytes here. It goes to the session it names or is answered by ERROR.
"""

from rsachat.crypto.kdf import sha256
from rsachat.errors import ProtocolError
from rsachat.protocol.bundle import BundleError, Owner, check_owner, decode_bundle
from rsachat.protocol.codec import encode_delivery
from rsachat.protocol.codes import AlertCode, ErrorCode, Role
from rsachat.protocol.messages import (
    ChatSend,
    Error,
    Find,
    Found,
    Ping,
    Pong,
    Prekey,
    PrekeyGet,
    PrekeyPut,
)
from rsachat.server.connection import Buckets, Connection
from rsachat.server.directory import Directory
from rsachat.server.events import Announce
from rsachat.server.limits import TokenBucket
from rsachat.server.notices import Relayed
from rsachat.server.outgoing import Outgoing
from rsachat.settings import ServerSettings

HEARTBEATS = 2  # a PING and a PONG may come at once; more is a flood
TAPPED = 96  # bytes of an envelope that a tap shows


class Relay:
    """Routes between sessions. Raises ProtocolError where a session breaks the rules."""

    def __init__(
        self,
        server_fp: bytes,
        directory: Directory,
        outgoing: Outgoing,
        settings: ServerSettings,
    ) -> None:
        self._server_fp = server_fp
        self._directory = directory
        self._outgoing = outgoing
        self._limits = settings.relay
        self._session = settings.session
        self._tap = settings.tap
        self._offers: dict[bytes, TokenBucket] = {}
        self.routed = 0  # envelopes, since the start
        self.refused = 0

    def put_prekey(self, conn: Connection, message: PrekeyPut, now: float) -> None:
        """Keep the newest bundle of a session. Raises ProtocolError(RATE or AUTH)."""
        if now < conn.bundle_at + self._session.prekey_every:
            raise ProtocolError(AlertCode.RATE, "prekeys too often")
        owner = Owner(conn.name, conn.fp, self._server_fp)
        try:
            check_owner(decode_bundle(message.bundle), owner)
        except BundleError as error:
            raise ProtocolError(AlertCode.AUTH, str(error)) from error
        conn.bundle, conn.bundle_at = message.bundle, now

    def get_prekey(self, conn: Connection, message: PrekeyGet, now: float) -> None:
        self._count_ref(conn, message.ref)
        self._buckets(conn, now).asks.take(1, now)
        asked = self._directory.session(message.session)
        if asked is None:
            self._outgoing.say(conn, Error(message.ref, ErrorCode.OFFLINE))
        else:
            self._outgoing.say(conn, Prekey(message.ref, asked.bundle))

    def ping(self, conn: Connection, message: Ping, now: float) -> None:
        conn.beats += 1
        self._outgoing.say(conn, Pong(message.data))

    def pong(self, conn: Connection, message: Pong, now: float) -> None:
        conn.beats += 1

    def find(self, conn: Connection, message: Find, now: float) -> None:
        self._count_ref(conn, message.ref)
        self._buckets(conn, now).asks.take(1, now)
        entries = self._directory.find(message.by, message.what, self._session.roster)
        self._outgoing.say(conn, Found(message.ref, entries))

    def send(self, conn: Connection, message: ChatSend, now: float) -> None:
        """Pass an envelope on, or say why not; either way SENT covers it."""
        self._count_ref(conn, message.ref)
        conn.unpaid += 1
        conn.unpaid_bytes += len(message.env)
        conn.messages += 1
        fault = self._route(conn, message)
        if fault is None:
            self.routed += 1
        else:
            self.refused += 1
            self._outgoing.say(conn, Error(message.ref, fault))
        self._outgoing.owe_sent(conn, message.ref, now)

    def _route(self, conn: Connection, message: ChatSend) -> ErrorCode | None:
        to = self._directory.session(message.to)
        if to is None:
            return ErrorCode.OFFLINE
        delivered = encode_delivery(conn.session, conn.fp, message.env)
        if not self._outgoing.deliver(to, delivered, conn.session):
            return ErrorCode.BACKLOG
        if self._tap:
            self._announce(conn, to, message.env)
        return None

    def _announce(self, conn: Connection, to: Connection, env: bytes) -> None:
        """All that can be seen here of what passes."""
        seen = Relayed(conn.name, to.name, len(env), sha256(env).hex(), env[:TAPPED].hex())
        self._outgoing.act(Announce(seen))

    def count_offer(self, conn: Connection, now: float) -> None:
        """UP_OFFER has a rate of its own for each key, over all of its connections."""
        limits = self._limits
        if conn.fp not in self._offers:
            rate, burst = limits.offers_per_second, limits.offers_burst
            self._offers[conn.fp] = TokenBucket(rate, burst, now)
        self._offers[conn.fp].take(1, now)

    def debt(self, conn: Connection, now: float) -> float:
        """Seconds for which this connection is not read, to keep to its rates.

        Envelopes are paid for here, all that came at once together, and as so many questions a
        flood of heartbeats and of what the link keeps to itself.
        """
        idle = conn.beats + conn.link.untold
        if idle > HEARTBEATS:
            self._buckets(conn, now).asks.take(idle, now)
        conn.beats = conn.link.untold = 0
        if conn.unpaid:
            buckets = self._buckets(conn, now)
            buckets.envelopes.take(conn.unpaid, now)
            buckets.bytes.take(conn.unpaid_bytes, now)
            conn.unpaid = conn.unpaid_bytes = 0
        offers = self._offers.get(conn.fp)
        wait = 0.0 if offers is None or conn.role is not Role.UPLOAD else offers.wait(now)
        for bucket in conn.buckets or ():
            wait = max(wait, bucket.wait(now))
        return wait

    def _count_ref(self, conn: Connection, ref: int) -> None:
        if ref <= conn.last_ref:
            raise ProtocolError(AlertCode.UNEXPECTED, "ref does not rise")
        conn.last_ref = ref

    def _buckets(self, conn: Connection, now: float) -> Buckets:
        if conn.buckets is None:
            limits = self._limits
            conn.buckets = Buckets(
                TokenBucket(limits.envelopes_per_second, limits.envelopes_burst, now),
                TokenBucket(limits.bytes_per_second, limits.bytes_burst, now),
                TokenBucket(limits.asks_per_second, limits.asks_burst, now),
            )
        return conn.buckets
