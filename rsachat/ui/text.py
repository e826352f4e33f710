"""Clean text as Rich's `Text`: the only door through which a peer's words enter Rich."""

from collections.abc import Iterator

from rich.console import Console
from rich.containers import Lines
from rich.text import Text

from rsachat.protocol.safe_text import Clean
from rsachat.ui.words import MARK, Line

_MANY_SPANS = 1000  # beyond which a text is no text: all of it dim, for drawing spans is slow
_NARROW = 40  # cells below which the mark loses its indentation


def rich_text(clean: Clean, style: str = "", *, fold: bool = False) -> Text:
    """The spans of `clean` in `style`, those that stand for something undrawable dim.

    Where there is too little room it is cut, or, with `fold`, goes on in the next row.
    """
    text = Text(style=style, no_wrap=not fold, overflow="fold" if fold else "ellipsis")
    if len(clean.spans) > _MANY_SPANS:
        return text.append(clean.plain, "escape")
    for span in clean.spans:
        text.append(span.text, "escape" if span.escaped else None)
    return text


def rich_line(line: Line) -> Text:
    """A line of several styled parts."""
    text = Text()
    for part in line.parts:
        text.append_text(rich_text(part.clean, part.style))
    return text


def folded(text: Text, console: Console, width: int) -> Iterator[Text]:
    """The rows of a line on `width` cells, each after the first behind the mark.

    A text padded to the width cannot make a row begin like another speaker's line.
    """
    if text.cell_len < width:
        yield text
        return
    first = _wrapped(text[:width], console, width - 1)[0]
    rest = text[len(first) :]
    rest = rest[len(rest) - len(rest.plain.lstrip(" ")) :]
    if not rest or first.plain.rstrip() != MARK.rstrip():  # else a long word follows the mark
        yield first
    mark = MARK if width >= _NARROW else MARK.lstrip()
    for row in _wrapped(rest, console, max(2, width - len(mark) - 1)) if rest else ():
        yield Text.assemble((mark, "mark"), row)


def _wrapped(text: Text, console: Console, width: int) -> Lines:
    return text.wrap(console, width, overflow="fold", no_wrap=False)
