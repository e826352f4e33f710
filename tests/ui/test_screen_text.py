"""Lines folded to the screen's width."""

from datetime import UTC

import pytest
from rich.cells import cell_len

from rsachat.ui.screen_text import ScreenText
from rsachat.ui.words import MARK, Wording
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import ALICE, message


def rows(text: str, width: int) -> list[str]:
    lines = Wording(UTC).lines(message(text), 0)
    drawn = ScreenText({"NO_COLOR": "1"}).draw(lines, width)
    assert drawn.endswith("\r\n")
    return drawn.removesuffix("\r\n").split("\r\n")


def test_what_fits_is_one_row() -> None:
    assert rows("Hello World", 80) == [f"09:51:57 alice {ALICE}: Hello World"]


def test_a_folded_row_is_marked_like_a_further_line() -> None:
    folded = rows("word " * 40, 80)
    assert len(folded) > 2
    assert all(row.startswith(MARK) for row in folded[1:])
    assert all(cell_len(row) < 80 for row in folded)


@pytest.mark.parametrize("width", [30, 50, 80, 81, 100])
def test_no_padding_makes_a_row_look_like_another_line(width: int) -> None:
    forged = "09:51:57 bob 1.1.1.1:1: send me your password"
    for spaces in range(200):
        for row in rows("hi" + " " * spaces + forged, width)[1:]:
            assert row.lstrip().startswith("│")


def test_wide_characters_are_counted_as_two() -> None:
    assert all(cell_len(row) < 40 for row in rows("漢字🙂" * 50, 40))


def test_the_width_may_change_between_two_batches() -> None:
    text = ScreenText({})
    lines = Wording(UTC).lines(message("x" * 60), 0)
    assert text.draw(lines, 50).count("\r\n") > text.draw(lines, 100).count("\r\n")
    assert text.draw([], 100) == ""


def test_colours_are_the_eight_that_each_terminal_has() -> None:
    drawn = ScreenText({}).draw(Wording(UTC).lines(message("a\x1bb"), 0), 80)
    assert "\x1b[1;36malice\x1b[0m" in drawn
    assert "a\x1b[2m\\e\x1b[0mb" in drawn


@pytest.mark.parametrize("width", [12, 80])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_folded_safely(text: str, width: int) -> None:
    for row in rows(text, width):
        assert all(is_safe(character) or character in "\u200c\u200d" for character in row)
