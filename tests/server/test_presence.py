"""The list, the notices and the exact count, at the size of a crowd."""

from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.codes import NoticeKind
from rsachat.server.connection import Connection
from rsachat.server.directory import Directory
from rsachat.server.outgoing import Outgoing
from rsachat.server.presence import Presence
from rsachat.settings import ServerSettings, SessionLimits
from tests.support.bare import Bare, listed_connection
from tests.support.hub import Hub
from tests.support.peers import Clock, ambient


class Crowd:
    """A presence whose sessions come and go in numbers; the first of them listens.

    `roster` is the list that the newest got.
    """

    roster: m.Roster

    def __init__(self, count_pass: int = SessionLimits().count_pass) -> None:
        self.ambient = ambient(Clock())
        limits = SessionLimits(count_pass=count_pass)
        outgoing = Outgoing(ServerSettings().relay, limits)
        self.presence = Presence(Directory(), outgoing, limits)
        self.conns: list[Connection] = []

    def come(self, count: int, now: float) -> None:
        for _ in range(count):
            conn = listed_connection(len(self.conns) + 1, self.ambient)
            self.conns.append(conn)
            self.presence.join(conn, now)
            if conn is not self.conns[0]:
                self.roster = next(x for x in _told(conn) if isinstance(x, m.Roster))
            self._forget()

    def go(self, count: int, now: float) -> None:
        for _ in range(count):
            self.presence.leave(self.conns.pop(), now)
            self._forget()

    def heard(self) -> list[m.Message]:
        """What the first session has been told since the last time."""
        return _told(self.conns[0])

    def _forget(self) -> None:
        """Others read at once, too."""
        for conn in self.conns[1:]:
            if conn.outbox:
                conn.outbox.take(1 << 30)


def _told(conn: Connection) -> list[m.Message]:
    told = conn.outbox.take(1 << 30)
    parts = [part for message in told for part in codec.split_record(message)]
    return [message for part in parts if isinstance(message := codec.decode(*part), m.Message)]


def test_who_comes_or_leaves_during_a_login_is_not_missed() -> None:
    hub = Hub()
    carol = hub.join("carol")
    alice = Bare(hub, listed=False)
    hub.type(carol, "quit")
    hub.join("bob")
    alice.say(m.PrekeyPut(alice.bundle()))
    roster, notice = alice.received
    assert isinstance(roster, m.Roster)
    assert [entry.name for entry in roster.entries] == ["bob"]
    assert isinstance(notice, m.Notice)
    assert notice.entry is not None
    assert (notice.entry.name, notice.online) == ("alice", 2)


def kinds(messages: list[m.Message]) -> list[int]:
    return [message.kind for message in messages if isinstance(message, m.Notice)]


def test_everybody_is_told_who_came_and_went_up_to_five_hundred() -> None:
    crowd = Crowd()
    crowd.come(500, 0.0)
    told = crowd.heard()
    assert kinds(told) == [NoticeKind.JOIN] * 500
    assert [message.online for message in told if isinstance(message, m.Notice)] == list(
        range(1, 501)
    )
    crowd.go(1, 1.0)
    (notice,) = crowd.heard()
    assert isinstance(notice, m.Notice)
    assert (notice.kind, notice.online) == (NoticeKind.LEAVE, 499)


def test_above_five_hundred_the_count_alone_is_told_once_a_second() -> None:
    crowd = Crowd()
    crowd.come(500, 0.0)
    crowd.heard()
    crowd.come(50, 10.0)
    assert crowd.heard() == [m.Notice(NoticeKind.COUNT, 501)]
    assert crowd.presence.next_deadline() == 11.0
    crowd.presence.tick(10.9)
    assert crowd.heard() == []
    crowd.presence.tick(11.0)
    assert crowd.heard() == [m.Notice(NoticeKind.COUNT, 550)]
    assert crowd.presence.next_deadline() is None


def test_a_count_reaches_a_great_crowd_in_parts() -> None:
    crowd = Crowd(count_pass=300)
    crowd.come(700, 0.0)
    while crowd.presence.next_deadline() == 0.0:
        crowd.presence.tick(0.0)
    for conn in crowd.conns:
        conn.outbox.take(1 << 30)
    crowd.presence.tick(1.0)
    for told in (300, 600):
        assert [bool(conn.outbox) for conn in crowd.conns] == [n >= 700 - told for n in range(700)]
        assert crowd.presence.next_deadline() == 1.0
        crowd.presence.tick(1.0)
    assert crowd.heard() == [m.Notice(NoticeKind.COUNT, 700)]
    assert crowd.presence.next_deadline() is None


def test_a_count_that_is_being_told_gives_way_to_newer_words() -> None:
    crowd = Crowd(count_pass=100)
    crowd.come(520, 0.0)
    crowd.presence.tick(1.0)
    crowd.go(70, 1.0)
    crowd.presence.tick(1.0)
    last = crowd.heard()[-1]
    assert isinstance(last, m.Notice)
    assert (last.kind, last.online) == (NoticeKind.LEAVE, 450)


def test_the_list_is_cut_at_five_hundred_and_comes_again_at_four_hundred_and_fifty() -> None:
    crowd = Crowd()
    crowd.come(500, 0.0)
    assert (crowd.roster.cut, len(crowd.roster.entries)) == (0, 499)
    crowd.come(2, 0.0)
    assert (crowd.roster.cut, len(crowd.roster.entries)) == (1, 500)
    crowd.heard()
    crowd.go(51, 5.0)
    assert not [x for x in crowd.heard() if isinstance(x, m.Roster)]
    crowd.go(1, 6.0)
    rosters = [x for x in crowd.heard() if isinstance(x, m.Roster)]
    assert [(roster.cut, len(roster.entries)) for roster in rosters] == [(0, 450)]
    crowd.go(10, 7.0)
    crowd.come(10, 7.0)
    assert not [x for x in crowd.heard() if isinstance(x, m.Roster)]
