"""Tables on a terminal."""

import pytest

from rsachat.ui.drawn_table import draw_table
from rsachat.ui.plain_table import Column
from tests.support.ui import COLOUR, Tty

FINGERPRINT = "-".join(f"ab{number:02d}" for number in range(13))
COLUMNS = (Column("name", "name"), Column("fingerprint", fingerprint=True))


def drawn(width: int, *cells: str) -> list[str]:
    stream = Tty()
    draw_table(COLUMNS, [cells], stream, COLOUR | {"NO_COLOR": "1"}, width)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_a_fingerprint_is_whole_where_there_is_room() -> None:
    assert any(FINGERPRINT in line for line in drawn(140, "alice", FINGERPRINT))


def test_a_fingerprint_stands_whole_below_its_row_where_there_is_less_room() -> None:
    assert drawn(80, "alice", FINGERPRINT) == [
        "name",
        "  fingerprint",
        "─" * 80,
        "alice",
        f"  {FINGERPRINT}",
    ]


def test_the_columns_beside_it_stay_aligned() -> None:
    columns = (*COLUMNS, Column("bits", right=True), Column("file"))
    stream = Tty()
    rows = [("漢字", "ab-cd", "3072", "x"), ("bob", "ef-gh", "4", "y")]
    draw_table(columns, rows, stream, COLOUR | {"NO_COLOR": "1"}, 80)
    assert stream.getvalue().splitlines()[3:] == [
        "漢字  3072  x",
        "  ab-cd",
        "bob      4  y",
        "  ef-gh",
    ]


def test_a_long_name_is_folded_not_lost() -> None:
    assert "".join(drawn(40, "x" * 50, "f")).count("x") == 50


@pytest.mark.parametrize("cell", ["[/nope]", "[bold]x[/]", ":skull:"])
def test_markup_stands_as_it_is(cell: str) -> None:
    assert cell in "\n".join(drawn(140, cell, "f"))
