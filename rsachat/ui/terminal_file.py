"""A terminal as a file that never waits: for live drawing on the loop's own thread.

A terminal can stop taking output (Ctrl+S, a network that sleeps between it and us). A plain
write would then stop the whole program, sockets and all; here what does not fit is kept, the
next frames are skipped, and drawing goes on when the terminal does.
"""

import contextlib
import io
import os
import select
import time
from typing import IO, cast

from rich.console import Console

LIMIT = 1 << 20  # bytes kept for a terminal that stands still; more is dropped


class TerminalFile(io.TextIOBase):
    """Text to the terminal behind `fd`, through a descriptor of its own that does not block.

    (The flag belongs to the open file, which the shell shares: hence a second opening.)
    """

    encoding = "utf-8"

    def __init__(self, fd: int) -> None:
        self._fd = os.open(os.ttyname(fd), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self._pending = bytearray()

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self._pending) < LIMIT:
            self._pending += text.encode("utf-8", "replace")
        return len(text)

    def flush(self) -> None:
        """Write what the terminal takes now."""
        while self._pending:
            try:
                written = os.write(self._fd, self._pending)
            except BlockingIOError:
                return
            except OSError:  # the terminal is gone; a signal says so as well
                self._pending.clear()
                return
            del self._pending[:written]

    @property
    def stuck(self) -> bool:
        """Whether the terminal has not taken yet what was written before."""
        self.flush()
        return bool(self._pending)

    def drain(self, seconds: float) -> None:
        """Wait until all is written, for at most so long."""
        end = time.monotonic() + seconds
        while self.stuck and (left := end - time.monotonic()) > 0:
            select.select([], [self._fd], [], left)

    def close(self) -> None:
        if not self.closed:
            os.close(self._fd)
        super().close()


def own_terminal(console: Console) -> TerminalFile | None:
    """Let `console` write without waiting, where its file is a real terminal."""
    with contextlib.suppress(OSError, ValueError):  # no descriptor, no terminal, or no access
        file = TerminalFile(console.file.fileno())
        console.file = cast(IO[str], file)
        return file
    return None
