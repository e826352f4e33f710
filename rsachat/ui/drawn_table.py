"""A table as Rich draws it on a terminal; where it is too wide, each fingerprint on its own row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rsachat.protocol.safe_text import clean_name
from rsachat.ui.console import make_console
from rsachat.ui.plain_table import Column
from rsachat.ui.text import folded, rich_text

_WIDE_ENOUGH = 130  # cells in which a table holds a whole fingerprint of 64
_GAP = "  "


def draw_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    stream: TextIO,
    environ: Mapping[str, str],
    width: int | None,
) -> None:
    """Print the table on `stream`, a terminal, folding what is too wide for it."""
    console = make_console(stream, environ, width=width)
    if console.width < _WIDE_ENOUGH and any(column.fingerprint for column in columns):
        _draw_stacked(columns, rows, console)
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="heading", pad_edge=False)
    for column in columns:
        table.add_column(
            column.heading,
            style=column.style,
            justify="right" if column.right else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(rich_text(clean_name(cell), fold=True) for cell in row))
    console.print(table)


def _draw_stacked(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], console: Console
) -> None:
    """Fingerprints below the rest of their row, whole, so that they can be compared and copied."""
    heads = [Text(column.heading, "heading") for column in columns]
    table = [[_cell(*pair) for pair in zip(row, columns, strict=True)] for row in rows]
    widths = [max(cell.cell_len for cell in cells) for cells in zip(heads, *table, strict=True)]
    for number, cells in enumerate([heads, *table]):
        for line in _stacked(columns, cells, widths):
            for part in folded(line, console, console.width):
                console.print(part)
        if number == 0:
            console.print(Text("─" * console.width, "label"))


def _cell(text: str, column: Column) -> Text:
    return rich_text(clean_name(text), column.style, fold=True)


def _stacked(
    columns: Sequence[Column], cells: Sequence[Text], widths: Sequence[int]
) -> Iterator[Text]:
    row = Text()
    for column, cell, width in zip(columns, cells, widths, strict=True):
        if not column.fingerprint:
            space = " " * (width - cell.cell_len)
            row.append_text(
                Text.assemble(*((space, cell) if column.right else (cell, space)), _GAP)
            )
    row.rstrip()
    yield row
    for column, cell in zip(columns, cells, strict=True):
        if column.fingerprint:
            yield Text.assemble(_GAP, cell)
