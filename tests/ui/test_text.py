"""Clean text inside Rich."""

import io

import pytest
from rich.text import Text

from rsachat.protocol.safe_text import clean_line
from rsachat.ui.console import make_text_console
from rsachat.ui.text import folded, rich_line, rich_text
from rsachat.ui.words import MARK, Line, part
from tests.support.hostile import HOSTILE, is_safe


def test_an_escape_is_drawn_dim_and_a_typed_backslash_is_not() -> None:
    buffer = io.StringIO()
    make_text_console(buffer, 80, {}).print(rich_text(clean_line("a\x1b\\e")))
    assert buffer.getvalue() == "a\x1b[2m\\e\x1b[0m\\e\n"


def test_a_text_full_of_escapes_is_dim_as_a_whole() -> None:
    text = rich_text(clean_line("a\x1b" * 30_000))
    assert text.plain == "a\\e" * 30_000
    assert [span.style for span in text.spans] == ["escape"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_rich_draws_hostile_text_as_it_was_cleaned(text: str) -> None:
    buffer = io.StringIO()
    console = make_text_console(buffer, 10_000, {"NO_COLOR": "1"})
    line = Line((part(clean_line(text), "name"), part(": "), part(clean_line(text))))
    console.print(rich_line(line), soft_wrap=True)
    drawn = buffer.getvalue().removesuffix("\n")
    assert drawn == line.plain
    assert all(map(is_safe, drawn))


def test_a_row_that_goes_on_is_marked() -> None:
    console = make_text_console(io.StringIO(), 60, {})
    rows = [row.plain for row in folded(Text("word " * 30), console, 60)]
    assert rows[0].startswith("word")
    assert len(rows) > 1
    assert all(row.startswith(MARK) for row in rows[1:])
    assert [row.plain for row in folded(Text("word"), console, 60)] == ["word"]


def test_only_the_rows_after_the_first_give_room_to_the_mark() -> None:
    console = make_text_console(io.StringIO(), 60, {})
    rows = [row.plain for row in folded(Text("x" * 200), console, 60)]
    assert [len(row) for row in rows] == [59, 59, 59, 200 - 59 - 2 * (59 - len(MARK)) + len(MARK)]
    rows = [row.plain for row in folded(Text("a" + " " * 100 + "b"), console, 60)]
    assert [row.rstrip() for row in rows] == ["a", f"{MARK}b"]
    assert [row.plain for row in folded(Text("a" * 59 + " " * 9), console, 60)] == ["a" * 59]


def test_a_long_word_on_a_further_line_follows_the_mark_at_once() -> None:
    console = make_text_console(io.StringIO(), 60, {})
    rows = [row.plain for row in folded(Text(MARK + "z" * 70), console, 60)]
    assert rows == [MARK + "z" * 48, MARK + "z" * 22]
    assert [row.plain.rstrip() for row in folded(Text(MARK + " " * 90), console, 60)] == [
        MARK.rstrip()
    ]


def test_a_text_that_is_cut_elsewhere_is_folded_here() -> None:
    console = make_text_console(io.StringIO(), 60, {})
    rows = [row.plain for row in folded(rich_text(clean_line("y" * 100)), console, 60)]
    assert "".join(row.removeprefix(MARK) for row in rows) == "y" * 100
