"""The incoming sessions of one login: found by sid, bounded, the longest unused goes first.

Also when each of them owes a receipt. Opens nothing and checks nobody.
"""

from collections import OrderedDict

from rsachat.protocol.incoming_session import IncomingSession
from rsachat.settings import ChatLimits


class SessionTable:
    def __init__(self, limits: ChatLimits) -> None:
        self._limits = limits
        self._sessions: OrderedDict[bytes, IncomingSession] = OrderedDict()  # by last use
        self._of_sender: dict[bytes, list[IncomingSession]] = {}
        self._due: dict[bytes, float] = {}  # receipts, the soonest first: all wait equally long

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, sid: bytes) -> IncomingSession | None:
        return self._sessions.get(sid)

    def add(self, session: IncomingSession) -> None:
        """Take it in; at most 2 of a sending session and 4096 in all stay."""
        mine = self._of_sender.setdefault(session.sender.session, [])
        if len(mine) >= self._limits.incoming_each:
            self._remove(min(mine, key=lambda s: s.used_at))
            mine = self._of_sender.setdefault(session.sender.session, [])
        mine.append(session)
        self._sessions[session.sid] = session
        if len(self._sessions) > self._limits.incoming_all:
            self._remove(next(iter(self._sessions.values())))

    def used(self, session: IncomingSession, now: float) -> None:
        """A message of it verified."""
        session.used_at = now
        self._sessions.move_to_end(session.sid)

    def drop_sender(self, session: bytes) -> None:
        """A sending session left: nothing of it can come any more."""
        for incoming in list(self._of_sender.get(session, ())):
            self._remove(incoming)

    def owe(self, session: IncomingSession, now: float) -> bool:
        """Note that a receipt is owed; whether it is to be made at once."""
        if session.owed >= self._limits.receipt_every:
            self._due.pop(session.sid, None)
            return True
        self._due.setdefault(session.sid, now + self._limits.receipt_delay)
        return False

    def take_due(self, now: float) -> list[IncomingSession]:
        """The sessions whose receipt is to be made now."""
        due = []
        for sid, at in self._due.items():
            if at > now:
                break
            due.append(sid)
        for sid in due:
            del self._due[sid]
        return [self._sessions[sid] for sid in due]

    def next_deadline(self) -> float | None:
        return next(iter(self._due.values()), None)

    def _remove(self, session: IncomingSession) -> None:
        del self._sessions[session.sid]
        self._due.pop(session.sid, None)
        mine = self._of_sender[session.sender.session]
        mine.remove(session)
        if not mine:
            del self._of_sender[session.sender.session]
