"""Who is online: the one place through which the server's core reaches sessions.

Only listed sessions are here. Nothing else in the core may assume that a session lives in this
process.
"""

from collections.abc import Iterable, Iterator

from rsachat.protocol.codes import FindBy
from rsachat.protocol.messages import Entry
from rsachat.server.connection import Connection
from rsachat.server.notices import ClientRow


def entry(conn: Connection) -> Entry:
    """The line of a session in a list."""
    return Entry(conn.session, conn.name, conn.fp, conn.address)


class Directory:
    """Listed sessions by number, name and address."""

    def __init__(self) -> None:
        self._by_session: dict[bytes, Connection] = {}
        self._by_name: dict[str, dict[bytes, Connection]] = {}
        self._by_address: dict[str, Connection] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._by_session.values())

    def add(self, conn: Connection) -> None:
        self._by_session[conn.session] = conn
        self._by_name.setdefault(conn.name, {})[conn.session] = conn
        self._by_address[conn.address] = conn

    def remove(self, conn: Connection) -> None:
        if self._by_session.pop(conn.session, None) is None:
            return
        same_name = self._by_name[conn.name]
        del same_name[conn.session]
        if not same_name:
            del self._by_name[conn.name]
        if self._by_address.get(conn.address) is conn:
            del self._by_address[conn.address]

    def rows(self, wall_ms: int, now: float) -> list[ClientRow]:
        """The sessions for a screen, at a moment of both clocks."""
        return [
            ClientRow(c.name, c.address, wall_ms - int((now - c.since) * 1000), c.messages, c.bytes)
            for c in self
        ]

    def session(self, number: bytes) -> Connection | None:
        return self._by_session.get(number)

    def find(self, by: int, what: str, most: int) -> tuple[Entry, ...]:
        """The sessions of exactly that name, or at exactly that address."""
        if by == FindBy.NAME:
            return self.entries(self._by_name.get(what, {}).values(), most)
        conn = self._by_address.get(what)
        return () if conn is None else (entry(conn),)

    def entries(self, conns: Iterable[Connection], most: int) -> tuple[Entry, ...]:
        """The first `most` as lines."""
        return tuple(entry(conn) for conn, _ in zip(conns, range(most), strict=False))
