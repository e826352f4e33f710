"""A client's one connection: login against a pin, then messages, upkeep and an orderly end.

Shared by chat and uploads. It signs by itself: RSA of a client runs on its loop's thread.
Every way in which a connection can end comes out as one `Ended`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from rsachat.crypto.rsa import PublicKey, Random
from rsachat.protocol import codec
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link import ClientLink
from rsachat.settings import ClientSettings


class End(Enum):
    """How a connection ended."""

    UNPINNED = auto()  # the server proved a key, and there was no pin: `key`
    CHANGED = auto()  # the server claimed another key than the pin's: `key`
    REFUSED = auto()  # the login ended with an alert: `code`, `versions`
    BROKEN = auto()  # the server broke the protocol: `detail`
    TIMED_OUT = auto()  # no login in time, or no input for long
    CUT = auto()  # end of input without a goodbye: `detail`
    ALERT = auto()  # the server ended a session with an alert: `code`
    CLOSED = auto()  # the server said CLOSE


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Both sides are proven."""

    welcome: m.Welcome


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a channel; its other fields say more where the way of ending does."""

    end: End
    logged_in: bool
    key: PublicKey | None = None
    code: int = 0
    versions: tuple[int, ...] = ()
    detail: str = ""


ChannelEvent = LoggedIn | Ended | m.Message


class Signer(Protocol):
    """Whose connection it is: a PrivateKey, or one who never comes so far as to sign."""

    @property
    def public(self) -> PublicKey: ...
    def sign(self, label: bytes, message: bytes, random: Random, /) -> bytes: ...


class Channel:
    """Feed it bytes and ends; send what `flush` gives; `tick` at `next_deadline`."""

    def __init__(
        self,
        identity: Signer,
        ambient: Ambient,
        settings: ClientSettings,
        role: Role,
        wish: str,
        pin: bytes | None,
    ) -> None:
        self._identity = identity
        self._ambient = ambient
        self._settings = settings
        self._link = ClientLink(identity.public, ambient, role, wish, pin, settings.records)
        self._waiting: list[bytes] = []
        self._opened_at = self._input_at = ambient.monotonic()
        self._pinged_at = float("-inf")
        self._logged_in = False
        self.ended = False

    @property
    def server(self) -> PublicKey | None:
        """The server's proven key, None before the login."""
        return self._link.peer if self._logged_in else None

    def receive(self, data: bytes) -> list[ChannelEvent]:
        self._input_at = self._ambient.monotonic()
        return self._turn(self._link.receive_data(data))

    def eof(self) -> list[ChannelEvent]:
        return self._turn(self._link.receive_eof())

    def lost(self, why: str) -> list[ChannelEvent]:
        """The connection broke below us."""
        return self._end(End.CUT, detail=why)

    def send(self, message: m.Message) -> None:
        """Queue a message; only after LoggedIn."""
        self._waiting.append(codec.encode(message))

    def close(self) -> None:
        """Say goodbye; the server's answer comes out as Ended(CLOSED)."""
        self._seal()
        self._link.close()

    def flush(self) -> bytes:
        """What is to be written now."""
        self._seal()
        return self._link.data_to_send()

    def tick(self) -> list[ChannelEvent]:
        """A deadline may have come."""
        if self.ended:
            return []
        now, limits = self._ambient.monotonic(), self._settings.session
        if now >= self._deadline():
            return self._end(End.TIMED_OUT)
        quiet_since = max(self._input_at, self._pinged_at)
        if self._logged_in and now >= quiet_since + limits.ping_after:
            self._pinged_at = now
            self.send(m.Ping(self._ambient.random(8)))
        return []

    def next_deadline(self) -> float | None:
        if self.ended:
            return None
        if not self._logged_in:
            return self._deadline()
        quiet_since = max(self._input_at, self._pinged_at)
        return min(self._deadline(), quiet_since + self._settings.session.ping_after)

    def _deadline(self) -> float:
        """When this connection counts as dead."""
        if self._logged_in:
            return self._input_at + self._settings.session.dead_after
        return self._opened_at + self._settings.handshake_seconds

    def _seal(self) -> None:
        if self._waiting and self._link.established:
            self._link.send(self._waiting)
        self._waiting = []

    def _turn(self, events: Iterable[le.LinkEvent]) -> list[ChannelEvent]:
        """Link events as channel events; nothing comes after Ended."""
        out: list[ChannelEvent] = []
        for event in events:
            if self.ended:
                break
            out += self._one(event)
        return out

    def _one(self, event: le.LinkEvent) -> list[ChannelEvent]:
        match event:
            case m.Ping(data=data):
                self.send(m.Pong(data))
                return []
            case m.Pong():
                return []
            case m.Message():
                return [event]
            case le.SignatureNeeded(label=label, message=message):
                signature = self._identity.sign(label, message, self._ambient.random)
                return self._turn(self._link.signature_ready(signature))
            case le.Established(welcome=welcome):
                self._logged_in = True
                return [LoggedIn(welcome)]
            case _:
                return self._last(event)

    def _last(self, event: le.LinkEvent) -> list[ChannelEvent]:
        match event:
            case le.ServerUnpinned(key=key):
                return self._end(End.UNPINNED, key=key)
            case le.ServerMismatch(key=key):
                return self._end(End.CHANGED, key=key)
            case le.Refused(code=code, versions=versions):
                return self._end(End.REFUSED, code=code, versions=versions)
            case le.PeerAlert(code=code):
                return self._end(End.ALERT, code=code)
            case le.PeerClosed():
                return self._end(End.CLOSED)
            case le.LinkFailed(code=code, detail=detail):
                return self._end(End.BROKEN, code=code or 0, detail=detail)
            case _:
                return self._end(End.CUT)

    def _end(
        self,
        end: End,
        *,
        key: PublicKey | None = None,
        code: int = 0,
        versions: tuple[int, ...] = (),
        detail: str = "",
    ) -> list[ChannelEvent]:
        if self.ended:
            return []
        self.ended = True
        if end is End.TIMED_OUT:
            self._link.alert(AlertCode.IDLE)
        return [Ended(end, self._logged_in, key, code, versions, detail)]
