"""The client without a screen of its own: plain lines, or JSON, for pipes and for scripts.

Messages go to one writer (stdout), states and notices to another (stderr). Both screens have
the `show` of the interactive one; reading lines is the runtime's work.
"""

from collections.abc import Callable
from datetime import tzinfo

from rsachat.client import views
from rsachat.ui.json_output import view_json
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.own_lines import OwnLines, Recalled
from rsachat.ui.words import Line, Wording

WallClock = Callable[[], int]
"""Milliseconds since the epoch."""


class LineScreen:
    """Views as plain lines. `quiet` keeps messages and what went wrong."""

    def __init__(
        self,
        out: LineWriter,
        err: LineWriter,
        *,
        wall_ms: WallClock,
        zone: tzinfo | None = None,
        quiet: bool = False,
    ) -> None:
        self._out = out
        self._err = err
        self._wall_ms = wall_ms
        self._words = Wording(zone)
        self._quiet = quiet
        self._own = OwnLines()

    def show(self, view: views.View) -> None:
        """Write what `view` says."""
        for line in self._lines(view):
            if line.result:
                self._out.line(line.plain)
            elif not self._quiet or _is_trouble(view):
                self._err.line(line.plain)

    def _lines(self, view: views.View) -> tuple[Line, ...]:
        now = self._wall_ms()
        match view:
            case views.OwnMessage():
                self._own.add(view, 0.0)
                self._own.settle_all()  # the person, or the pipe, has the text itself
                return ()
            case views.Sent() | views.Delivered() | views.Undelivered():
                changes = self._own.change(view)
                return tuple(
                    self._words.recalled(change.to, change.head, change.state, now)
                    for change in changes
                    if isinstance(change, Recalled)
                )
            case views.Rejected(line):
                return (*self._words.lines(view, now), self._words.kept(line))
            case _:
                return self._words.lines(view, now)


class JsonScreen:
    """Views as JSON on stdout; what only a person needs as plain lines on stderr."""

    def __init__(
        self,
        out: LineWriter,
        err: LineWriter,
        *,
        wall_ms: WallClock,
        zone: tzinfo | None = None,
        quiet: bool = False,
    ) -> None:
        self._out = out
        self._lines = LineScreen(out, err, wall_ms=wall_ms, zone=zone, quiet=quiet)
        self._wall_ms = wall_ms

    def show(self, view: views.View) -> None:
        """Write what `view` says."""
        text = view_json(view, self._wall_ms())
        if text is not None:
            self._out.line(text)
        else:
            self._lines.show(view)


def _is_trouble(view: views.View) -> bool:
    match view:
        case views.Warned() | views.Rejected() | views.Undelivered() | views.Reconnecting():
            return True
        case _:
            return False
