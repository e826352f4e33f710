"""A file that lines are appended to, and that gives way to a new one when it is full.

Whole lines or none, also where the disk is full; names move by rename, so that nothing is lost.
Knows bytes and names, nothing of what a line says.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

MODE = 0o600
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_UNBLOCKED = os.O_NONBLOCK  # a pipe without a reader, or a full one, is an error and no wait


class RotatingFile:
    """`path`, at most `max_size` bytes long (0: any length), and `keep` older ones beside it.

    The older ones are `path.1` (the newest) to `path.<keep>`. What is no plain file (a terminal,
    a pipe) is never rotated. Every method but `close` raises OSError; the file that was open
    stays so then. `stuck` is why the last rotation failed, for whoever asks: the file grows.
    """

    def __init__(self, path: Path, max_size: int = 0, keep: int = 1) -> None:
        self._path = path
        self._max_size = max_size
        self._keep = keep
        self._full_at = max_size
        self.stuck: OSError | None = None
        self._fd = self._open()

    def write_line(self, line: bytes) -> None:
        """Append one line, which ends with its line break; first rotate if it does not fit."""
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            _write_all(self._fd, line)
            return
        if self._max_size and status.st_size and status.st_size + len(line) > self._full_at:
            self._make_room(status)
            status = os.fstat(self._fd)
        try:
            _write_all(self._fd, line)
        except OSError:
            with suppress(OSError):  # a line that is torn is worse than one that is missing
                os.ftruncate(self._fd, status.st_size)
            raise

    def reopen(self) -> None:
        """Go on in a new file under the name: the old one was moved away."""
        fd = self._open()
        os.close(self._fd)
        self._fd = fd
        self._full_at = self._max_size

    def close(self) -> None:
        os.close(self._fd)

    def _open(self) -> int:
        return os.open(self._path, _FLAGS | _UNBLOCKED, MODE)

    def _make_room(self, status: os.stat_result) -> None:
        """Rotate. Where that fails, go on in the same file and try again later."""
        try:
            if self._is_ours(status):
                self._shift()
            self.reopen()
        except OSError as error:
            self._full_at = status.st_size + self._max_size
            self.stuck = error

    def _is_ours(self, status: os.stat_result) -> bool:
        """Whether the open file still has its name: another's rotation may have moved it."""
        try:
            return os.path.samestat(self._path.stat(), status)
        except FileNotFoundError:
            return False

    def _shift(self) -> None:
        """`path` becomes `path.1`, `path.1` becomes `path.2`; the oldest one goes."""
        last = 1
        while last < self._keep and self._older(last).exists():
            last += 1
        for number in range(last, 1, -1):
            os.replace(self._older(number - 1), self._older(number))
        os.replace(self._path, self._older(1))

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _write_all(fd: int, line: bytes) -> None:
    left = memoryview(line)
    while left:
        left = left[os.write(fd, left) :]
