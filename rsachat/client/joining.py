"""Joins a server by an invitation: one connection, one JOIN, one answer (PROTOCOL 5.5).

The secret leaves only after WELCOME, to the end that has proven the key which the code names.
"""

from rsachat.client.channel import Channel, ChannelEvent, End, Ended, LoggedIn
from rsachat.client.endings import ending_error
from rsachat.client.events import CONN, Finished
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.errors import ConnectError, RefusedError, RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.invitation import Invitation
from rsachat.settings import ClientSettings

Action = object


class JoinCore:
    """Feed it the events of one connection. `server` is whose answer was yes, None before."""

    def __init__(
        self,
        identity: PrivateKey,
        invitation: Invitation,
        server: str,
        ambient: Ambient,
        settings: ClientSettings,
    ) -> None:
        """`server` is `host:port`, for what is said to a person."""
        self._invitation = invitation
        self._address = server
        self._monotonic = ambient.monotonic
        self._until = ambient.monotonic() + settings.handshake_seconds
        self._channel = Channel(
            identity, ambient, settings, Role.JOIN, invitation.name, invitation.server
        )
        self._actions: list[Action] = []
        self.server: PublicKey | None = None

    def handle(self, event: object) -> list[Action]:
        match event:
            case io.BytesReceived(data=data):
                self._take(self._channel.receive(data))
            case io.EofReceived():
                self._take(self._channel.eof())
            case io.ConnectionLost(why=why):
                self._take(self._channel.lost(why))
            case io.Tick():
                self._tick()
        actions, self._actions = self._actions, []
        return actions

    def flush(self) -> list[Action]:
        data = self._channel.flush()
        return [io.SendBytes(CONN, data)] if data else []

    def next_deadline(self) -> float | None:
        """For both, the login and the answer: the server gives no more time either."""
        return None if self._channel.ended else self._until

    def _tick(self) -> None:
        if not self._channel.ended and self._monotonic() >= self._until:
            self._channel.ended = True
            self._finish(_unanswered(self._address, "it did not answer in time"))

    def _take(self, events: list[ChannelEvent]) -> None:
        for event in events:
            match event:
                case LoggedIn():
                    self._channel.send(m.Join(self._invitation.secret))
                case m.Joined(code=code):
                    self._answered(code)
                    return
                case Ended():
                    self._finish(self._error(event))

    def _answered(self, code: int) -> None:
        self._channel.close()
        self._channel.ended = True
        if code == AlertCode.ACCEPTED:
            self.server = self._channel.server
        self._finish(None if code == AlertCode.ACCEPTED else _refused(self._address))

    def _finish(self, error: RsachatError | None) -> None:
        self._actions += [*self.flush(), io.CloseConnection(CONN), Finished(error)]

    def _error(self, ended: Ended) -> RsachatError:
        if ended.end is End.CHANGED and ended.key is not None:
            return _other_server(self._address, self._invitation.server, ended.key)
        error = ending_error(ended, self._address, None)
        return error or _unanswered(self._address, "it ended the connection")


def _other_server(address: str, expected: bytes, found: PublicKey) -> RefusedError:
    return RefusedError(
        f"what answers at {address} is not the server that the code names",
        why=(
            f"expected {fingerprint_text(expected)}…\n"
            f"found    {fingerprint_text(found.fingerprint)}\n"
            "someone may be in between: nothing was sent, and the code can still be used"
        ),
        hint="check the address, and ask who runs the server",
    )


def _refused(address: str) -> RefusedError:
    return RefusedError(
        f"the server {address} does not accept this invitation",
        why="it was used, has expired or was withdrawn, or this key has another name there",
        hint="ask for a new one; who runs the server makes it by: rsachat invite NAME",
    )


def _unanswered(address: str, why: str) -> ConnectError:
    return ConnectError(
        f"the server {address} gave no answer to the invitation",
        why=why,
        hint="the same command can be repeated",
    )
