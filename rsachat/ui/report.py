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

_RAISED = "Traceback (most recent call last):\n"
_RED, _CYAN, _PLAIN = "\x1b[1;31m", "\x1b[36m", "\x1b[0m"


def error_lines(error: RsachatError) -> list[str]:
    """The lines of an error, safe to print whatever a peer put into it."""
    reasons = "  " if "\n" in error.why else ""  # several: one under the other
    parts = (("rsachat: ", error.what), (reasons, error.why), ("hint: ", error.hint))
    return [
        ("  " if number else prefix) + line.plain
        for prefix, text in parts
        if text
        for number, line in enumerate(clean_message(text))
    ]


def trace_lines(error: BaseException) -> list[str]:
    """The traceback: lines of code, no variable's value, nothing that steers a terminal.

    An error that was told, and never raised, shows where it is reported.
    """
    import traceback

    lines = traceback.format_exception(error)
    if error.__traceback__ is None:
        lines = [_RAISED, *traceback.format_stack()[:-1], *lines]
    return [line.plain for line in clean_message("".join(lines).rstrip("\n"))]


def report(
    error: RsachatError,
    stream: TextIO | None,
    environ: Mapping[str, str],
    *,
    trace: BaseException | None = None,
) -> None:
    """Print an error, after the traceback of `trace` if there is one.

    A stream that is missing, closed or full is not worth another error.
    """
    if stream is None:
        return
    lines = error_lines(error)
    if may_draw(stream, environ):
        lines = [_coloured(line) for line in lines]
    if trace is not None:
        lines = trace_lines(trace) + lines
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
