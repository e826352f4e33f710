"""Lines to a file descriptor, without ever holding up the loop.

A pipe whose reader is slow is written when it is ready, in pieces that it takes at once; what
waits is bounded. A reader that has gone is told to the owner, once, and nothing is written any
more. Nothing goes through `sys.stdout`, so no flush fails while Python ends.
"""

import contextlib
import os
import select
import time
from collections import deque
from collections.abc import Callable

from rsachat import amounts
from rsachat.runtime.loop import WRITE, Loop, Watch

LIMIT = 16 * 1024 * 1024  # bytes that may wait for a reader: minutes of a busy chat
_PIECE = 4096  # PIPE_BUF: a pipe that is ready takes this much without blocking


def lost_as_text(number: int) -> str:
    """The line that stands for `number` lines that were dropped."""
    return f"… {amounts.number(number, 'line')} not written"


class LineWriter:
    """Writes whole lines, in UTF-8; on `loop` where there is one, else at once.

    `on_closed(error)` is called when the reader has gone (BrokenPipeError) or the file takes
    no more (another OSError). `on_lost(number)` gives the line to write when lines were dropped.
    """

    def __init__(
        self,
        fd: int,
        *,
        loop: Loop | None = None,
        on_closed: Callable[[OSError], object] | None = None,
        on_lost: Callable[[int], str] = lost_as_text,
        limit: int = LIMIT,
    ) -> None:
        self._fd = fd
        self._loop = loop
        self._on_closed = on_closed
        self._on_lost = on_lost
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._watch: Watch | None = None
        self._lost = 0
        self.waiting = 0  # bytes
        self.closed = False

    def line(self, text: str) -> None:
        """Write one line; `text` has no line break. After the reader has gone, nothing."""
        if self.closed:
            return
        if self.waiting > self._limit:
            self._lost += 1
            return
        if self._lost:
            lost, self._lost = self._lost, 0
            self._put(self._on_lost(lost))
        self._put(text)
        self._pump()

    def drain(self, seconds: float) -> bool:
        """Write what waits, for at most `seconds`; whether all of it is written."""
        end = time.monotonic() + seconds
        while self._queue and not self.closed:
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._writable(left)
            self._pump()
        self._unwatch()
        return not self._queue

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "replace") + b"\n"
        self._queue.append(data)
        self.waiting += len(data)

    def _pump(self) -> None:
        while self._queue and not self.closed:
            if not self._writable(None if self._loop is None else 0):
                self._wait()
                return
            self._write_piece()
        self._unwatch()

    def _write_piece(self) -> None:
        data = self._queue[0]
        try:
            written = os.write(self._fd, data[:_PIECE])
        except BlockingIOError:  # someone made it non-blocking, and it is fuller than it said
            written = 0
        except OSError as error:
            self._close(error)
            return
        self.waiting -= written
        if written == len(data):
            self._queue.popleft()
        else:
            self._queue[0] = data[written:]

    def _writable(self, seconds: float | None) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def _wait(self) -> None:
        if self._watch is None and self._loop is not None:
            # A descriptor that can be full can be watched; plain files are never full.
            with contextlib.suppress(PermissionError):
                self._watch = self._loop.watch(self._fd, WRITE, lambda _mask: self._pump())

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _close(self, error: OSError) -> None:
        self.closed = True
        self._queue.clear()
        self.waiting = 0
        self._unwatch()
        if self._on_closed is not None:
            self._on_closed(error)
