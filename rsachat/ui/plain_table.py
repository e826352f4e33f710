"""A table as plain aligned columns, without any drawing."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rsachat.protocol.safe_text import clean_name

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; `fingerprint` columns may be broken between their groups."""

    heading: str
    style: str = "text"
    right: bool = False
    fingerprint: bool = False


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """The table as lines of aligned columns, headings first, without any drawing."""
    heads = [column.heading for column in columns]
    table = [heads, *([clean_name(cell).plain for cell in row] for row in rows)]
    widths = [max(map(_cells, cells)) for cells in zip(*table, strict=True)]
    return [
        _GAP.join(
            _padded(cell, width, column.right)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in table
    ]


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _cells(cell))
    return space + cell if right else cell + space


def _cells(text: str) -> int:
    """The cells a text takes: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - marks
