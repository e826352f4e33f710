"""The server: events in, actions out. It owns no socket, clock, file or process.

`handle` takes one event; `flush` is called at the end of a pass of the loop and seals what
waits; `next_deadline` says when `Tick` is due. It knows no screen: it announces.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, TypeVarTuple

from rsachat.crypto.rsa import PublicKey
from rsachat.errors import ProtocolError
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link import ServerLink
from rsachat.server import notices
from rsachat.server.admission import Gate
from rsachat.server.connection import LOGGED_IN, STRANGERS, Connection, Phase
from rsachat.server.deadlines import Deadlines
from rsachat.server.directory import Directory
from rsachat.server.events import (
    Announce,
    InvitationRedeemed,
    KeyRing,
    KeysLoaded,
    Stop,
    StopRequested,
)
from rsachat.server.intake import Intake
from rsachat.server.joining import Joining
from rsachat.server.login import Login, Signing
from rsachat.server.metrics import Tally
from rsachat.server.outgoing import Action, Outgoing
from rsachat.server.overview import Overview
from rsachat.server.presence import Presence
from rsachat.server.reasons import FAILED_PROOF, reason_of
from rsachat.server.receiving import Receiving
from rsachat.server.relay import Relay
from rsachat.server.timing import Overdue, look
from rsachat.server.upload_desk import UploadDesk
from rsachat.server.upload_io import PartOpened, PartRead, PartWritten, StoreFailed, UploadJobs
from rsachat.settings import ServerSettings

_INTERNAL = "internal error while serving a peer, please report it"
_Data = TypeVarTuple("_Data")


class ServerCore:
    """All connections of one server process; `overview` shows them to others."""

    def __init__(
        self,
        identity: PublicKey,
        settings: ServerSettings,
        ambient: Ambient,
        keys: KeyRing,
        jobs: UploadJobs,
    ) -> None:
        new_job = count(1).__next__
        self._identity = identity
        self._settings = settings
        self._ambient = ambient
        self._conns: dict[int, Connection] = {}
        self._out = Outgoing(settings.relay, settings.session)
        self._gate = Gate(settings.admission)
        self._login = Login(identity.fingerprint, settings, ambient, self._gate, self._out)
        self._login.keys = keys
        tally = self._tally = Tally()
        self._joining = Joining(self._gate, self._out, tally, self._end)
        self._directory = Directory()
        self._presence = Presence(self._directory, self._out, settings.session)
        self._relay = Relay(identity.fingerprint, self._directory, self._out, settings)
        self._receiving = Receiving(identity, ambient, settings.transfer, jobs, new_job)
        self._uploads = UploadDesk(self._receiving, self._relay, self._conns, self._out, tally)
        self._deadlines = Deadlines()
        self._signing = Signing(settings.admission.signatures_waiting, new_job, self._out)
        self.overview = Overview(
            settings,
            ambient,
            identity.fingerprint,
            self._conns,
            self._directory,
            self._login,
            self._signing,
            self._relay,
            self._receiving,
            self._out,
            tally,
        )
        self._stopping = False
        self._event_handlers = self._event_table()
        self._peer_handlers = self._peer_table()
        self._link_handlers = self._link_table()
        self._intake = Intake(self._link_handlers, self._relay.debt, self._out, settings.relay)

    def _event_table(self) -> dict[type, Callable[[Any, float], None]]:
        """What concerns all, or one that may be gone."""
        return {
            io.Accepted: self._on_accepted,
            io.JobFinished: self._on_job_finished,
            io.JobFailed: self._on_job_failed,
            io.Tick: self._on_tick,
            KeysLoaded: self._on_keys,
            InvitationRedeemed: self._joining.answer,
            StopRequested: self._on_stop,
            **dict.fromkeys(
                (PartOpened, PartRead, PartWritten, StoreFailed), self._uploads.store_event
            ),
        }

    def _peer_table(self) -> dict[type, Callable[[Connection, Any, float], None]]:
        return {
            io.BytesReceived: self._on_bytes,
            io.Backlog: self._on_backlog,
            io.EofReceived: lambda conn, _, now: self._work(conn, now, conn.link.receive_eof),
            io.ConnectionLost: self._on_lost,
        }

    def _link_table(self) -> dict[type, Callable[[Connection, Any, float], None]]:
        return {
            le.SignatureNeeded: self._on_signature_needed,
            le.ClientProven: self._on_client_proven,
            le.PeerClosed: self._on_peer_closed,
            le.PeerAlert: self._on_peer_alert,
            le.LinkFailed: self._on_link_failed,
            le.ConnectionCut: self._on_cut,
            m.ChatSend: self._relay.send,
            m.PrekeyPut: self._on_prekey_put,
            m.PrekeyGet: self._relay.get_prekey,
            m.Find: self._relay.find,
            m.Ping: self._relay.ping,
            m.Pong: self._relay.pong,
            **self._uploads.handlers(),
            m.Join: self._joining.ask,
        }

    def handle(self, event: Any) -> list[Action]:
        """Take one event; the actions it causes, to be done in order."""
        now = self._ambient.monotonic()
        conn: Connection | None = None
        try:
            of_peer = self._peer_handlers.get(event.__class__)
            if of_peer is None:
                self._event_handlers[event.__class__](event, now)
            elif (conn := self._conns.get(event.conn)) is not None:
                of_peer(conn, event, now)
        except Exception as error:
            self._mishap(conn, error, now)
        return self._out.take()

    def flush(self) -> list[Action]:
        """At the end of a pass: seal and send what waits, and go on with what was held."""
        now = self._ambient.monotonic()
        actions = self._out.flush(now)
        for conn, error in self._out.broken():
            self._mishap(conn, error, now, linger=False)
        for conn, held in self._intake.released():
            self._work(conn, now, iter, held)
        while overfull := self._out.overfull():  # an end is told to others, and fills theirs
            for conn in overfull:
                self._end(conn, None, now, why="it takes too few bytes", linger=False)
        return actions + self._out.take()

    def next_deadline(self) -> float | None:
        """When `Tick` is due, in monotonic seconds."""
        wishes = (
            self._deadlines.next(),
            self._out.next_deadline(self._ambient.monotonic()),
            self._presence.next_deadline(),
            self._receiving.next_deadline(),
        )
        return min([wish for wish in wishes if wish is not None], default=None)

    # connections

    def _on_accepted(self, event: io.Accepted, now: float) -> None:
        link = ServerLink(self._identity, self._ambient, self._settings.records)
        conn = Connection(event.conn, event.address, link, now, now)
        self._conns[conn.id] = conn
        self._tally.accepted += 1
        refusal = AlertCode.SHUTDOWN if self._stopping else None
        refusal = refusal or self._gate.arrive(conn.id, conn.address, now)
        if refusal is not None:
            self._end(conn, refusal, now)
            return
        self._deadlines.wish(conn.id, now + self._settings.admission.handshake_seconds)
        crowded_out = self._gate.crowded_out(conn.id)
        if crowded_out is not None:
            self._end(self._conns[crowded_out], AlertCode.BUSY, now)

    def _on_bytes(self, conn: Connection, event: io.BytesReceived, now: float) -> None:
        conn.last_input = now
        conn.bytes += len(event.data)
        self._tally.received += len(event.data)
        self._work(conn, now, conn.link.receive_data, event.data)

    def _on_lost(self, conn: Connection, event: io.ConnectionLost, now: float) -> None:
        self._end(conn, None, now, why=event.why or "connection lost", linger=False)

    def _on_backlog(self, conn: Connection, event: io.Backlog, now: float) -> None:
        self._out.backlog(conn, event, now)
        if event.waiting:
            self._deadlines.wish(conn.id, now + self._settings.session.stalled_after)

    def _end(
        self,
        conn: Connection,
        code: AlertCode | None,
        now: float,
        *,
        why: str = "",
        said: int | None = None,
        linger: bool = True,
    ) -> None:
        """End a connection: say the alert `code` (the link may have `said` one), and tell of it."""
        phase, conn.phase = conn.phase, Phase.CLOSED
        del self._conns[conn.id]
        self._deadlines.forget(conn.id)
        self._gate.leave(conn.id)
        self._intake.forget(conn)
        if phase in LOGGED_IN:
            self._login.leave(conn)
        if code is not None:
            self._out.say_last(conn)
            conn.link.alert(code)
        self._out.end(conn, linger=linger)
        if self._tell_end(conn, phase, why or reason_of(code), now):
            self._tally.refused(said if code is None else code)

    def _tell_end(self, conn: Connection, phase: Phase, why: str, now: float) -> bool:
        """Tell it where that is news; whether it was turned away."""
        if phase is Phase.LISTED:
            self._presence.leave(conn, now)
            seconds = now - conn.since
            self._announce(
                notices.Disconnected(conn.name, conn.address, seconds, why, self.clients)
            )
        elif phase is Phase.UPLOADING:
            self._uploads.closed(conn)
        elif why != reason_of(None):
            self._announce(notices.RefusedPeer(conn.address, why, conn.name))
            return phase in STRANGERS
        return False

    @property
    def clients(self) -> int:
        """Chat sessions that are fully connected."""
        return len(self._directory)

    def _announce(self, notice: notices.Notice) -> None:
        self._out.act(Announce(notice))

    # what links say

    def _work(
        self,
        conn: Connection,
        now: float,
        read: Callable[[*_Data], Iterable[le.LinkEvent]],
        *data: *_Data,
    ) -> None:
        """What a link says to `data`, in order. A rule broken by its peer ends the connection."""
        try:
            self._intake.work(conn, read(*data), now)
        except ProtocolError as error:
            self._end(conn, AlertCode(error.code), now, why=error.detail)
        except Exception as error:
            self._mishap(conn, error, now)
        if conn.phase is Phase.CLOSED:
            return  # whoever has ended has no deadline any more
        resume = self._intake.resume_at(conn, now)
        if resume is not None:
            self._deadlines.wish(conn.id, resume)

    def _mishap(
        self, conn: Connection | None, error: Exception, now: float, *, linger: bool = True
    ) -> None:
        """A bug costs the connection that met it, and nobody else; goodbye is said to `linger`."""
        name = type(error).__name__
        if conn is not None and conn.phase is not Phase.CLOSED:
            code = AlertCode.INTERNAL if linger else None
            self._end(conn, code, now, why=f"internal error ({name})", linger=linger)
        self._announce(notices.Warned(f"{_INTERNAL}: {name}"))

    def _on_signature_needed(self, conn: Connection, event: le.SignatureNeeded, now: float) -> None:
        self._gate.greeted(conn.id)
        self._tally.handshakes += 1
        self._signing.ask(conn, event)

    def _on_client_proven(self, conn: Connection, event: le.ClientProven, now: float) -> None:
        if event.role is Role.JOIN:
            self._login.admit_to_join(conn, event)
            return
        decision = self._login.decide(conn, event, now)
        if isinstance(decision, AlertCode):
            self._login.refuse(conn, event, decision, now)
            self._end(conn, None, now, why=reason_of(decision), said=decision)
        elif decision is not None:
            self._admit(conn, event, decision, now)

    def _admit(self, conn: Connection, proven: le.ClientProven, name: str, now: float) -> None:
        self._login.admit(conn, proven, name, self.clients)
        self._tally.logged_in(conn.role)
        limits = self._settings.session
        wait = limits.prekey_seconds if conn.role is Role.CHAT else limits.ping_after
        self._deadlines.wish(conn.id, now + wait)

    def _on_prekey_put(self, conn: Connection, message: m.PrekeyPut, now: float) -> None:
        self._relay.put_prekey(conn, message, now)
        if conn.phase is Phase.UNLISTED:
            conn.phase = Phase.LISTED
            self._presence.join(conn, now)
            self._announce(notices.Connected(conn.name, conn.address, self.clients))

    def _on_peer_closed(self, conn: Connection, event: le.PeerClosed, now: float) -> None:
        self._say_goodbye(conn, now, "" if conn.phase is Phase.UNLISTED else "quit")

    def _say_goodbye(self, conn: Connection, now: float, why: str) -> None:
        self._out.say_last(conn)
        conn.link.close()
        self._end(conn, None, now, why=why)

    def _on_peer_alert(self, conn: Connection, event: le.PeerAlert, now: float) -> None:
        self._end(conn, None, now, why=f"it reported: {reason_of(event.code)}")

    def _on_link_failed(self, conn: Connection, event: le.LinkFailed, now: float) -> None:
        if conn.signed and conn.phase in STRANGERS and event.code in FAILED_PROOF:
            self._gate.failed(conn.address, now)
        self._end(conn, None, now, why=event.detail, said=event.code)

    def _on_cut(self, conn: Connection, event: le.ConnectionCut, now: float) -> None:
        key_shown = conn.signed and conn.phase is Phase.STRANGER
        if key_shown:
            self._announce(notices.KeyShown(conn.address))
        self._end(conn, None, now, why="" if key_shown else "connection cut")

    # work, keys, time, the end

    def _on_job_finished(self, event: io.JobFinished, now: float) -> None:
        waiting = self._signing.take(event.job_id)
        if waiting is None:
            self._uploads.job_finished(event.job_id, event.result)
            return
        conn = self._conns.get(waiting)
        if conn is not None and isinstance(event.result, bytes):
            conn.signed = True
            self._work(conn, now, conn.link.signature_ready, event.result)
            self._out.touch(conn)

    def _on_job_failed(self, event: io.JobFailed, now: float) -> None:
        waiting = self._signing.take(event.job_id)
        if waiting is None:
            self._uploads.job_failed(event.job_id, event.error)
            return
        conn = self._conns.get(waiting)
        if conn is not None:
            self._end(conn, AlertCode.INTERNAL, now, why=event.error)

    def _on_keys(self, event: KeysLoaded, now: float) -> None:
        changed = event.keys is not self._login.keys
        self._login.keys = event.keys
        for conn in list(self._conns.values()):
            if conn.phase is Phase.DECIDING and conn.proven is not None:
                self._on_client_proven(conn, conn.proven, now)
            elif changed and conn.phase in LOGGED_IN and not self._login.may_stay(conn):
                self._end(conn, AlertCode.REVOKED, now)

    def _on_tick(self, event: io.Tick, now: float) -> None:
        for key in self._deadlines.due(now):
            conn = self._conns[key]
            try:
                self._look_at(conn, now)
            except Exception as error:
                self._mishap(conn, error, now)
        self._presence.tick(now)
        self._uploads.tick()

    def _look_at(self, conn: Connection, now: float) -> None:
        """A deadline of this connection has come."""
        resume = self._intake.resume_at(conn, now)
        verdict = look(conn, self._settings, now)
        if isinstance(verdict, Overdue):
            self._end(conn, verdict.code, now, why=verdict.why, linger=verdict.code is not None)
            return
        if verdict.ping:
            self._out.say(conn, m.Ping(self._ambient.random(8)))
        self._deadlines.wish(conn.id, verdict.at if resume is None else min(resume, verdict.at))

    def _on_stop(self, event: StopRequested, now: float) -> None:
        """Say goodbye to everybody, whatever their state, and end."""
        self._announce(notices.Stopping(self.clients))
        self._stopping = True
        for conn in list(self._conns.values()):
            self._end(conn, AlertCode.SHUTDOWN, now)
        self._out.act(Stop())
