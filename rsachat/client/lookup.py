"""Asks a server for the key a person has there now: logs in, reads one bundle, and leaves.

It shows no prekeys of its own, so that nobody sees it come or go. The key it finds is proven by
the bundle's signature; whether it is the right person's is for a person to say.
"""

from rsachat.client.channel import Channel, ChannelEvent, Ended, LoggedIn
from rsachat.client.core import Login
from rsachat.client.endings import ending_error
from rsachat.client.question import QuestionCore
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import RefusedError, RsachatError
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import BundleError, Owner, check_bundle, decode_bundle
from rsachat.protocol.codes import FindBy, Role
from rsachat.settings import ClientSettings

_FIND, _GET = 1, 2


class LookupCore(QuestionCore):
    """One login for one question. `key` is the answer, after `Finished(None)`."""

    def __init__(self, login: Login, name: str, ambient: Ambient, settings: ClientSettings) -> None:
        channel = Channel(login.identity, ambient, settings, Role.CHAT, login.wish, login.pin)
        super().__init__(channel)
        self._login = login
        self._name = name
        self._ambient = ambient
        self._settings = settings
        self._entry: m.Entry | None = None
        self.key: PublicKey | None = None

    def _one(self, event: ChannelEvent) -> None:
        match event:
            case LoggedIn():
                self._say(m.Find(_FIND, FindBy.NAME, self._name))
            case m.Found(entries=(entry, *_)):
                self._entry = entry
                self._say(m.PrekeyGet(_GET, entry.session))
            case m.Found() | m.Error():
                self._finish(self._absent())
            case m.Prekey(bundle=bundle) if self._entry is not None:
                self._finish(self._refusal(bundle, self._entry))
            case Ended():
                error = ending_error(event, self._login.server, self._login.pin)
                self._finish(error or self._absent())

    def _refusal(self, data: bytes, entry: m.Entry) -> RsachatError | None:
        """Take the key of a bundle that is sound, or say what is wrong with it."""
        owner = Owner(self._name, entry.fp, self._login.pin)
        try:
            self.key = check_bundle(
                decode_bundle(data), owner, (), self._ambient.wall_ms(), self._settings.chat
            )
        except BundleError as error:
            why = error.fault.value
            what = f"the key of {self._name} cannot be looked up"
            return RefusedError(what, why=why, hint="ask its owner and who runs the server")
        return None

    def _absent(self) -> RsachatError:
        return RsachatError(
            f"{self._name} is not connected to {self._login.server}",
            why="the new key is asked of its owner's own session",
            hint="try again when they are there",
        )
