"""Amounts as people say them."""

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat import amounts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (0.9, "0s"),
        (59, "59s"),
        (60, "1m00s"),
        (312, "5m12s"),
        (3600, "1h00m"),
        (11_100, "3h05m"),
        (86_400 * 2 + 3600 * 5, "2d05h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert amounts.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1,023 bytes"),
        (1024, "1.0 KiB"),
        (1_234_567, "1.2 MiB"),
        (1024**2 - 1, "1.0 MiB"),
        (4 * 1024**3, "4.0 GiB"),
        (2**64 - 1, "16.0 EiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert amounts.size(count) == text


def test_numbers() -> None:
    assert amounts.number(1, "chunk") == "1 chunk"
    assert amounts.number(4823, "chunk") == "4,823 chunks"
    assert amounts.number(2, "entry", "entries") == "2 entries"


def test_times() -> None:
    assert amounts.rfc3339(1_795_600_317_123) == "2026-11-25T09:51:57Z"
    assert amounts.rfc3339(1_795_600_317_123, milliseconds=True) == "2026-11-25T09:51:57.123Z"
    assert amounts.clock(1_795_600_317_123, UTC) == "09:51:57"
    assert amounts.clock(1_795_600_317_123, timezone(timedelta(hours=2))) == "11:51:57"


NOW = 1_795_600_317_123  # 2026-11-25T09:51:57.123Z
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("after_ms", "text"),
    [
        (0, "today 09:51"),
        (-9 * HOUR, "today 00:51"),
        (-10 * HOUR, "yesterday 23:51"),
        (-33 * HOUR, "yesterday 00:51"),
        (-34 * HOUR, "2 days ago"),
        (-7 * DAY, "7 days ago"),
        (-8 * DAY, "2026-11-17"),
        (1, "in a moment"),
        (MINUTE, "in 1 minute"),
        (89 * MINUTE, "in 89 minutes"),
        (2 * HOUR, "in 2 hours"),
        (DAY - 1, "in 24 hours"),
        (3 * DAY, "in 3 days"),
    ],
)
def test_moments_seen_from_now(after_ms: int, text: str) -> None:
    assert amounts.when(NOW + after_ms, NOW, UTC) == text


def test_days_begin_where_the_person_is() -> None:
    zone = timezone(timedelta(hours=-10))
    assert amounts.when(NOW - DAY, NOW, zone) == "yesterday 23:51"
    assert amounts.moment(NOW) == "2026-11-25 09:51:57 UTC"


@given(st.integers(-(2**64), 2**64))
def test_any_number_of_a_peer_is_some_time(time_ms: int) -> None:
    assert len(amounts.rfc3339(time_ms, milliseconds=True)) == 24
    assert len(amounts.clock(time_ms, timezone(timedelta(hours=14)))) == 8
    assert amounts.when(time_ms, NOW, UTC)
    assert amounts.when(NOW, time_ms, UTC)
