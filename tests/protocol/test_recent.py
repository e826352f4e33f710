"""Bounded memory, throttles and buckets at their edges."""

from rsachat.protocol.recent import Bucket, Recent, Throttle


def test_recent_knows_the_last_keys() -> None:
    recent: Recent[int] = Recent(3)
    assert [recent.add(key) for key in (1, 2, 3, 1, 2)] == [True, True, True, False, False]
    assert recent.add(4)
    assert len(recent) == 3
    assert recent.add(1), "the oldest was forgotten"
    assert not recent.add(3)


def test_throttle_lets_a_key_pass_once_in_its_time() -> None:
    throttle: Throttle[str] = Throttle(10, 100)
    assert throttle.passes("a", 0)
    assert not throttle.passes("a", 9.9)
    assert throttle.passes("b", 9.9)
    assert throttle.passes("a", 10)
    assert not throttle.passes("a", 19)


def test_throttle_is_bounded() -> None:
    throttle: Throttle[int] = Throttle(10, 2)
    assert all(throttle.passes(key, key / 10) for key in range(3))
    assert throttle.passes(0, 1), "the oldest was forgotten"
    assert not throttle.passes(2, 1)


def test_bucket_starts_full_and_refills() -> None:
    bucket = Bucket(0.1, 2, 0)
    assert [bucket.take(0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(9.9)
    assert bucket.take(10)
    assert [bucket.take(10_000) for _ in range(3)] == [True, True, False]
