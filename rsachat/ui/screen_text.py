"""Lines for the client's screen, folded to its width and coloured, as one string."""

import io
from collections.abc import Iterable, Mapping

from rich.text import Text

from rsachat.ui.console import make_text_console
from rsachat.ui.text import folded, rich_line
from rsachat.ui.words import Line


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
        rows = [row for line in lines for row in folded(rich_line(line), self._console, width)]
        if not rows:
            return ""
        self._console.print(Text("\n").join(rows), no_wrap=True, overflow="ignore", crop=False)
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.replace("\n", "\r\n")
