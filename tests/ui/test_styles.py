"""Styles: known to Rich and to prompt_toolkit, and only the eight colours."""

from typing import get_args

import pytest
from prompt_toolkit.styles import Style as PromptStyle
from rich.style import Style

from rsachat.server.notices import Notice
from rsachat.ui.styles import NOTICE_STYLES, STYLES, prompt_styles


@pytest.mark.parametrize("name", STYLES)
def test_rich_knows_each_style_and_needs_no_more_than_eight_colours(name: str) -> None:
    style = Style.parse(STYLES[name])
    assert style.bgcolor is None
    assert style.color is None or (style.color.number or 0) < 8


def test_prompt_toolkit_knows_them_too() -> None:
    style = PromptStyle.from_dict(prompt_styles())
    assert style.get_attrs_for_style_str("class:bad").color == "ansired"
    assert style.get_attrs_for_style_str("class:bar-rest").color == ""


def test_each_notice_has_a_style() -> None:
    assert set(NOTICE_STYLES) == {kind.event for kind in get_args(Notice)}
    assert set(NOTICE_STYLES.values()) <= set(STYLES)
