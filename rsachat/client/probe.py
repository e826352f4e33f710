"""Asks a server for its proven key and leaves, before naming oneself (PROTOCOL 5.3, first use)."""

from rsachat.client.channel import Channel, ChannelEvent, End, Ended, Signer
from rsachat.client.endings import ending_error
from rsachat.client.question import QuestionCore
from rsachat.crypto.rsa import PublicKey
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.settings import ClientSettings


class ProbeCore(QuestionCore):
    """One connection without a pin. `key` is the server's once it is proven."""

    def __init__(
        self, identity: Signer, server: str, ambient: Ambient, settings: ClientSettings
    ) -> None:
        super().__init__(Channel(identity, ambient, settings, Role.CHAT, "", None))
        self._server = server
        self.key: PublicKey | None = None

    def _one(self, event: ChannelEvent) -> None:
        if isinstance(event, Ended):
            found = event.end is End.UNPINNED
            self.key = event.key if found else None
            self._finish(None if found else ending_error(event, self._server, None))
