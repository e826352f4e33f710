"""The server's notices in a file: `--log-file`. A log that cannot be written ends nothing.

What was lost meanwhile is counted, and said in the first line that can be written again.
"""

from __future__ import annotations

from pathlib import Path

from rsachat.errors import RsachatError
from rsachat.runtime import file_errors
from rsachat.runtime.rotating_file import RotatingFile
from rsachat.server.notices import Notice
from rsachat.settings import LogLimits
from rsachat.ui.line_writer import lost_as_text
from rsachat.ui.notice_log import notice_line

LIMITS = LogLimits()


class LogFile:
    """Notices appended to a file, one line each. Raises RsachatError when it cannot be opened.

    `show` and `reopen` give what the person beside the server should know, once, or nothing.
    """

    def __init__(self, path: Path, limits: LogLimits = LIMITS) -> None:
        self._path = path
        self._lost = 0
        try:
            self._file = RotatingFile(path, limits.max_size, limits.keep)
        except OSError as error:
            raise RsachatError(
                f"cannot write the log file {path}",
                why=file_errors.why(error),
                hint="--log-file names a file in a folder that this user may write",
            ) from error

    def show(self, notice: Notice, time_ms: int) -> str:
        """Write a notice as one line; the trouble, when that begins."""
        try:
            if self._lost:
                self._write(lost_as_text(self._lost))
                self._lost = 0
            self._write(notice_line(notice, time_ms))
        except OSError as error:
            self._lost += 1
            return self._trouble("takes nothing now", error) if self._lost == 1 else ""
        stuck, self._file.stuck = self._file.stuck, None
        return self._trouble("cannot be rotated, and grows", stuck) if stuck else ""

    def reopen(self) -> str:
        """Go on in a new file under the name: the old one was moved away. The trouble, if any."""
        try:
            self._file.reopen()
        except OSError as error:
            return self._trouble("cannot be opened anew", error)
        return ""

    def close(self) -> None:
        self._file.close()

    def _write(self, line: str) -> None:
        self._file.write_line(line.encode("utf-8", "replace") + b"\n")

    def _trouble(self, what: str, error: OSError) -> str:
        return f"the log file {self._path} {what}: {file_errors.why(error)}"
