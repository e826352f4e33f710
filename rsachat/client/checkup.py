"""Logs in at a server to see whether that works, and looks at its clock. Sends nothing else.

It logs in for uploads: nobody is told, and the count of those who are there stays.
"""

from rsachat.client.channel import Channel, ChannelEvent, Ended, LoggedIn
from rsachat.client.endings import ending_error
from rsachat.client.question import QuestionCore
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.settings import ClientSettings


class CheckupCore(QuestionCore):
    """One login against a pin. `welcome` is None until it came about.

    `seconds` is how long the login took, `clock_ms` how far the server's clock is ahead of this
    one, to half of the way there and back.
    """

    def __init__(
        self,
        identity: PrivateKey,
        server: str,
        pin: bytes,
        ambient: Ambient,
        settings: ClientSettings,
    ) -> None:
        super().__init__(Channel(identity, ambient, settings, Role.UPLOAD, "", pin))
        self._server = server
        self._pin = pin
        self._ambient = ambient
        self._began = ambient.monotonic()
        self.welcome: m.Welcome | None = None
        self.seconds = 0.0
        self.clock_ms = 0

    def _one(self, event: ChannelEvent) -> None:
        match event:
            case LoggedIn(welcome=welcome):
                self.welcome = welcome
                self.seconds = self._ambient.monotonic() - self._began
                self.clock_ms = welcome.time_ms - self._ambient.wall_ms()
                self._finish(None)
            case Ended():
                self._finish(ending_error(event, self._server, self._pin))
