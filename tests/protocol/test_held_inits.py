"""INITs that wait for a key, and what waits behind them, within bounds."""

from rsachat.protocol.chat_events import Sender
from rsachat.protocol.envelope import Init, Msg
from rsachat.protocol.held_inits import HeldInits
from rsachat.settings import ChatLimits

ALICE, BOB = Sender(b"session1", b"\x01" * 32), Sender(b"session2", b"\x02" * 32)
MSG = Msg(b"\x00" * 16, 0, bytes(32), bytes(128))


def init(number: int) -> Init:
    sid = number.to_bytes(16, "big")
    return Init(sid, 0, b"", b"", b"", b"", b"", b"")


def test_at_most_sixteen_wait() -> None:
    held = HeldInits(ChatLimits())
    assert all(held.hold(ALICE, init(n), 0) for n in range(16))
    assert not held.hold(BOB, init(16), 0)
    assert len(held.take(ALICE)) == 16
    assert held.hold(BOB, init(16), 0)


def test_taken_by_sender_in_order() -> None:
    held = HeldInits(ChatLimits())
    for number, who in enumerate([ALICE, BOB, ALICE]):
        held.hold(who, init(number), 0)
    assert [one.init for one in held.take(ALICE)] == [init(0), init(2)]
    assert held.get(init(0).sid) is None
    assert [one.init for one in held.take_session(BOB.session)] == [init(1)]


def test_five_seconds() -> None:
    held = HeldInits(ChatLimits())
    held.hold(ALICE, init(0), 100.0)
    held.hold(BOB, init(1), 101.0)
    assert held.next_deadline() == 105.0
    assert held.take_overdue(104.9) == []
    assert [one.init for one in held.take_overdue(105.0)] == [init(0)]
    assert held.next_deadline() == 106.0
    held.take_overdue(106.0)
    assert held.next_deadline() is None


def test_behind_one_init_by_number_and_bytes() -> None:
    held = HeldInits(ChatLimits())
    for number in range(2):
        held.hold(ALICE, init(number), 0)
    first, second = held.get(init(0).sid), held.get(init(1).sid)
    assert first is not None
    assert second is not None
    assert all(held.put_behind(first, MSG, 181) for _ in range(256))
    assert not held.put_behind(first, MSG, 181)
    assert all(held.put_behind(second, MSG, 60_000) for _ in range(17))
    assert not held.put_behind(second, MSG, 60_000)


def test_behind_all_inits() -> None:
    held = HeldInits(ChatLimits(behind_all=300))
    for number in range(2):
        held.hold(ALICE if number else BOB, init(number), 0)
    first, second = held.get(init(0).sid), held.get(init(1).sid)
    assert first is not None
    assert second is not None
    assert held.put_behind(first, MSG, 181)
    assert not held.put_behind(second, MSG, 181)
    held.take(BOB)
    assert held.put_behind(second, MSG, 181)
