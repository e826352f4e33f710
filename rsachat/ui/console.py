"""Rich consoles, made in the one way that is safe for text from others.

Markup, emoji codes and highlighting are off: whatever a peer wrote is drawn as it stands.
"""

from collections.abc import Mapping
from typing import IO

from rich.console import Console
from rich.theme import Theme

from rsachat.ui.styles import STYLES
from rsachat.ui.terminal import may_draw

_THEME = Theme(STYLES, inherit=False)
# Rich would take a fixed size from these; the terminal's own follows its resizing.
_FIXED_SIZE = ("COLUMNS", "LINES")


def make_console(
    file: IO[str],
    environ: Mapping[str, str],
    *,
    plain: bool = False,
    width: int | None = None,
    height: int | None = None,
) -> Console:
    """A console on `file`, coloured only where that belongs.

    Width and height, in cells, are the terminal's where they are not given.
    """
    coloured = may_draw(file, environ, plain=plain)
    return Console(
        file=file,
        width=width,
        height=height,
        theme=_THEME,
        markup=False,
        emoji=False,
        highlight=False,
        color_system="auto" if coloured else None,
        force_terminal=coloured,
        force_interactive=coloured,
        legacy_windows=False,
        _environ={key: value for key, value in environ.items() if key not in _FIXED_SIZE},
    )


def make_text_console(file: IO[str], width: int, environ: Mapping[str, str]) -> Console:
    """A console that draws into a string on behalf of a terminal of `width` cells."""
    coloured = not environ.get("NO_COLOR")
    return Console(
        file=file,
        width=width,
        theme=_THEME,
        markup=False,
        emoji=False,
        highlight=False,
        color_system="standard" if coloured else None,
        force_terminal=True,
        legacy_windows=False,
        _environ={},
    )
