"""One's own messages, from accepted to their final state, over all sessions they went to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rsachat.client.carried import Pending
from rsachat.client.views import Delivered, OwnMessage, Sent, Undelivered, View
from rsachat.protocol.messages import Entry


@dataclass(slots=True)
class _Line:
    """One message: the sessions that have not been sent to, and those without an end.

    `fp` is the key of the first: of all, unless a name has changed its own.
    """

    to: str
    text: str
    fp: bytes
    unsent: set[bytes]
    open: set[bytes]
    total: int
    told_sent: bool = False
    delivered: int = 0
    reasons: list[str] = field(default_factory=list)


class Ledger:
    """Counts what sessions report; every message ends as delivered (k of m) or undelivered."""

    def __init__(self) -> None:
        self._lines: dict[bytes, _Line] = {}

    def __len__(self) -> int:
        """Messages that have not found their end."""
        return len(self._lines)

    def add(
        self, mid: bytes, to: str, text: str, entries: Sequence[Entry], time_ms: int
    ) -> OwnMessage:
        """A message goes to these sessions, at least one."""
        sessions = {entry.session for entry in entries}
        self._lines[mid] = _Line(to, text, entries[0].fp, set(sessions), sessions, len(sessions))
        return OwnMessage(mid.hex(), to, text, time_ms)

    def unfinished(self) -> list[Pending]:
        """All that has found no end, oldest first."""
        lines = self._lines.items()
        return [Pending(mid, line.to, line.text, line.text, line.fp) for mid, line in lines]

    def sent(self, session: bytes, mids: Iterable[bytes]) -> list[View]:
        """The server has taken these for one session."""
        views: list[View] = []
        for mid in mids:
            line = self._lines.get(mid)
            if line is not None and session in line.unsent:
                line.unsent.discard(session)
                if not line.unsent:
                    views += self._say_sent(mid, line)
        return views

    def delivered(self, session: bytes, mids: Iterable[bytes]) -> list[View]:
        """The session has said that it opened these."""
        views: list[View] = []
        for mid in mids:
            line = self._lines.get(mid)
            if line is None or session not in line.open:
                continue
            line.delivered += 1
            views += self._say_sent(mid, line)
            views.append(Delivered(mid.hex(), line.delivered, line.total))
            self._finish(mid, line, session)
        return views

    def undelivered(self, session: bytes, mid: bytes, reason: str) -> list[View]:
        """For this session there will be no more tries."""
        line = self._lines.get(mid)
        if line is None or session not in line.open:
            return []
        line.reasons.append(reason)
        line.unsent.discard(session)
        if not self._finish(mid, line, session) or line.delivered:
            return []
        return [Undelivered(mid.hex(), line.to, line.text, "; ".join(dict.fromkeys(line.reasons)))]

    def _say_sent(self, mid: bytes, line: _Line) -> list[View]:
        """A receipt may come before the server's SENT; "sent" is said first all the same."""
        if line.told_sent:
            return []
        line.told_sent = True
        return [Sent(mid.hex())]

    def _finish(self, mid: bytes, line: _Line, session: bytes) -> bool:
        """Whether that was the last session without an end."""
        line.open.discard(session)
        if line.open:
            return False
        del self._lines[mid]
        return True
