"""The server's core as others see it: a snapshot for a screen, numbers for a collector.

It only looks; what it looks at belongs to the core.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.protocol.ambient import Ambient
from rsachat.server.connection import Connection
from rsachat.server.directory import Directory
from rsachat.server.login import Login, Signing
from rsachat.server.metrics import Metrics, Tally, crowd_of
from rsachat.server.notices import Snapshot
from rsachat.server.outgoing import Outgoing
from rsachat.server.receiving import Receiving
from rsachat.server.relay import Relay
from rsachat.settings import ServerSettings


@dataclass(slots=True)
class Overview:
    """All parts of one core that have something to show; made when the server starts."""

    settings: ServerSettings
    ambient: Ambient
    fingerprint: bytes
    conns: Mapping[int, Connection]
    directory: Directory
    login: Login
    signing: Signing
    relay: Relay
    receiving: Receiving
    out: Outgoing
    tally: Tally
    started_ms: int = field(init=False)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started_ms, self.started = self.ambient.wall_ms(), self.ambient.monotonic()

    def snapshot(self, address: str, engine: str) -> Snapshot:
        """For a screen; `address` is where it listens, `engine` names what does the RSA."""
        wall = self.ambient.wall_ms()
        return Snapshot(
            address=address,
            fingerprint=fingerprint_text(self.fingerprint),
            open_to_all=self.settings.open,
            now=wall,
            started=self.started_ms,
            clients=len(self.directory),
            authorized=len(self.login.keys.authorized),
            rows=self.directory.rows(wall, self.ambient.monotonic()),
            transfers=self.receiving.rows(),
            engine=engine,
        )

    def metrics(self) -> Metrics:
        """For a collector."""
        tally, crowd = self.tally, crowd_of(self.conns.values())
        return Metrics(
            uptime=self.ambient.monotonic() - self.started,
            clients=len(self.directory),
            authorized=len(self.login.keys.authorized),
            connections=crowd.states,
            accepted=tally.accepted,
            handshakes=tally.handshakes,
            handshakes_waiting=len(self.signing),
            logins=dict(tally.logins),
            refusals=dict(tally.refusals),
            messages_routed=self.relay.routed,
            messages_refused=self.relay.refused,
            received=tally.received,
            sent=self.out.sent,
            queued_chat=crowd.queued_chat,
            queued_other=crowd.queued_other,
            backlog=crowd.backlog,
            uploads_active=len(self.receiving.rows()),
            uploads=dict(tally.uploads),
            stored=tally.stored,
        )
