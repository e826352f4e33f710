"""How an error reads: three parts on stderr, without loading anything heavy.

rsachat: what happened
why, if known
hint: what to type or check
"""

from collections.abc import Mapping
from typing import TextIO

from rsachat.errors import RsachatError
from rsachat.protocol.safe_text import clean_message
from rsachat.ui.terminal import may_draw

_RED, _CYAN, _PLAIN = "\x1b[1;31m", "\x1b[36m", "\x1b[0m"


def error_lines(error: RsachatError) -> list[str]:
    """The lines of an error, safe to print whatever a peer put into it."""
    parts = (("rsachat: ", error.what), ("", error.why), ("hint: ", error.hint))
    return [
        ("  " if number else prefix) + line.plain
        for prefix, text in parts
        if text
        for number, line in enumerate(clean_message(text))
    ]


def report(error: RsachatError, stream: TextIO | None, environ: Mapping[str, str]) -> None:
    """Print an error; a stream that is missing, closed or full is not worth another one."""
    if stream is None:
        return
    lines = error_lines(error)
    if may_draw(stream, environ):
        lines = [_coloured(line) for line in lines]
    try:
        stream.write("".join(f"{line}\n" for line in lines))
        stream.flush()
    except (OSError, ValueError):
        return


def _coloured(line: str) -> str:
    for prefix, colour in (("rsachat:", _RED), ("hint:", _CYAN)):
        if line.startswith(prefix):
            return f"{colour}{prefix}{_PLAIN}{line[len(prefix) :]}"
    return line
