"""What leaves the server's core: actions at once, messages at the end of a pass.

Messages wait in the outbox of their connection until `flush`, which packs what waits for one
peer into as few records as fit; that doubles the relay's rate (PROTOCOL section 1).
"""

from collections import deque

from rsachat.protocol.codec import encode
from rsachat.protocol.io_events import Backlog, CloseConnection, SendBytes
from rsachat.protocol.messages import Message, Sent
from rsachat.server.connection import Connection, Phase
from rsachat.settings import RelayLimits, SessionLimits

Action = object


class Outgoing:
    """Collects actions; knows which connections have something to send."""

    def __init__(self, relay: RelayLimits, session: SessionLimits) -> None:
        self._relay = relay
        self._session = session
        self._actions: list[Action] = []
        self._dirty: dict[int, Connection] = {}
        self._sent_due: deque[tuple[float, Connection]] = deque()
        self._overfull: dict[int, Connection] = {}
        self._broken: list[tuple[Connection, Exception]] = []
        self._queued = 0  # bytes of chat, in all outboxes
        self.sent = 0  # bytes, since the start

    def act(self, action: Action) -> None:
        self._actions.append(action)

    def take(self) -> list[Action]:
        """The actions since the last time."""
        taken, self._actions = self._actions, []
        return taken

    def say(self, conn: Connection, message: Message) -> None:
        """Queue one of the server's own messages."""
        self.say_encoded(conn, encode(message))

    def say_encoded(self, conn: Connection, message: bytes) -> None:
        conn.outbox.put(message)
        self._dirty[conn.id] = conn
        if conn.outbox.other > self._relay.other_close:
            self._overfull[conn.id] = conn

    def overfull(self) -> list[Connection]:
        """Those for which too much of the server's own waits, each once: to be closed."""
        taken, self._overfull = self._overfull, {}
        return [conn for conn in taken.values() if conn.phase is not Phase.CLOSED]

    def broken(self) -> list[tuple[Connection, Exception]]:
        """Those that the last `flush` could not seal for, and what it met: a bug."""
        taken, self._broken = self._broken, []
        return taken

    def deliver(self, conn: Connection, message: bytes, sender: bytes) -> bool:
        """Queue a message of another session; False where too much waits."""
        relay, outbox = self._relay, conn.outbox
        if self._queued > relay.queue_everybody and outbox.chat >= relay.queue_least:
            return False
        self._dirty[conn.id] = conn
        taken = outbox.put_chat(message, sender, relay)
        self._queued += len(message) if taken else 0
        return taken

    def touch(self, conn: Connection) -> None:
        """The link itself has something to send."""
        self._dirty[conn.id] = conn

    def owe_sent(self, conn: Connection, ref: int, now: float) -> None:
        """SENT up to `ref` rides with the next record, at latest after a short delay."""
        if not conn.sent_due:
            conn.sent_due = True
            self._sent_due.append((now + self._session.sent_delay, conn))
        conn.sent_ref = ref

    def backlog(self, conn: Connection, event: Backlog, now: float) -> None:
        """The socket is behind, has taken some, or has caught up."""
        if event.waiting < conn.backlog or not conn.backlog:
            conn.progress_at = now
        conn.backlog = event.waiting
        if event.waiting <= self._relay.in_flight // 4:
            self._dirty[conn.id] = conn

    def flush(self, now: float) -> list[Action]:
        """Seal what waits. What does not fit now keeps its connection dirty."""
        while self._sent_due and self._sent_due[0][0] <= now:
            conn = self._sent_due.popleft()[1]
            conn.sent_due = False
            self.touch(conn)
        dirty, self._dirty = self._dirty, {}
        for conn in dirty.values():
            if conn.phase is not Phase.CLOSED:
                try:
                    self._flush(conn)
                except Exception as error:
                    self._broken.append((conn, error))
        return self.take()

    def _flush(self, conn: Connection) -> None:
        if conn.backlog > self._relay.in_flight // 4:
            return
        self._put_sent(conn)
        if conn.outbox:
            self._seal(conn)
        self._emit(conn)
        if conn.outbox:
            self._dirty[conn.id] = conn

    def _seal(self, conn: Connection) -> None:
        """Hand to the link what fits."""
        before = conn.outbox.chat
        conn.link.send(conn.outbox.take(self._relay.in_flight))
        self._queued -= before - conn.outbox.chat

    def _put_sent(self, conn: Connection) -> None:
        """Queue the SENT that is owed: behind every ERROR to what it covers."""
        if conn.sent_told != conn.sent_ref:
            conn.sent_told = conn.sent_ref
            conn.outbox.put(encode(Sent(conn.sent_ref)))

    def _emit(self, conn: Connection) -> None:
        data = conn.link.data_to_send()
        if data:
            conn.bytes += len(data)
            self.sent += len(data)
            if conn.backlog:  # these wait behind the others, and nobody reports that
                conn.backlog += len(data)
            self._actions.append(SendBytes(conn.id, data))

    def end(self, conn: Connection, *, linger: bool) -> None:
        """Send what the link still has to say, then close. Waiting chat is dropped."""
        self._dirty.pop(conn.id, None)
        self._queued -= conn.outbox.chat
        self._emit(conn)
        self._actions.append(CloseConnection(conn.id, linger))

    def say_last(self, conn: Connection) -> None:
        """Seal the server's own waiting messages before a goodbye, as far as they fit."""
        self._put_sent(conn)
        if conn.outbox and conn.backlog == 0:
            self._seal(conn)

    def next_deadline(self, now: float) -> float | None:
        """`now` while something waits to be flushed that a socket could take."""
        if self._dirty and any(
            c.backlog <= self._relay.in_flight // 4 for c in self._dirty.values()
        ):
            return now
        return self._sent_due[0][0] if self._sent_due else None
