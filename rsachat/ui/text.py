"""Clean text as Rich's `Text`: the only door through which a peer's words enter Rich."""

from rich.text import Text

from rsachat.protocol.safe_text import Clean
from rsachat.ui.words import Line


def rich_text(clean: Clean, style: str = "", *, fold: bool = False) -> Text:
    """The spans of `clean` in `style`, those that stand for something undrawable dim.

    Where there is too little room it is cut, or, with `fold`, goes on in the next row.
    """
    text = Text(style=style, no_wrap=not fold, overflow="fold" if fold else "ellipsis")
    for span in clean.spans:
        text.append(span.text, "escape" if span.escaped else None)
    return text


def rich_line(line: Line) -> Text:
    """A line of several styled parts."""
    text = Text()
    for part in line.parts:
        text.append_text(rich_text(part.clean, part.style))
    return text
