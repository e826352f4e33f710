"""A table as Rich draws it on a terminal."""

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich import box
from rich.table import Table
from rich.text import Text

from rsachat.protocol.safe_text import clean_name
from rsachat.ui.console import make_console
from rsachat.ui.plain_table import Column
from rsachat.ui.text import rich_text

_WIDE_ENOUGH = 130  # cells in which a table holds a whole fingerprint of 64
_GROUPS = 5  # of four characters, on one line of a narrow table


def draw_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    stream: TextIO,
    environ: Mapping[str, str],
    width: int | None,
) -> None:
    """Print the table on `stream`, a terminal, folding what is too wide for it."""
    console = make_console(stream, environ, width=width)
    table = Table(box=box.SIMPLE_HEAD, header_style="heading", pad_edge=False)
    for column in columns:
        table.add_column(
            column.heading,
            style=column.style,
            justify="right" if column.right else "left",
            overflow="fold",
        )
    narrow = console.width < _WIDE_ENOUGH
    for row in rows:
        table.add_row(*(_cell(*pair, narrow) for pair in zip(row, columns, strict=True)))
    console.print(table)


def _cell(text: str, column: Column, narrow: bool) -> Text:
    clean = clean_name(text)
    if column.fingerprint and narrow:
        groups = clean.plain.split("-")
        parts = ["-".join(groups[i : i + _GROUPS]) for i in range(0, len(groups), _GROUPS)]
        return Text("-\n".join(parts))
    return rich_text(clean, fold=True)
