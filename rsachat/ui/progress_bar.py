"""An upload's progress as a bar at the bottom of a terminal, drawn by hand with Rich's Live."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rsachat import amounts
from rsachat.protocol.safe_text import clean_line, clean_name
from rsachat.ui.progress import Clock, Hashing, Meter, Transfer
from rsachat.ui.terminal_file import own_terminal
from rsachat.ui.text import folded, rich_text

_FRAME_EVERY = 0.1  # seconds
_LAST_FRAME = 0.3  # seconds that a terminal which stands still has at the end
_BAR_WIDTH = 20  # cells
_NAME_WIDTH = 12  # at least


class _Place(NamedTuple):
    """Where a cell stands in the row, and how soon it is given a place there (1 is first)."""

    order: int
    worth: int


class BarProgress:
    """Progress as a bar at the bottom of the terminal, drawn by hand."""

    def __init__(self, console: Console, *, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._terminal = own_terminal(console)
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._shown: Transfer | Hashing | None = None
        self._next = 0.0
        self._width = 0

    def hashing(self, file: str, done: int, size: int) -> None:
        self._shown = Hashing(file, done, size)
        self.tick()

    def begin(self, file: str, size: int, chunks: int, done: int = 0, chunks_done: int = 0) -> None:
        self._shown = Transfer(file, chunks, Meter(size, done, self._clock), chunks_done)
        self._draw()

    def update(self, done: int, chunks_done: int, sent: int) -> None:
        if isinstance(self._shown, Transfer):
            self._shown.update(done, chunks_done, sent)

    def tick(self) -> None:
        if self._shown is not None and self._clock() >= self._next:
            self._draw()

    def say(self, text: str) -> None:
        line = rich_text(clean_line(text), "system")
        for row in folded(line, self._console, self._console.width):
            self._console.print(row)

    def end(self) -> None:
        self._shown = None
        self._width = 0  # the next file starts the drawing again
        self._live.stop()
        if self._terminal is not None:
            self._terminal.drain(_LAST_FRAME)

    def _draw(self) -> None:
        if self._terminal is not None and self._terminal.stuck:
            return  # it stands still: the transfer goes on all the same
        if self._shown is not None:
            self._next = self._clock() + _FRAME_EVERY
            if self._console.width != self._width:  # what Live would move up by is no longer true
                self._width = self._console.width
                self._live.stop()
                self._live.start()
            self._live.update(self._bar(self._shown), refresh=True)

    def _bar(self, shown: Transfer | Hashing) -> Table:
        """One row, never two: the cells that fit, in the order of their worth, the name cut."""
        room = self._console.width - _NAME_WIDTH
        kept = []
        for place, cell, cells in sorted(_cells(shown), key=lambda item: item[0].worth):
            if cells and cells + 1 <= room:
                room -= cells + 1
                kept.append((place.order, cell, cells))
        name = rich_text(clean_name(shown.file), "name")
        row = Table.grid(padding=(0, 1, 0, 0))
        widest = _NAME_WIDTH + max(0, room - 1)
        width = min(widest, max(_NAME_WIDTH, name.cell_len))  # no further from its bar than needed
        row.add_column(no_wrap=True, overflow="ellipsis", width=width)
        kept.sort(key=lambda item: item[0])
        for _, _, cells in kept:
            row.add_column(no_wrap=True, width=cells)
        row.add_row(name, *(cell for _, cell, _ in kept))
        return row


def _cells(shown: Transfer | Hashing) -> Iterator[tuple[_Place, RenderableType, int]]:
    """Each cell beside the name: its place, what it shows, how wide it is."""
    share = shown.share
    bar = ProgressBar(
        total=1.0,
        completed=share,
        width=_BAR_WIDTH,
        style="bar.rest",
        complete_style="bar",
        finished_style="bar",
    )
    yield _Place(1, 2), bar, _BAR_WIDTH
    for place, text, style in _texts(shown):
        yield place, Text(text, style, no_wrap=True), len(text)


def _texts(shown: Transfer | Hashing) -> Sequence[tuple[_Place, str, str]]:
    percent = (_Place(2, 1), f"{int(shown.share * 100):3d}%", "value")
    if isinstance(shown, Hashing):
        return (percent, (_Place(3, 1), "hashing", "label"))
    return (
        percent,
        (_Place(3, 5), shown.bytes, "text"),
        (_Place(4, 7), shown.under_way, "label"),
        (_Place(5, 6), f"{shown.chunks_done:,}/{shown.chunks:,}", "label"),
        (_Place(6, 4), f"{amounts.size(shown.meter.speed)}/s", "text"),
        (_Place(7, 3), shown.left, "label"),
    )
