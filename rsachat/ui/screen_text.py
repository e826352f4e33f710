"""Lines for the client's screen, folded to its width and coloured, as one string.

Folded rows are marked as a message's further lines are, so that a text padded to the width
cannot begin a row like another speaker's line.
"""

import io
from collections.abc import Iterable, Iterator, Mapping

from rich.text import Text

from rsachat.ui.console import make_text_console
from rsachat.ui.text import rich_line
from rsachat.ui.words import MARK, Line

_NARROW = 40  # cells below which the mark loses its indentation


class ScreenText:
    """Draws batches of lines; the console is kept as long as the width stays."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._buffer = io.StringIO()
        self._console = make_text_console(self._buffer, 80, environ)

    def draw(self, lines: Iterable[Line], width: int) -> str:
        """The rows of `lines` on `width` cells, each ended by CR LF."""
        if width != self._console.width:
            self._console = make_text_console(self._buffer, width, self._environ)
        rows = [row for line in lines for row in self._rows(rich_line(line), width)]
        if not rows:
            return ""
        self._console.print(Text("\n").join(rows), no_wrap=True, overflow="ignore", crop=False)
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.replace("\n", "\r\n")

    def _rows(self, text: Text, width: int) -> Iterator[Text]:
        if text.cell_len < width:
            yield text
            return
        mark = MARK if width >= _NARROW else MARK.lstrip()
        for number, row in enumerate(text.wrap(self._console, max(2, width - len(mark) - 1))):
            yield Text.assemble((mark, "mark"), row) if number else row
