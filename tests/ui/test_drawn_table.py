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


def test_a_fingerprint_breaks_between_its_groups() -> None:
    lines = drawn(60, "alice", FINGERPRINT)
    parts = [line.split()[-1] for line in lines if "ab" in line]
    assert "".join(parts) == FINGERPRINT
    assert parts[0].endswith("-")


def test_a_long_name_is_folded_not_lost() -> None:
    assert "".join(drawn(40, "x" * 50, "f")).count("x") == 50


@pytest.mark.parametrize("cell", ["[/nope]", "[bold]x[/]", ":skull:"])
def test_markup_stands_as_it_is(cell: str) -> None:
    assert cell in "\n".join(drawn(140, cell, "f"))
