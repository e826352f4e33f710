"""Lines from a descriptor on the loop: a pipe, a file or a terminal that a person types at.

Bounded: of a line longer than `MAX_LINE` the rest is dropped; it is too long to be sent anyway.
"""

import codecs
import os
from collections import deque
from collections.abc import Callable

from rsachat.runtime.loop import READ, Loop, Watch

READ_BYTES = 64 * 1024
MAX_LINE = 256 * 1024  # bytes; above any text that can be sent, so that its length can be told


class LineReader:
    """`on_line(text)` for each line without its break, `on_end()` once at the end of input."""

    def __init__(
        self, loop: Loop, fd: int, on_line: Callable[[str], object], on_end: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._fd = fd
        self._on_line = on_line
        self._on_end = on_end
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._partial = ""
        self._lines: deque[str] = deque()
        self._at_end = False
        self._paused = False
        self._closed = False
        self._watch: Watch | None = None
        self._plain_file = False
        self._resume()

    def pause(self) -> None:
        """Hand out no more lines until `resume`."""
        if not self._paused:
            self._paused = True
            if self._watch is not None:
                self._watch.events = 0

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._loop.call_soon(self._go_on)

    def close(self) -> None:
        self._closed = True
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _resume(self) -> None:
        """Read when there is something; a plain file always has, and cannot be watched."""
        if self._watch is not None:
            self._watch.events = READ
            return
        if not self._plain_file:
            try:
                self._watch = self._loop.watch(self._fd, READ, lambda _mask: self._read())
                return
            except PermissionError:
                self._plain_file = True
        self._loop.call_soon(self._read)

    def _read(self) -> None:
        if self._closed or self._paused:
            return
        try:
            data = os.read(self._fd, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # the terminal is gone
            data = b""
        self._take(self._decoder.decode(data, final=not data))
        self._at_end = not data
        if self._at_end and self._partial:
            self._lines.append(self._partial)
            self._partial = ""
        self._go_on()

    def _take(self, text: str) -> None:
        *whole, self._partial = (self._partial + text).split("\n")
        self._lines += [line.removesuffix("\r")[:MAX_LINE] for line in whole]
        self._partial = self._partial[:MAX_LINE]

    def _go_on(self) -> None:
        """Hand out what was read, as long as nobody pauses; then read on."""
        while self._lines and not self._paused and not self._closed:
            self._on_line(self._lines.popleft())
        if self._paused or self._closed:
            return
        if self._at_end:
            self.close()
            self._on_end()
        elif self._watch is None or self._watch.events != READ:
            self._resume()
