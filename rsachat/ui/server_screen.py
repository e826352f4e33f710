"""What a running server shows: a live screen, or one line a notice.

Whoever owns the loop announces notices at once and calls `draw` every `interval` seconds.
"""

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rsachat.server.notices import Notice, Snapshot
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.notice_log import NoticeLog

if TYPE_CHECKING:
    from rsachat.ui.dashboard import Dashboard, TimedNotice

_NEVER = 3600.0


class ServerScreen(Protocol):
    """`interval` is the time between two frames, in seconds."""

    @property
    def interval(self) -> float: ...
    def start(self) -> None: ...
    def announce(self, notice: Notice, time_ms: int) -> None: ...
    def draw(self, snapshot: Callable[[], Snapshot]) -> None: ...
    def stop(self) -> None: ...


class LiveScreen:
    """The dashboard; notices wait for the next frame."""

    def __init__(self, dashboard: "Dashboard") -> None:
        self._dashboard = dashboard
        self._notices: list[TimedNotice] = []
        self._last: Callable[[], Snapshot] | None = None

    @property
    def interval(self) -> float:
        return self._dashboard.interval

    def start(self) -> None:
        self._dashboard.start()

    def announce(self, notice: Notice, time_ms: int) -> None:
        self._notices.append((time_ms, notice))

    def draw(self, snapshot: Callable[[], Snapshot]) -> None:
        notices, self._notices = self._notices, []
        self._last = snapshot
        self._dashboard.draw(snapshot(), notices)

    def stop(self) -> None:
        if self._last is not None and self._notices:
            self.draw(self._last)
        self._dashboard.stop()

    def suspend(self) -> None:
        """Give the terminal back, sleep until `fg`, and take it again (for SIGTSTP)."""
        self._dashboard.leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._dashboard.start()


class LinesScreen:
    """Lines on stdout, written at once."""

    interval = _NEVER

    def __init__(self, out: LineWriter, *, json: bool) -> None:
        self._out = out
        self._log = NoticeLog(out, json=json)

    def start(self) -> None:
        pass

    def announce(self, notice: Notice, time_ms: int) -> None:
        self._log.show(notice, time_ms)

    def draw(self, snapshot: Callable[[], Snapshot]) -> None:
        pass

    def stop(self) -> None:
        self._out.drain(1.0)
