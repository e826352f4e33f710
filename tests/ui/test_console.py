"""Consoles: nothing a peer wrote is read as markup, and a pipe gets no escape byte."""

import io
import re

import pytest

from rsachat.ui.console import make_console, make_text_console
from rsachat.ui.styles import STYLES
from tests.support.ui import COLOUR, Tty

MARKUP = "[bold red]x[/] :skull: [/nope] http://x.example 123"


@pytest.mark.parametrize(
    ("environ", "plain", "coloured"),
    [
        (COLOUR, False, True),
        (COLOUR, True, False),
        (COLOUR | {"NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
    ],
)
def test_colour_only_where_it_belongs(environ: dict[str, str], plain: bool, coloured: bool) -> None:
    file = Tty()
    make_console(file, environ, plain=plain, width=80).print("x", style="bad")
    assert ("\x1b" in file.getvalue()) is coloured


@pytest.mark.parametrize(
    "environ", [{"TERM": "linux"}, COLOUR, COLOUR | {"COLORTERM": "truecolor"}]
)
def test_eight_colours_are_enough_for_every_terminal(environ: dict[str, str]) -> None:
    file = Tty()
    console = make_console(file, environ, width=80)
    for style in STYLES:
        console.print("x", style=style)
    codes = {code for codes in re.findall(r"\x1b\[([0-9;]+)m", file.getvalue())
             for code in codes.split(";")}  # fmt: skip
    assert codes == {"0", "1", "2", "31", "32", "33", "36"}


def test_a_pipe_is_plain_even_if_forced_to_colour() -> None:
    file = io.StringIO()
    make_console(file, COLOUR | {"FORCE_COLOR": "1"}, width=80).print("x", style="bad")
    assert file.getvalue() == "x\n"


def test_markup_and_emoji_codes_stand_as_they_are() -> None:
    file = io.StringIO()
    make_console(file, {}, width=80).print(MARKUP)
    assert file.getvalue() == f"{MARKUP}\n"


def test_the_width_is_not_taken_from_the_environment() -> None:
    assert make_console(io.StringIO(), {"COLUMNS": "33", "LINES": "3"}).width != 33


def test_the_text_console_colours_a_string() -> None:
    buffer = io.StringIO()
    make_text_console(buffer, 20, {}).print(MARKUP[:19], style="bad")
    assert buffer.getvalue() == f"\x1b[1;31m{MARKUP[:19]}\x1b[0m\n"
    make_text_console(quiet := io.StringIO(), 20, {"NO_COLOR": "1"}).print("x", style="bad")
    assert quiet.getvalue() == "x\n"
