"""Rates as numbers: no schedule of requests gets more than rate and burst allow."""

from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.limits import SlidingCount, TokenBucket

GAPS = st.lists(st.floats(0, 5), max_size=60)


def test_a_bucket_goes_into_debt_and_says_how_long_it_is() -> None:
    bucket = TokenBucket(2.0, 4.0, now=10.0)
    bucket.take(4, 10.0)
    assert bucket.wait(10.0) == 0.0
    bucket.take(3, 10.0)
    assert bucket.wait(10.0) == 1.5
    assert bucket.wait(11.0) == 0.5
    assert bucket.wait(12.0) == 0.0


def test_what_is_refused_costs_nothing() -> None:
    bucket = TokenBucket(1.0, 2.0, now=0.0)
    assert [bucket.try_take(1, 0.0) for _ in range(50)] == [True, True, *[False] * 48]
    assert not bucket.try_take(1, 0.9)
    assert bucket.try_take(1, 1.0)


def test_a_bucket_is_fresh_when_it_is_full_again() -> None:
    bucket = TokenBucket(2.0, 4.0, now=0.0)
    assert bucket.fresh_at == 0.0
    bucket.take(3, 0.0)
    assert bucket.fresh_at == 1.5


@given(GAPS)
def test_no_schedule_gets_more_than_rate_and_burst(gaps: list[float]) -> None:
    bucket = TokenBucket(10.0, 5.0, now=0.0)
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        taken += sum(bucket.try_take(1, now) for _ in range(8))
    assert taken <= 5.0 + 10.0 * now + 1e-6


@given(GAPS)
def test_waiting_as_told_always_pays_the_debt(amounts: list[float]) -> None:
    bucket = TokenBucket(3.0, 2.0, now=0.0)
    now = 0.0
    for amount in amounts:
        bucket.take(amount, now)
        now += bucket.wait(now) + 1e-9
        assert bucket.wait(now) < 1e-6
    assert sum(amounts) <= 2.0 + 3.0 * now + 1e-3


@given(st.lists(st.floats(0, 30), max_size=50))
def test_a_sliding_count_is_what_the_window_holds(gaps: list[float]) -> None:
    count, times, now = SlidingCount(60.0), [], 0.0
    for gap in gaps:
        now += gap
        times.append(now)
        assert count.add(now) == sum(time > now - 60.0 for time in times)
    assert count.count(now + 61.0) == 0
