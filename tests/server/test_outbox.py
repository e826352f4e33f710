"""What waits for one connection: in order, and counted to the byte."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.outbox import Outbox

SENDERS = st.sampled_from([b"", b"a" * 8, b"b" * 8])
PUTS = st.lists(st.tuples(SENDERS, st.binary(min_size=1, max_size=30)), max_size=40)


def fill(outbox: Outbox, puts: list[tuple[bytes, bytes]]) -> None:
    for sender, message in puts:
        if sender:
            outbox.put_chat(message, sender)
        else:
            outbox.put(message)


@given(PUTS, st.lists(st.integers(0, 60), max_size=20))
def test_order_and_counts_hold_however_it_is_emptied(
    puts: list[tuple[bytes, bytes]], budgets: list[int]
) -> None:
    outbox = Outbox()
    fill(outbox, puts)
    waiting = list(puts)
    for budget in budgets:
        if not outbox:
            break
        taken = outbox.take(budget)
        assert taken == [message for _, message in waiting[: len(taken)]]
        assert len(taken) == 1 or sum(map(len, taken)) <= budget
        del waiting[: len(taken)]
        counts = Counter[bytes]()
        for sender, message in waiting:
            counts[sender] += len(message)
        assert outbox.other == counts[b""]
        assert outbox.chat == counts.total() - counts[b""]
        assert all(outbox.waiting_from(s) == counts[s] for s in (b"a" * 8, b"b" * 8))
    assert bool(outbox) is bool(waiting)


def test_an_empty_one_holds_nothing_of_anybody() -> None:
    outbox = Outbox()
    assert not outbox
    assert outbox.waiting_from(b"a" * 8) == 0
    outbox.put_chat(b"x" * 10, b"a" * 8)
    assert outbox.waiting_from(b"a" * 8) == 10
    assert outbox.take(100) == [b"x" * 10]
    assert outbox.waiting_from(b"a" * 8) == outbox.chat == 0
