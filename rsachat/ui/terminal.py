"""What the terminal is and may be asked for; its settings, taken and given back.

Loads neither Rich nor prompt_toolkit, so that a pipe never pays for them.
"""

import atexit
import os
import termios
from collections.abc import Mapping
from typing import Any, Protocol

_LFLAG = 3  # the index of the local modes in what tcgetattr answers


class Stream(Protocol):
    def isatty(self) -> bool: ...


def is_terminal(stream: Stream | None, environ: Mapping[str, str]) -> bool:
    """Whether a stream is a terminal that understands cursor movements."""
    if stream is None or environ.get("TERM", "").lower() in ("", "dumb", "unknown"):
        return False
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def may_draw(stream: Stream | None, environ: Mapping[str, str], *, plain: bool = False) -> bool:
    """Whether live drawing and colour belong on this stream."""
    return not plain and not environ.get("NO_COLOR") and is_terminal(stream, environ)


def may_prompt(
    stdin: Stream | None,
    stdout: Stream | None,
    environ: Mapping[str, str],
    *,
    plain: bool = False,
) -> bool:
    """Whether the client's screen can run; NO_COLOR keeps it, without colour."""
    return not plain and is_terminal(stdin, environ) and is_terminal(stdout, environ)


class EchoOff:
    """The terminal's echo, off from `start` to `stop` and restored at exit whatever happens.

    Does nothing where `fd` is no terminal, or one that another job owns: changing it from the
    background would stop this process.
    """

    def __init__(self, fd: int | None) -> None:
        self._fd = fd
        self._saved: list[Any] | None = None

    def start(self) -> None:
        if self._saved is not None or self._fd is None or not _is_ours(self._fd):
            return
        self._saved = termios.tcgetattr(self._fd)
        quiet = list(self._saved)
        quiet[_LFLAG] &= ~termios.ECHO
        atexit.register(self.stop)
        termios.tcsetattr(self._fd, termios.TCSANOW, quiet)

    def stop(self) -> None:
        """Put the settings back and forget the keys pressed meanwhile."""
        if self._saved is None or self._fd is None:
            return
        saved, self._saved = self._saved, None
        atexit.unregister(self.stop)
        if _is_ours(self._fd):
            # Not TCSAFLUSH: it waits for the output of a terminal that may stand still.
            termios.tcsetattr(self._fd, termios.TCSANOW, saved)
            termios.tcflush(self._fd, termios.TCIFLUSH)


def _is_ours(fd: int) -> bool:
    try:
        return os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:  # closed, or gone with its terminal
        return False
