"""What waits for one connection: in order, and counted to the byte."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.outbox import Outbox
from rsachat.settings import RelayLimits

SENDERS = st.sampled_from([b"", b"a" * 8, b"b" * 8])
LIMITS = RelayLimits(queue_sender=100, queue_all=150)
PUTS = st.lists(st.tuples(SENDERS, st.binary(min_size=1, max_size=30)), max_size=40)


def fill(outbox: Outbox, puts: list[tuple[bytes, bytes]]) -> None:
    for sender, message in puts:
        if sender:
            outbox.put_chat(message, sender, RelayLimits())
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
    assert bool(outbox) is bool(waiting)


def test_a_sender_has_its_share_and_all_together_have_theirs() -> None:
    outbox, near, far = Outbox(), b"a" * 8, b"b" * 8
    assert outbox.put_chat(b"x" * 100, near, LIMITS)
    assert not outbox.put_chat(b"x", near, LIMITS)
    assert not outbox.put_chat(b"x" * 51, far, LIMITS)
    assert outbox.put_chat(b"x" * 50, far, LIMITS)
    assert outbox.chat == 150
    assert outbox.take(1) == [b"x" * 100]
    assert outbox.put_chat(b"y" * 100, near, LIMITS)
    assert outbox.take(1000) == [b"x" * 50, b"y" * 100]


def test_an_empty_one_holds_nothing_of_anybody() -> None:
    outbox = Outbox()
    assert not outbox
    for _ in range(3):
        assert outbox.put_chat(b"x" * 100, b"a" * 8, LIMITS)
        assert outbox.take(100) == [b"x" * 100]
        assert not outbox
        assert outbox.chat == 0
