"""Who is there, as the server tells it; the trust beside each name is this client's own."""

from collections.abc import Iterable

from rsachat.client.people import People
from rsachat.client.views import Count, Joined, Left, Roster, RosterEntry, View
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.protocol import messages as m
from rsachat.protocol.codes import NoticeKind


class WhoIsThere:
    """The sessions that the server listed, for the eyes and for completion."""

    def __init__(self, own_session: bytes, people: People) -> None:
        self._own = own_session
        self._people = people
        self._entries: dict[bytes, m.Entry] = {}
        self._addresses: dict[bytes, str] = {}
        self._cut = False
        self.clients = 0
        self.listed = False
        """Whether the server counts this session."""

    def replace(self, message: m.Roster) -> View:
        """ROSTER: a new list."""
        self._entries = {entry.session: entry for entry in message.entries}
        self._cut = bool(message.cut)
        self.learn(message.entries)
        return self.view(asked=False)

    def notice(self, message: m.Notice) -> View | None:
        """NOTICE: who came or went, or the count alone. None for the own coming."""
        self.clients = message.online
        entry = message.entry
        if entry is None or message.kind == NoticeKind.COUNT:
            self.listed = True
            return Count(message.online)
        if message.kind == NoticeKind.LEAVE:
            self._entries.pop(entry.session, None)
            return Left(entry.name, entry.address, message.online)
        self._entries[entry.session] = entry
        self.learn([entry])
        if entry.session == self._own:
            self.listed = True
            return None
        return Joined(entry.name, entry.address, message.online)

    def learn(self, entries: Iterable[m.Entry]) -> None:
        """Addresses of sessions, as the server says."""
        for entry in entries:
            self._addresses[entry.session] = entry.address

    def forget(self, session: bytes) -> None:
        self._addresses.pop(session, None)

    def address(self, session: bytes) -> str:
        """Where a session is, or empty if the server has not said."""
        return self._addresses.get(session, "")

    def view(self, *, asked: bool) -> Roster:
        entries = [
            RosterEntry(
                entry.name,
                entry.address,
                fingerprint_text(entry.fp),
                self._people.trust(entry.fp),
                entry.session == self._own,
            )
            for entry in self._entries.values()
        ]
        return Roster(tuple(entries), self.clients, self._cut, asked)
