"""Asks a server for the key a person has there now: logs in, reads one bundle, and leaves.

It shows no prekeys of its own, so that nobody sees it come or go. The key it finds is proven by
the bundle's signature; whether it is the right person's is for a person to say.
"""

from rsachat.client.channel import Channel, ChannelEvent, Ended, LoggedIn
from rsachat.client.core import Login
from rsachat.client.endings import ending_error
from rsachat.client.events import CONN, Finished
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import RefusedError, RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import BundleError, Owner, check_bundle, decode_bundle
from rsachat.protocol.codes import FindBy, Role
from rsachat.settings import ClientSettings

Action = object
_FIND, _GET = 1, 2


class LookupCore:
    """One connection for one question. `key` is the answer, after `Finished(None)`."""

    def __init__(self, login: Login, name: str, ambient: Ambient, settings: ClientSettings) -> None:
        self._login = login
        self._name = name
        self._ambient = ambient
        self._settings = settings
        self._channel = Channel(login.identity, ambient, settings, Role.CHAT, login.wish, login.pin)
        self._entry: m.Entry | None = None
        self._over = False
        self.key: PublicKey | None = None

    def handle(self, event: object) -> list[Action]:
        match event:
            case io.BytesReceived(data=data):
                return self._events(self._channel.receive(data))
            case io.EofReceived():
                return self._events(self._channel.eof())
            case io.ConnectionLost(why=why):
                return self._events(self._channel.lost(why))
            case io.Tick():
                return self._events(self._channel.tick())
            case _:
                return []

    def flush(self) -> list[Action]:
        data = self._channel.flush()
        return [io.SendBytes(CONN, data)] if data else []

    def next_deadline(self) -> float | None:
        return self._channel.next_deadline()

    def _events(self, events: list[ChannelEvent]) -> list[Action]:
        actions: list[Action] = []
        for event in events:
            if not self._over:
                actions += self._one(event)
        return actions

    def _one(self, event: ChannelEvent) -> list[Action]:
        match event:
            case LoggedIn():
                self._channel.send(m.Find(_FIND, FindBy.NAME, self._name))
                return []
            case m.Found(ref=1, entries=entries):
                return self._found(entries)
            case m.Prekey(ref=2, bundle=bundle) if self._entry is not None:
                return self._bundle(bundle, self._entry)
            case m.Error():
                return self._finish(self._absent())
            case Ended():
                error = ending_error(event, self._login.server, self._login.pin)
                return self._finish(error or self._absent())
            case _:
                return []

    def _found(self, entries: tuple[m.Entry, ...]) -> list[Action]:
        if not entries:
            return self._finish(self._absent())
        self._entry = entries[0]
        self._channel.send(m.PrekeyGet(_GET, self._entry.session))
        return []

    def _bundle(self, data: bytes, entry: m.Entry) -> list[Action]:
        owner = Owner(self._name, entry.fp, self._login.pin)
        try:
            self.key = check_bundle(
                decode_bundle(data), owner, (), self._ambient.wall_ms(), self._settings.chat
            )
        except BundleError as error:
            why = error.fault.value
            return self._finish(RefusedError(f"{self._name} cannot be looked up", why=why))
        return self._finish(None)

    def _absent(self) -> RsachatError:
        return RsachatError(
            f"{self._name} is not connected to {self._login.server}",
            why="the new key is asked of its owner's own session",
            hint="try again when they are there",
        )

    def _finish(self, error: RsachatError | None) -> list[Action]:
        self._over = True
        self._channel.close()
        return [*self.flush(), io.CloseConnection(CONN), Finished(error)]
