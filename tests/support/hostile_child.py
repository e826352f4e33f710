"""A program for a pseudo-terminal: every hostile string through one output, named on the command
line. It ends with the line `END`; the questions wait for an answer first.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_args

from rsachat.errors import RsachatError
from rsachat.server.notices import (
    ClientRow,
    Listening,
    MetricsOpen,
    Notice,
    Snapshot,
    TransferRow,
)
from rsachat.ui.line_writer import LineWriter
from tests.support.hostile import HOSTILE
from tests.support.ui import MOMENT, all_views

OWN_FIELDS = ("sha256", "begins")  # in hex, as the server computes them


def notices() -> Iterator[Notice]:
    """One of each notice for each string, which stands wherever a peer or a file chooses."""
    for text in HOSTILE.values():
        for kind in get_args(Notice):
            own = kind in (Listening, MetricsOpen)
            yield kind(**{field.name: value(field, text, own=own) for field in fields(kind)})


def value(field: Field[Any], text: str, *, own: bool) -> object:
    """`text` for a field that is text, unless it is the server's own word."""
    kind = getattr(field.type, "__name__", field.type)
    numbers = {"int": 1, "float": 1.0, "bool": True}
    return numbers.get(str(kind), "ab" if own or field.name in OWN_FIELDS else text)


def chat_lines(*, json: bool) -> None:
    from rsachat.ui.line_screen import JsonScreen, LineScreen

    kind = JsonScreen if json else LineScreen
    screen = kind(LineWriter(1), LineWriter(2), wall_ms=lambda: MOMENT)
    for text in HOSTILE.values():
        for view in all_views(text):
            screen.show(view)


def notice_lines(*, json: bool) -> None:
    from rsachat.ui.server_screen import LinesScreen

    screen = LinesScreen(LineWriter(1), json=json)
    for notice in notices():
        screen.announce(notice, MOMENT)
    screen.stop()


def log_file() -> None:
    from rsachat.ui.log_file import LogFile

    with tempfile.TemporaryDirectory() as folder:
        log = LogFile(Path(folder) / "log")
        for notice in notices():
            log.show(notice, MOMENT)
        log.close()
        sys.stdout.flush()
        os.write(1, (Path(folder) / "log").read_bytes())


def server_screen() -> None:
    from rsachat.ui.console import make_console
    from rsachat.ui.dashboard import Dashboard

    every = list(notices())
    with Dashboard(make_console(sys.stdout, os.environ)) as dashboard:
        for number, text in enumerate(HOSTILE.values()):
            rows = [ClientRow(text, text, MOMENT, 1, 1)]
            files = [TransferRow(text, text, 1, 2, MOMENT)]
            view = Snapshot("127.0.0.1:8000", "abcd", 1, False, 0, number * 1000, 1, rows, files)
            dashboard.draw(view, [(MOMENT, notice) for notice in every[number * 8 :][:8]])
        for start in range(number * 8 + 8, len(every), 8):
            dashboard.draw(view, [(MOMENT, notice) for notice in every[start : start + 8]])


def upload_bar() -> None:
    from rsachat.ui.console import make_console
    from rsachat.ui.progress_bar import BarProgress

    bar = BarProgress(make_console(sys.stderr, os.environ), clock=time.monotonic)
    for text in HOSTILE.values():
        bar.hashing(text, 1, 2)
        bar.begin(text, 1000, 4)
        bar.update(500, 2, 700)
        bar.say(text)
        bar.end()


def upload_lines() -> None:
    from rsachat.ui.progress import LineProgress, done_line

    progress = LineProgress(LineWriter(2), clock=lambda: 100.0)
    for text in HOSTILE.values():
        progress.say(text)
        progress.begin(text, 1000, 4)
        progress._next = 0.0
        progress.tick()
        sys.stdout.write(done_line(text, 1, 1, "ab", "cd") + "\n")


def errors() -> None:
    from rsachat.ui.report import report

    for text in HOSTILE.values():
        report(RsachatError(text, why=text, hint=text), sys.stderr, os.environ)


def table() -> None:
    from rsachat.ui.plain_table import Column
    from rsachat.ui.tables import print_table

    columns = (Column("name"), Column("fingerprint", fingerprint=True))
    rows = [(text, text) for text in HOSTILE.values()]
    for plain in (True, False):
        print_table(columns, rows, sys.stdout, os.environ, plain=plain)


def questions() -> None:
    from rsachat.ui import ask

    every = " ".join(HOSTILE.values())
    for asking in (ask.password, ask.line, ask.yes):
        asking(f"{every} ANSWER")


OUTPUTS: dict[str, Callable[[], None]] = {
    "chat --plain": lambda: chat_lines(json=False),
    "chat --json": lambda: chat_lines(json=True),
    "server --plain": lambda: notice_lines(json=False),
    "server --json": lambda: notice_lines(json=True),
    "server": server_screen,
    "log file": log_file,
    "upload": upload_bar,
    "upload --plain": upload_lines,
    "errors": errors,
    "table": table,
    "questions": questions,
}

if __name__ == "__main__":
    OUTPUTS[sys.argv[1]]()
    print("\nEND", flush=True)
