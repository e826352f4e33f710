"""The cells that a text takes."""

import pytest

from rsachat.ui.cells import cells, padded


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("é", 1), ("e\u0301", 1), ("漢字", 4), ("a🙂", 3)]
)
def test_wide_characters_take_two_and_marks_none(text: str, width: int) -> None:
    assert cells(text) == width


def test_padding_is_by_cells() -> None:
    assert padded("漢", 4) == "漢  "
    assert padded("漢", 4, right=True) == "  漢"
    assert padded("too wide", 4) == "too wide"
