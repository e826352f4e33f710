"""Who sees whom come and go: the list, the notices and the exact count (PROTOCOL section 1)."""

from rsachat.protocol.codec import encode
from rsachat.protocol.codes import NoticeKind
from rsachat.protocol.messages import Notice, Roster
from rsachat.server.connection import Connection, Phase
from rsachat.server.directory import Directory, entry
from rsachat.server.outgoing import Outgoing
from rsachat.settings import SessionLimits


class Presence:
    """Tells every listed session, the newcomer too, who came and who left.

    Above `roster` sessions only the count is told, at most once in `count_every` seconds, and to
    so many sessions a tick that nobody's messages wait for it.
    """

    def __init__(self, directory: Directory, outgoing: Outgoing, limits: SessionLimits) -> None:
        self._directory = directory
        self._outgoing = outgoing
        self._limits = limits
        self._crowded = False
        self._count_at: float | None = None
        self._counted_at = float("-inf")
        self._count = b""
        self._untold: list[Connection] = []  # of that count; the newest, at the end, come first

    def join(self, conn: Connection, now: float) -> None:
        """List a session: it gets the list of the others, and everybody its notice.

        Both at once: who came or left between its login and now would be missing, or stay.
        """
        self._outgoing.say(conn, self._roster())
        self._directory.add(conn)
        self._tell(conn, NoticeKind.JOIN, now)

    def leave(self, conn: Connection, now: float) -> None:
        self._directory.remove(conn)
        self._tell(conn, NoticeKind.LEAVE, now)

    def _tell(self, conn: Connection, kind: NoticeKind, now: float) -> None:
        online = len(self._directory)
        if online > self._limits.roster:
            self._crowded = True
        if self._crowded and online <= self._limits.roster_again:
            self._crowded = False
            self._broadcast(encode(self._roster()))
        if online > self._limits.roster:
            self._count_at = max(now, self._counted_at + self._limits.count_every)
            self.tick(now)
        else:
            self._broadcast(encode(Notice(kind, online, entry(conn))))

    def tick(self, now: float) -> None:
        """Tell the count if its time has come, or go on telling it."""
        if self._count_at is not None and self._count_at <= now and not self._untold:
            self._count_at, self._counted_at = None, now
            self._count = encode(Notice(NoticeKind.COUNT, len(self._directory)))
            self._untold = list(self._directory)
        told = self._untold[-self._limits.count_pass :]
        del self._untold[-self._limits.count_pass :]
        for conn in told:
            if conn.phase is Phase.LISTED:
                self._outgoing.say_encoded(conn, self._count)

    def next_deadline(self) -> float | None:
        return self._counted_at if self._untold else self._count_at

    def _roster(self) -> Roster:
        most = self._limits.roster
        entries = self._directory.entries(self._directory, most)
        return Roster(int(len(self._directory) > most), entries)

    def _broadcast(self, message: bytes) -> None:
        self._untold.clear()  # what they are told now is newer
        for conn in self._directory:
            self._outgoing.say_encoded(conn, message)
