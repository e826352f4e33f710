"""Joins a server by an invitation: one connection, one JOIN, one answer (PROTOCOL 5.5).

The secret leaves only after WELCOME, to the end that has proven the key which the code names.
"""

from rsachat.client.channel import Channel, ChannelEvent, End, Ended, LoggedIn
from rsachat.client.endings import ending_error
from rsachat.client.question import QuestionCore
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.errors import ConnectError, RefusedError, RsachatError
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.invitation import Invitation
from rsachat.settings import ClientSettings


class JoinCore(QuestionCore):
    """`server` is whose answer was yes, None before."""

    def __init__(
        self,
        identity: PrivateKey,
        invitation: Invitation,
        server: str,
        ambient: Ambient,
        settings: ClientSettings,
    ) -> None:
        """`server` is `host:port`, for what is said to a person."""
        pin = invitation.server
        super().__init__(Channel(identity, ambient, settings, Role.JOIN, invitation.name, pin))
        self._invitation = invitation
        self._address = server
        self._monotonic = ambient.monotonic
        self._until = ambient.monotonic() + settings.handshake_seconds
        self.server: PublicKey | None = None

    def next_deadline(self) -> float | None:
        """For both, the login and the answer: the server gives no more time either."""
        return None if self._over else self._until

    def _tick(self) -> None:
        if self._monotonic() >= self._until:
            self._finish(_unanswered(self._address, "it did not answer in time"))

    def _one(self, event: ChannelEvent) -> None:
        match event:
            case LoggedIn():
                self._say(m.Join(self._invitation.secret))
            case m.Joined(code=AlertCode.ACCEPTED):
                self.server = self._channel.server
                self._finish(None)
            case m.Joined():
                self._finish(_refused(self._address))
            case Ended():
                self._finish(self._error(event))

    def _error(self, ended: Ended) -> RsachatError:
        if ended.end is End.CHANGED and ended.key is not None:
            return _other_server(self._address, self._invitation.server, ended.key)
        if ended.code == AlertCode.INTERNAL:
            return _unanswered(self._address, "the server has trouble of its own")
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
