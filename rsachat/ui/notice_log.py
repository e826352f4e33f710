"""The server's notices as lines: plain, or JSON, for a pipe, a log file or `--plain`."""

from collections.abc import Callable

from rsachat import amounts
from rsachat.server.notices import Notice
from rsachat.ui.json_output import json_line, notice_json
from rsachat.ui.line_writer import LineWriter

Form = Callable[[Notice, int], str]
"""A notice and its time (ms of the wall clock) in, one line out."""


def notice_line(notice: Notice, time_ms: int) -> str:
    """`2026-11-24T09:51:57Z connected alice 127.0.0.1:50412 (clients: 3)`."""
    return f"{amounts.rfc3339(time_ms)} {notice.line.plain}"


class NoticeLog:
    """Writes each notice as one line."""

    def __init__(self, out: LineWriter, *, json: bool = False) -> None:
        self._out = out
        self._form: Form = notice_json if json else notice_line

    def show(self, notice: Notice, time_ms: int) -> None:
        self._out.line(self._form(notice, time_ms))


def lost_as_json(time_ms: Callable[[], int]) -> Callable[[int], str]:
    """For a LineWriter that carries JSON: how it says that lines were dropped."""
    return lambda number: json_line(
        "warning", time_ms(), {"text": f"{amounts.number(number, 'line')} not written"}
    )
