"""Text from others: the table of classes, the hostile strings, and what holds for any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.protocol.safe_text import (
    MAX_MARKS,
    Clean,
    Span,
    clean_line,
    clean_message,
    clean_name,
    is_unchanged_in_name,
    join,
)
from tests.support.hostile import HOSTILE, is_safe

NOTEWORTHY = "".join(HOSTILE[key] for key in HOSTILE if key != "very long")
texts = st.text(
    st.one_of(st.sampled_from(sorted(set(NOTEWORTHY))), st.characters(exclude_categories=()))
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello World", "Hello World"),
        ("", ""),
        ("a\x1b[2J", "a\\e[2J"),
        ("a\rb\nc\0d", "a\\rb\\nc\\0d"),
        ("\x05\x07\x08\x0b\x0c\x7f", "\\x05\\x07\\x08\\x0b\\x0c\\x7f"),
        ("\x85\x9b2J\x9d", "\\x85\\x9b2J\\x9d"),
        ("a\tb", "a    b"),
        ("a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"),
        ("x\u202efdp.exe", "x\\u{202e}fdp.exe"),
        ("\u2066\u2069\u200e\u200f\u061c", "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
        ("a\u200bb\ufeff\u00ad", "a\\u{200b}b\\u{feff}\\u{ad}"),
        ("\u115f\u1160\u3164\uffa0\u2800\u034f", "".join(map(r"\u{{{:x}}}".format, (
            0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x34F)))),
        ("\u1780\u17b4\u17b5", "\u1780\\u{17b4}\\u{17b5}"),
        ("0\U000e0100", "0\\u{e0100}"),
        ("\U000e0041\U000e0000\ufff9", "\\u{e0041}\\u{e0000}\\u{fff9}"),
        ("a\u00a0b\u3000c\u202fd", "a b c d"),
        ("\ud800\ue000\uffff\U0010ffff", "\ufffd" * 4),
        ("e\u0301", "e\u0301"),
        ("Z" + "\u0301" * 40, "Z" + "\u0301" * MAX_MARKS),
        ("\u0301a", "\\u{301}a"),
        ("\x1b\u0301", "\\e\\u{301}"),
        ("漢字🙂é", "漢字🙂é"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("pay\u200dpal", "pay\\u{200d}pal"),
        ("漢\u200d\u200d字", "漢\\u{200d}\\u{200d}字"),
        ("漢\u200d", "漢\\u{200d}"),
        ("e\u0301\u200d漢", "e\u0301\\u{200d}漢"),
        ("\u200d漢", "\\u{200d}漢"),
        ("[bold]x[/nope] :skull: \\e", "[bold]x[/nope] :skull: \\e"),
    ],
)  # fmt: skip
def test_a_line_shows_each_class_as_the_table_says(text: str, plain: str) -> None:
    assert clean_line(text).plain == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("alice", "alice"),
        ("a\tb", "a\\tb"),
        ("می\u200cخ", "می\\u{200c}خ"),
        ("👨\u200d👩", "👨\\u{200d}👩"),
        ("résumé.txt", "résumé.txt"),
    ],
)
def test_a_name_keeps_neither_tab_nor_joiner(text: str, plain: str) -> None:
    assert clean_name(text).plain == plain


def test_an_escape_differs_from_a_typed_backslash() -> None:
    assert clean_line("\\e") == Clean((Span("\\e"),))
    assert clean_line("a\x1b\x1bb") == Clean((Span("a"), Span("\\e\\e", True), Span("b")))


def test_a_message_keeps_its_line_breaks_as_lines() -> None:
    lines = clean_message("one\ntwo\r\n\nfour\rstill\x0bfour\u2028")
    assert [line.plain for line in lines] == [
        "one", "two", "", "four\\rstill\\x0bfour\\u{2028}",
    ]  # fmt: skip


def test_an_empty_message_is_one_empty_line() -> None:
    assert clean_message("") == (Clean(()),)


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert clean_name(b"a\xffb\xc3").plain == "a\ufffdb\ufffd"
    assert clean_message(b"a\n\xed\xa0\x80")[0].plain == "a"


def test_join_marks_only_what_was_escaped() -> None:
    assert join("by ", clean_name("a\x1b"), "\\e", "") == Clean(
        (Span("by a"), Span("\\e", True), Span("\\e"))
    )


def test_emoji_newer_than_our_tables_pass_and_other_unassigned_do_not() -> None:
    newer = [chr(c) for c in range(0x1F000, 0x1FB00) if unicodedata.category(chr(c)) == "Cn"]
    assert all(clean_line(emoji).plain == emoji for emoji in newer)
    assert clean_line("\u0378\u2065").plain == "\ufffd\\u{2065}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_string_gets_through(text: str) -> None:
    assert all(map(is_safe, clean_name(text).plain))
    assert "\u200c" not in clean_name(text).plain
    assert "\u200d" not in clean_name(text).plain
    assert all(map(is_safe, clean_line(text).plain))
    assert all(is_safe(c) for line in clean_message(text) for c in line.plain)


@pytest.mark.parametrize(
    ("text", "unchanged"),
    [
        ("target.txt", True),
        ("résumé 漢字🙂.pdf", True),
        ("e\u0301", True),
        ("", True),
        ("a\tb", False),
        ("a\u00a0b", False),
        ("a\u200bb", False),
        ("x\u202ey", False),
        ("\u0301x", False),
        ("Z" + "\u0301" * 4, False),
        ("👨\u200d👩", False),
        ("a\ue000", False),
    ],
)
def test_what_a_name_may_hold_unchanged(text: str, unchanged: bool) -> None:
    assert is_unchanged_in_name(text) is unchanged


@given(texts)
def test_any_text_becomes_safe(text: str) -> None:
    for clean in (clean_name(text), clean_line(text), *clean_message(text)):
        assert all(map(is_safe, clean.plain))
        marks = 0
        for character in clean.plain:
            marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
            assert marks <= 2 * MAX_MARKS


@given(texts)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_name(text).plain
    assert clean_name(once).plain == once
    assert is_unchanged_in_name(once)


@given(st.binary())
def test_any_bytes_become_safe(data: bytes) -> None:
    assert all(is_safe(c) for line in clean_message(data) for c in line.plain)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_never_touched(text: str) -> None:
    assert clean_name(text).plain == clean_line(text).plain == text
    assert is_unchanged_in_name(text)
