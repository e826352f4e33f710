"""Tables of keys and pins: drawn on a terminal, plain aligned columns in a pipe."""

from collections.abc import Mapping, Sequence
from typing import TextIO

from rsachat.ui.plain_table import Column, table_lines
from rsachat.ui.terminal import may_draw


def print_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    stream: TextIO,
    environ: Mapping[str, str],
    *,
    plain: bool = False,
    width: int | None = None,
) -> None:
    """Print `rows`, a cell for each column; `width` in cells is the terminal's where not given."""
    if may_draw(stream, environ, plain=plain):
        from rsachat.ui.drawn_table import draw_table

        draw_table(columns, rows, stream, environ, width)
    else:
        stream.write("".join(f"{line}\n" for line in table_lines(columns, rows)))
        stream.flush()
