"""Every own message finds exactly one end, whatever its sessions report and in what order."""

from hypothesis import given
from hypothesis import strategies as st

from rsachat.client.ledger import Ledger
from rsachat.client.views import Delivered, OwnMessage, Sent, Undelivered, View
from rsachat.protocol.messages import Entry

MID = bytes(16)


def entries(count: int) -> list[Entry]:
    return [Entry(bytes([n]) * 8, "bob", bytes(32), f"10.0.0.{n}:1") for n in range(count)]


def session(number: int) -> bytes:
    return bytes([number]) * 8


def test_a_message_to_one_session() -> None:
    ledger = Ledger()
    assert ledger.add(MID, "@bob", "hi", entries(1), 5) == OwnMessage(MID.hex(), "@bob", "hi", 5)
    assert len(ledger) == 1
    assert ledger.sent(session(0), [MID]) == [Sent(MID.hex())]
    assert ledger.delivered(session(0), [MID]) == [Delivered(MID.hex(), 1, 1)]
    assert len(ledger) == 0


def test_a_receipt_that_overtakes_sent_says_both() -> None:
    ledger = Ledger()
    ledger.add(MID, "@bob", "hi", entries(1), 5)
    assert ledger.delivered(session(0), [MID]) == [Sent(MID.hex()), Delivered(MID.hex(), 1, 1)]
    assert ledger.sent(session(0), [MID]) == []


def test_a_message_to_several_counts_who_has_it() -> None:
    ledger = Ledger()
    ledger.add(MID, "@bob", "hi", entries(3), 5)
    assert ledger.sent(session(0), [MID]) == []
    assert ledger.delivered(session(0), [MID]) == [Sent(MID.hex()), Delivered(MID.hex(), 1, 3)]
    assert ledger.undelivered(session(1), MID, "gone") == []
    assert ledger.delivered(session(2), [MID]) == [Delivered(MID.hex(), 2, 3)]
    assert len(ledger) == 0


def test_what_reaches_nobody_names_each_reason_once() -> None:
    ledger = Ledger()
    ledger.add(MID, "@bob", "hi", entries(3), 5)
    for number, reason in enumerate(("gone", "gone", "no receipt")):
        views = ledger.undelivered(session(number), MID, reason)
    assert views == [Undelivered(MID.hex(), "@bob", "hi", "gone; no receipt")]


def test_who_was_not_addressed_changes_nothing() -> None:
    ledger = Ledger()
    ledger.add(MID, "@bob", "hi", entries(1), 5)
    assert ledger.delivered(session(7), [MID]) == []
    assert ledger.sent(session(7), [MID, b"\1" * 16]) == []
    assert ledger.undelivered(session(7), MID, "gone") == []
    assert ledger.undelivered(session(0), b"\1" * 16, "gone") == []
    assert len(ledger) == 1


REPORTS = st.lists(
    st.tuples(st.sampled_from(["sent", "delivered", "undelivered"]), st.integers(0, 4)), max_size=40
)


@given(st.integers(1, 4), REPORTS)
def test_one_end_and_a_rising_count(total: int, reports: list[tuple[str, int]]) -> None:
    ledger, views = Ledger(), list[View]()
    ledger.add(MID, "@bob", "hi", entries(total), 5)
    for report, number in [*reports, *(("undelivered", number) for number in range(total))]:
        match report:
            case "sent":
                views += ledger.sent(session(number), [MID])
            case "delivered":
                views += ledger.delivered(session(number), [MID])
            case _:
                views += ledger.undelivered(session(number), MID, "gone")
    counts = [view.delivered for view in views if isinstance(view, Delivered)]
    assert counts == list(range(1, len(counts) + 1))
    assert sum(isinstance(view, Sent) for view in views) <= 1
    failures = sum(isinstance(view, Undelivered) for view in views)
    assert failures == (0 if counts else 1)
    assert not counts or isinstance(views[0], Sent)
    assert len(ledger) == 0
