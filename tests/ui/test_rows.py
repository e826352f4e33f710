"""Rows of fixed cells."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rsachat.protocol.safe_text import clean_name
from rsachat.ui.console import make_text_console
from rsachat.ui.rows import Rows, bar, fit, pieces


def text(row: list[tuple[str, str]]) -> str:
    return "".join(piece for piece, _ in row)


@pytest.mark.parametrize(
    ("content", "width", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 4, "漢 …"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_content_is_padded_or_cut(content: str, width: int, fitted: str) -> None:
    assert text(fit([(content, "text")], width)) == fitted


def test_numbers_stand_on_the_right() -> None:
    assert text(fit([("12", "text")], 4, right=True)) == "  12"


def test_escapes_stay_dim_when_cut() -> None:
    row = fit(pieces(clean_name("a\x1bbc"), "name"), 4)
    assert row[:3] == [("a", "name"), ("\\e", "escape"), ("…", "text")]


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, "────"), (0.5, "━━──"), (1, "━━━━"), (7, "━━━━"), (-1, "────")]
)
def test_a_bar(share: float, drawn: str) -> None:
    assert text(bar(share, 4)) == drawn


@given(st.lists(st.text(st.sampled_from("a漢🙂 e")), max_size=4), st.integers(0, 12), st.booleans())
def test_a_cell_is_as_wide_as_it_shall_be(parts: list[str], width: int, right: bool) -> None:
    assert cell_len(text(fit([(part, "text") for part in parts], width, right=right))) == width


def test_rows_are_drawn_as_they_are() -> None:
    buffer = io.StringIO()
    make_text_console(buffer, 10, {}).print(Rows([[("a", "bad"), ("b", "text")], [("c", "text")]]))
    assert buffer.getvalue() == "\x1b[1;31ma\x1b[0mb\nc\n"
