"""The table of incoming sessions: bounds, who goes first, and when receipts are owed."""

from rsachat.protocol.agreement import SessionKeys
from rsachat.protocol.chat_events import Sender
from rsachat.protocol.incoming_session import IncomingSession
from rsachat.protocol.session_table import SessionTable
from rsachat.settings import ChatLimits

KEYS = SessionKeys(bytes(32), bytes(32))


def session(sid: int, who: int = 1, now: float = 0.0) -> IncomingSession:
    sender = Sender(who.to_bytes(8, "big"), bytes(32))
    return IncomingSession(sid.to_bytes(16, "big"), sender, KEYS, now, ChatLimits())


def known(table: SessionTable, *sids: int) -> list[bool]:
    return [table.get(sid.to_bytes(16, "big")) is not None for sid in sids]


def test_two_of_a_sending_session_the_longest_unused_goes() -> None:
    table = SessionTable(ChatLimits())
    first, second = session(1, now=1.0), session(2, now=2.0)
    table.add(first)
    table.add(second)
    table.used(first, 3.0)
    table.add(session(3, now=4.0))
    assert known(table, 1, 2, 3) == [True, False, True]
    assert len(table) == 2


def test_the_longest_unused_of_all_goes() -> None:
    table = SessionTable(ChatLimits(incoming_all=3))
    sessions = [session(n, who=n) for n in range(3)]
    for one in sessions:
        table.add(one)
    table.used(sessions[0], 1.0)
    table.add(session(3, who=3, now=2.0))
    assert known(table, 0, 1, 2, 3) == [True, False, True, True]


def test_a_sender_that_left() -> None:
    table = SessionTable(ChatLimits())
    for sid, who in ((1, 1), (2, 1), (3, 2)):
        table.add(session(sid, who))
    table.drop_sender((1).to_bytes(8, "big"))
    table.drop_sender((9).to_bytes(8, "big"))
    assert known(table, 1, 2, 3) == [False, False, True]


def test_a_receipt_is_due_50_ms_after_the_first_message() -> None:
    table = SessionTable(ChatLimits())
    one = session(1)
    table.add(one)
    one.owed = 1
    assert not table.owe(one, 10.0)
    one.owed = 2
    assert not table.owe(one, 10.04)
    assert table.next_deadline() == 10.05
    assert table.take_due(10.049) == []
    assert table.take_due(10.05) == [one]
    assert table.next_deadline() is None


def test_a_receipt_is_due_at_once_at_the_32nd() -> None:
    table = SessionTable(ChatLimits())
    one = session(1)
    table.add(one)
    one.owed = 31
    assert not table.owe(one, 10.0)
    one.owed = 32
    assert table.owe(one, 10.0)
    assert table.next_deadline() is None


def test_due_in_the_order_of_time_and_not_after_the_end() -> None:
    table = SessionTable(ChatLimits())
    first, second, third = (session(n, who=n) for n in range(3))
    for number, one in enumerate((first, second, third)):
        table.add(one)
        one.owed = 1
        table.owe(one, 10.0 + number / 100)
    table.drop_sender(second.sender.session)
    assert table.take_due(11.0) == [first, third]
