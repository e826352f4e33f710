"""Where uploads meet the rest of the server's core: messages in, messages and actions out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rsachat.protocol import messages as m
from rsachat.server.connection import Connection
from rsachat.server.events import Announce
from rsachat.server.metrics import Tally
from rsachat.server.outgoing import Action, Outgoing
from rsachat.server.receiving import Receiving
from rsachat.server.relay import Relay
from rsachat.server.upload import Uploader
from rsachat.server.upload_io import SendMessage, StoreEvent

Handler = Callable[[Connection, Any, float], None]


class UploadDesk:
    """Hands what concerns uploads to `receiving`; its messages leave through the outboxes."""

    def __init__(
        self,
        receiving: Receiving,
        relay: Relay,
        conns: Mapping[int, Connection],
        out: Outgoing,
        tally: Tally,
    ) -> None:
        self._receiving = receiving
        self._relay = relay
        self._conns = conns
        self._out = out
        self._tally = tally

    def handlers(self) -> dict[type, Handler]:
        """What each message of an upload session is handled by."""
        return {
            m.UpOffer: self._on_offer,
            m.UpData: lambda conn, msg, _: self._perform(self._receiving.data(conn.id, msg)),
            m.UpFin: lambda conn, msg, _: self._perform(self._receiving.fin(conn.id, msg)),
            m.UpAbort: lambda conn, msg, _: self._perform(self._receiving.abort(conn.id, msg)),
        }

    def job_finished(self, job_id: int, result: object) -> None:
        self._perform(self._receiving.job_finished(job_id, result))

    def job_failed(self, job_id: int, error: str) -> None:
        self._perform(self._receiving.job_failed(job_id, error))

    def store_event(self, event: StoreEvent, _now: float) -> None:
        """What the disk answers."""
        self._perform(self._receiving.store_event(event))

    def closed(self, conn: Connection) -> None:
        """The connection is gone; what it began can be gone on with."""
        self._perform(self._receiving.closed(conn.id))

    def tick(self) -> None:
        self._perform(self._receiving.tick())

    def _on_offer(self, conn: Connection, message: m.UpOffer, now: float) -> None:
        self._relay.count_offer(conn, now)
        if conn.link.peer is not None:
            who = Uploader(conn.name, conn.address, conn.link.peer)
            self._perform(self._receiving.offer(conn.id, who, message))

    def _perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, SendMessage):
                conn = self._conns.get(action.conn)
                if conn is not None:
                    self._out.say(conn, action.message)
                continue
            if isinstance(action, Announce):
                self._tally.note(action.notice)
            self._out.act(action)
