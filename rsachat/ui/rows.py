"""Rows of fixed cells, cheap enough to be drawn four times a second.

Rich's tables measure every cell; here the widths are known, so a row is only cut and padded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from rsachat.protocol.safe_text import Clean

Piece = tuple[str, str]
"""Text and the name of its style."""

Row = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as Rich draws them, each already as wide as it shall be."""

    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self.rows:
            for text, style in row:
                yield Segment(text, console.get_style(style))
            yield Segment.line()


def pieces(clean: Clean, style: str = "text") -> list[Piece]:
    """Clean text in a style, its escapes dim."""
    return [(span.text, "escape" if span.escaped else style) for span in clean.spans]


def fit(content: Iterable[Piece], width: int, *, right: bool = False) -> list[Piece]:
    """`content` on exactly `width` cells: padded, or cut with an ellipsis."""
    row = list(content)
    length = sum(cell_len(text) for text, _ in row)
    if length > width:
        row = list(_cut(row, width - 1))
        length = sum(cell_len(text) for text, _ in row)
        if width > 0:
            row.append(("…", "text"))
            length += 1
    padding = (" " * (width - length), "text")
    return [padding, *row] if right else [*row, padding]


def bar(share: float, width: int) -> list[Piece]:
    """A bar of `width` cells, filled as far as `share` (0 to 1) says."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return [("━" * full, "bar"), ("─" * (width - full), "bar.rest")]


def _cut(row: Row, width: int) -> Iterator[Piece]:
    for text, style in row:
        if width <= 0:
            return
        length = cell_len(text)
        yield (text if length <= width else set_cell_size(text, width)), style
        width -= length
