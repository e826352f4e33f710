"""Amounts as people say them: durations, sizes, counts, times. Imports nothing of rsachat."""

from datetime import UTC, datetime, tzinfo

_LAST_MS = 253402300799999  # 9999-12-31T23:59:59.999Z, the last moment that `datetime` knows
_SIZES = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def duration(seconds: float) -> str:
    """Two units at most: `12s`, `5m12s`, `3h04m`, `2d05h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def size(count: float) -> str:
    """Bytes in the largest unit that leaves a number of at least one: `1.2 MiB`, `17 bytes`."""
    if count < 1024:
        return number(int(count), "byte")
    for unit in _SIZES:
        count /= 1024
        if count < 1023.95 or unit == _SIZES[-1]:
            break
    return f"{count:.1f} {unit}"


def number(count: int, noun: str, plural: str = "") -> str:
    """`1 chunk`, `4,823 chunks`; `plural` where it is not the noun with an `s`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def rfc3339(time_ms: int, *, milliseconds: bool = False) -> str:
    """Milliseconds since the epoch as UTC: `2026-11-24T09:51:57Z`. Any number is taken."""
    moment = _moment(time_ms, UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") if moment.year >= 1000 else "1970-01-01T00:00:00"
    return f"{text}.{moment.microsecond // 1000:03d}Z" if milliseconds else f"{text}Z"


def clock(time_ms: int, zone: tzinfo | None = None) -> str:
    """Milliseconds since the epoch as `09:51:57`, in `zone` or where this machine stands."""
    return _moment(time_ms, zone).strftime("%H:%M:%S")


def moment(time_ms: int) -> str:
    """Milliseconds since the epoch, exactly and for a person: `2026-11-24 09:51:57 UTC`."""
    return rfc3339(time_ms).replace("T", " ").replace("Z", " UTC")


def when(time_ms: int, now_ms: int, zone: tzinfo | None = None) -> str:
    """A moment seen from another one, both in milliseconds since the epoch, in `zone` or here.

    Past: `today 14:05`, `yesterday 14:05`, `3 days ago`, `2026-11-02`. To come: `in 23 hours`.
    """
    if time_ms > now_ms:
        return f"in {_ahead((time_ms - now_ms) / 1000)}"
    moment, now = _moment(time_ms, zone), _moment(now_ms, zone)
    days = (now.date() - moment.date()).days
    if days < 2:
        return f"{'yesterday' if days == 1 else 'today'} {moment:%H:%M}"
    return f"{days} days ago" if days <= 7 else f"{moment:%Y-%m-%d}"


def _ahead(seconds: float) -> str:
    """How long from now: `a moment`, `12 minutes`, `23 hours`, `3 days`, to the nearest."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "a moment"
    if minutes < 100:
        return number(minutes, "minute")
    hours = round(minutes / 60)
    return number(hours, "hour") if hours < 48 else number(round(hours / 24), "day")


def _moment(time_ms: int, zone: tzinfo | None) -> datetime:
    bounded = min(max(time_ms, 0), _LAST_MS)
    try:
        return datetime.fromtimestamp(bounded / 1000, zone)
    except (ValueError, OverflowError, OSError):  # the zone's offset leads beyond the year 9999
        return datetime.fromtimestamp(bounded / 1000, UTC)
