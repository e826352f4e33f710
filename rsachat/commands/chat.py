"""One chat of a client from connecting to leaving: on a screen, or in lines for a pipe.

On a screen prompt_toolkit owns the main thread and the loop runs in a second one; the two meet
in `call_threadsafe` one way and the screen's thread-safe `show` the other.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rsachat.client import events as ce
from rsachat.client.carried import unsent_views
from rsachat.commands.chat_run import Chat, ChatRun, Screen
from rsachat.commands.speak import wall_ms
from rsachat.runtime.line_reader import LineReader
from rsachat.runtime.loop import Loop
from rsachat.runtime.signals import ending_signals
from rsachat.ui.line_screen import JsonScreen, LineScreen
from rsachat.ui.line_writer import LineWriter, lost_as_text
from rsachat.ui.notice_log import lost_as_json

if TYPE_CHECKING:
    from rsachat.ui.prompt import PromptScreen

MANY_UNFINISHED = 64  # own texts under way in a pipe; reading goes on below half of it
DRAIN_SECONDS = 2.0


def run_in_lines(chat: Chat, *, json: bool, quiet: bool, stay: bool) -> None:
    """Lines in on stdin, lines or JSON out; leaves when all is delivered unless `stay`.

    Raises RsachatError for an end that was not in order.
    """
    with Loop() as loop:
        gone: list[OSError] = []

        def reader_gone(error: OSError) -> None:
            gone.append(error)
            running.leave()

        on_lost = lost_as_json(wall_ms) if json else lost_as_text
        out = LineWriter(1, loop=loop, on_closed=reader_gone, on_lost=on_lost)
        err = LineWriter(2, loop=loop)
        kind = JsonScreen if json else LineScreen
        screen = kind(out, err, wall_ms=wall_ms, quiet=quiet)
        running = ChatRun(chat, loop, screen, loop.stop)
        _read_lines(chat, loop, running, stay=stay)
        with ending_signals(loop, lambda _: running.leave()):
            loop.run()
        out.drain(DRAIN_SECONDS)
        err.drain(DRAIN_SECONDS)
    if gone and not isinstance(gone[0], BrokenPipeError):
        raise gone[0]
    if running.error is not None and not gone:
        raise running.error


def _read_lines(chat: Chat, loop: Loop, running: ChatRun, *, stay: bool) -> None:
    """Feed stdin to the chat, no faster than its texts find their end."""
    as_text = chat.login.chosen is not None

    def on_line(line: str) -> None:
        running.feed(ce.TextEntered(line) if as_text else ce.LineEntered(line))
        if _unfinished(running) >= MANY_UNFINISHED:
            reader.pause()

    def look() -> None:
        if _unfinished(running) <= MANY_UNFINISHED // 2:
            reader.resume()

    reader = LineReader(loop, 0, on_line, lambda: running.feed(ce.InputEnded(stay)))
    loop.add_end_of_pass(look)


def _unfinished(running: ChatRun) -> int:
    """Texts under way; before the login none may be read ahead without bound."""
    unfinished = running.unfinished
    return MANY_UNFINISHED if unfinished is None else unfinished


def run_on_screen(chat: Chat, *, bell: bool) -> None:
    """The interactive screen. Raises RsachatError for an end that was not in order."""
    os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
    from rsachat.ui.prompt import PromptScreen

    with Loop() as loop:
        entered: deque[ce.LineEntered] = deque()  # and not taken by the other thread yet

        def submit(line: str) -> None:
            entered.append(ce.LineEntered(line))
            loop.call_threadsafe(take)

        def take() -> None:
            running.feed(entered[0])
            entered.popleft()

        screen = PromptScreen(
            submit,
            leave=lambda: loop.call_threadsafe(running.leave),
            environ=os.environ,
            wall_ms=wall_ms,
            bell=bell,
        )
        running = ChatRun(chat, loop, screen, loop.stop)
        failures: list[BaseException] = []
        thread = threading.Thread(
            target=_run_loop, args=(loop, screen, failures), name="network", daemon=True
        )
        thread.start()
        try:
            screen.run()
        finally:
            loop.call_threadsafe(running.leave)
            thread.join(DRAIN_SECONDS)
    if failures:
        running.abandon()
    _name_untaken(screen, entered)
    if failures:
        raise failures[0]
    if running.error is not None:
        raise running.error


def _name_untaken(screen: Screen, entered: Iterable[ce.LineEntered]) -> None:
    """Lines that were entered while the other thread ended, or after that."""
    for view in unsent_views((), [event for event in entered if event.line.strip()]):
        screen.show(view)


def _run_loop(loop: Loop, screen: PromptScreen, failures: list[BaseException]) -> None:
    """The second thread: a failure in it ends the screen and is raised by the first."""
    try:
        loop.run()
    except BaseException as error:  # handed over to the main thread, whatever it is
        failures.append(error)
    finally:
        screen.close()
