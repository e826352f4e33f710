"""Asks a server for its proven key and leaves, before naming oneself (PROTOCOL 5.3, first use)."""

from rsachat.client.channel import Channel, ChannelEvent, End, Ended
from rsachat.client.endings import ending_error
from rsachat.client.events import CONN, Finished
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.protocol import io_events as io
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.settings import ClientSettings

Action = object


class ProbeCore:
    """One connection without a pin. `key` is the server's once it is proven."""

    def __init__(
        self, identity: PrivateKey, server: str, ambient: Ambient, settings: ClientSettings
    ) -> None:
        self._server = server
        self._channel = Channel(identity, ambient, settings, Role.CHAT, "", None)
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
            if isinstance(event, Ended):
                found = event.end is End.UNPINNED
                self.key = event.key if found else None
                error = None if found else ending_error(event, self._server, None)
                actions += [io.CloseConnection(CONN), Finished(error)]
        return actions
