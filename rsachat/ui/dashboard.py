"""The server's live screen: a header, clients and transfers, the notices scrolling by above.

Drawn by hand: whoever owns the loop calls `draw` every `interval` seconds. It builds only the
rows that fit, does nothing when nothing changed, and steps back when drawing becomes slow:
sockets come first. It knows the server by its snapshots and notices alone.
"""

import io
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from rsachat import amounts
from rsachat.server.notices import Notice, Snapshot
from rsachat.ui import server_tables
from rsachat.ui.rows import Rows
from rsachat.ui.styles import NOTICE_STYLES
from rsachat.ui.terminal import EchoOff
from rsachat.ui.terminal_file import own_terminal
from rsachat.ui.text import folded, rich_text

INTERVAL = 0.25  # seconds between two frames
_TOO_SLOW = 0.020  # seconds a frame may cost before the frame rate halves
_FAST_AGAIN = 0.010
_SHOWN_NOTICES = 8  # of one frame; more than these are the first and last ones with a count
_FIRST_AND_LAST = 3
_KEPT_NOTICES = 100_000  # for a terminal that stands still; the log file has them all
_LAST_FRAME = 0.3  # seconds that such a terminal has at the end
_SMALL = 12  # rows of a terminal below which there is the header only
_FOR_NOTICES = 5  # rows that stay free above, so that notices can be read

TimedNotice = tuple[int, Notice]
"""When (ms of the wall clock), and what."""


class Dashboard:
    """The screen between `start` and `stop`; in a `with` it is restored whatever happens."""

    def __init__(
        self,
        console: Console,
        *,
        clock: Callable[[], float] = time.perf_counter,
        input_fd: int | None = 0,
    ) -> None:
        self.interval = INTERVAL
        self._console = console
        self._clock = clock
        self._terminal = own_terminal(console)
        self._waiting: list[TimedNotice] = []
        self._recent: deque[TimedNotice] = deque(maxlen=_FOR_NOTICES)
        self._echo = EchoOff(input_fd)
        self._live = self._new_live()
        self._size = console.size
        self._last: tuple[object, ...] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Take the terminal; also again after `leave`."""
        self._echo.start()
        self._size = self._console.size
        self._last = None
        self._live = self._new_live()
        self._live.start()

    def stop(self) -> None:
        """Remove the screen, leave the notices, and give the terminal back as it was."""
        try:
            self._live.stop()
            if self._terminal is not None:
                self._terminal.drain(_LAST_FRAME)
        finally:
            self._echo.stop()

    def leave(self) -> None:
        """Give the terminal back with the screen left standing (for a suspension).

        The shell may have written below it already, and what it wrote is not ours to erase.
        """
        file, self._console.file = self._console.file, io.StringIO()
        self._live.stop()
        self._console.file = file
        self._console.show_cursor(True)
        self._echo.stop()

    def draw(self, snapshot: Snapshot, notices: Sequence[TimedNotice]) -> None:
        """One frame: the batch of notices above, the snapshot below.

        Nothing is drawn on a terminal that stands still; its notices wait for it.
        """
        if self._terminal is not None and self._terminal.stuck:
            self._keep(notices)
            return
        if self._waiting:
            notices = [*self._waiting, *notices]
            self._waiting.clear()
        began = self._clock()
        if self._console.size != self._size:
            self._restart_cleared()
        seen = _visible(snapshot)
        if not notices and seen == self._last:
            return
        self._last = seen
        with self._console:  # one write, so that no half of a frame is ever seen
            if notices:
                self._recent.extend(notices[-_FOR_NOTICES:])
                self._console.print(self._folded(_batch(notices)))
            self._live.update(self._screen(snapshot), refresh=True)
        self._adapt(self._clock() - began)

    def _keep(self, notices: Sequence[TimedNotice]) -> None:
        if len(self._waiting) < _KEPT_NOTICES:
            self._waiting.extend(notices)

    def _folded(self, lines: Sequence[Text]) -> Group:
        width = self._size.width
        return Group(*(row for line in lines for row in folded(line, self._console, width)))

    def _adapt(self, cost: float) -> None:
        if cost > _TOO_SLOW:
            self.interval = 2 * INTERVAL
        elif cost < _FAST_AGAIN:
            self.interval = INTERVAL

    def _new_live(self) -> Live:
        return Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )

    def _restart_cleared(self) -> None:
        """What stands there was drawn for another width, so its place is unknown: clear it all.

        The last notices come back, so that the screen is not bare.
        """
        self._live.stop()
        self._console.clear()
        self._size = self._console.size
        self._last = None
        if self._recent:
            self._console.print(self._folded([_notice(item) for item in self._recent]))
        self._live = self._new_live()
        self._live.start()

    def _screen(self, snapshot: Snapshot) -> Rows:
        width, height = self._size
        rows = server_tables.header(snapshot, width)
        if height <= len(rows):
            return Rows(rows[1:2])  # the count matters more than the rules around it
        if height < _SMALL:
            return Rows(rows)
        room = height - _FOR_NOTICES - server_tables.HEADER_ROWS
        if snapshot.transfers:
            some = min(len(snapshot.transfers), max(1, room // 3))
            rows += server_tables.transfers(snapshot, some, width)
            room -= some + server_tables.TABLE_ROWS
        if snapshot.rows and room > server_tables.TABLE_ROWS:
            rows += server_tables.clients(snapshot, room - server_tables.TABLE_ROWS, width)
        return Rows(rows)


def _visible(snapshot: Snapshot) -> tuple[object, ...]:
    """What can change between two frames without a notice; rows come and go with one."""
    return (
        snapshot.now // 1000,
        snapshot.clients,
        snapshot.authorized,
        sum(row.messages for row in snapshot.rows),
        sum(row.bytes for row in snapshot.rows),
        sum(row.done for row in snapshot.transfers),
        len(snapshot.transfers),
    )


def _batch(notices: Sequence[TimedNotice]) -> list[Text]:
    if len(notices) <= _SHOWN_NOTICES:
        return [_notice(item) for item in notices]
    hidden = len(notices) - 2 * _FIRST_AND_LAST
    return [
        *(_notice(item) for item in notices[:_FIRST_AND_LAST]),
        Text(f"         … {hidden:,} more", "system"),
        *(_notice(item) for item in notices[-_FIRST_AND_LAST:]),
    ]


def _notice(item: TimedNotice) -> Text:
    time_ms, notice = item
    line = rich_text(notice.line, NOTICE_STYLES[notice.event])
    return Text.assemble((f"{amounts.clock(time_ms)} ", "time"), line)
