"""Cleaned text holds nothing that steers, hides or is unassigned, and does not grow without end."""

from itertools import pairwise

from rsachat.protocol.safe_text import (
    Clean,
    clean_line,
    clean_message,
    clean_name,
    is_unchanged_in_name,
)
from tests.support.hostile import HOSTILE, is_safe

_LONGEST_ESCAPE = len("\\u{10ffff}")


def seeds() -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass")[:400] for text in HOSTILE.values()]


def target(data: bytes) -> None:
    for text in (data, data.decode("utf-8", "surrogateescape")):
        name, line, lines = clean_name(text), clean_line(text), clean_message(text)
        assert lines
        for cleaned in (name, line, *lines):
            _check(cleaned, len(text))
        assert "\n" not in "".join(cleaned.plain for cleaned in lines)
    shown = clean_name(data).plain
    assert is_unchanged_in_name(shown) or "\\" in shown or "\ufffd" in shown


def _check(cleaned: Clean, length: int) -> None:
    assert all(map(is_safe, cleaned.plain))
    assert len(cleaned.plain) <= _LONGEST_ESCAPE * length
    assert all(span.text for span in cleaned.spans)
    assert all(a.escaped != b.escaped for a, b in pairwise(cleaned.spans))
    for span in cleaned.spans:
        assert not span.escaped or span.text.isascii()
