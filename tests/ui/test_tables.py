"""Which kind of table goes where."""

import io

from rsachat.ui.plain_table import Column
from rsachat.ui.tables import print_table
from tests.support.ui import COLOUR, Tty

COLUMNS = (Column("name", "name"),)


def test_a_pipe_gets_plain_columns() -> None:
    stream = io.StringIO()
    print_table(COLUMNS, [("alice",)], stream, COLOUR)
    assert stream.getvalue() == "name\nalice\n"


def test_a_terminal_gets_a_drawn_table_unless_it_is_unwanted() -> None:
    print_table(COLUMNS, [("alice",)], drawn := Tty(), COLOUR, width=80)
    assert "\x1b[" in drawn.getvalue()
    assert "─" in drawn.getvalue()
    print_table(COLUMNS, [("alice",)], plain := Tty(), COLOUR, plain=True)
    assert plain.getvalue() == "name\nalice\n"
