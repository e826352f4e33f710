"""A table as plain aligned columns, without any drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from rsachat.protocol.safe_text import clean_name
from rsachat.ui.cells import cells, padded

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
    widths = [max(map(cells, column)) for column in zip(*table, strict=True)]
    return [
        _GAP.join(
            padded(cell, width, right=column.right)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in table
    ]
