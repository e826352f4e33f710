"""The client's screen: a line to type on, with everything else written above it.

prompt_toolkit owns the main thread and the terminal, in raw mode from `run` to its end. Views
come from another thread by `show` and are written by a printer of our own, without ever leaving
raw mode: erase the prompt, write, draw it again, at most ten times a second. So no key that is
typed meanwhile is echoed into a message. It knows neither sockets nor the client's core.
"""

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import tzinfo

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition, has_focus, is_done, to_filter
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, HSplit, Window
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from rsachat.client import views
from rsachat.client.lines import COMMANDS
from rsachat.ui.completion import People, TabCompleter
from rsachat.ui.feed import Feed
from rsachat.ui.prompt_text import Fragments, Status, prompt_message, status_row
from rsachat.ui.screen_text import ScreenText
from rsachat.ui.styles import prompt_styles
from rsachat.ui.words import Line, Wording, system

QUEUE = 5_000  # views that may wait to be written; more is more than anybody reads
QUEUE_TEXT = 8_000_000  # characters in them; a peer's longest texts are no way to fill memory
_EVERY = 0.1  # seconds between two batches
_BATCH = 500  # views: about 50 ms of drawing, between which keys are served
_BATCH_TEXT = 50_000  # characters in them, for the same reason
_LAST_TEXT = 500_000  # characters still written when the screen ends: half a second of drawing
_MOST_LINES = 400  # of one message; a long paste, and still 10 ms of drawing
_MOST_OFFERED = (1_000, 10)  # characters and lines that come back to the prompt by themselves
_MENU = 1 + len(COMMANDS)  # rows: the line, and all that "/" and Tab can offer
_BEGIN_SYNC, _END_SYNC = "\x1b[?2026h", "\x1b[?2026l"
_BUFFER = "DEFAULT_BUFFER"
_MONOCHROME = ColorDepth.DEPTH_1_BIT


class PromptScreen:
    """The interactive screen. `run` blocks the main thread until `close`; `show` is for any thread.

    `submit(line)` and `leave()` are called on the main thread: a line was entered; the person
    (Ctrl+C, Ctrl+D), a signal or the loss of the terminal wants to end the chat.
    """

    def __init__(
        self,
        submit: Callable[[str], object],
        leave: Callable[[], object],
        *,
        environ: Mapping[str, str],
        wall_ms: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        zone: tzinfo | None = None,
        bell: bool = True,
        terminal_in: Input | None = None,
        terminal_out: Output | None = None,
    ) -> None:
        self._submit = submit
        self._leave = leave
        self._clock = clock
        self._wall_ms = wall_ms
        self._bell = bell
        self._queue: deque[views.View] = deque()
        self._put = 0  # characters ever put into the queue, by whoever shows
        self._taken = 0  # and taken out of it, by the main thread
        self._dropped = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._closing = False
        self._ended = False
        self._last_batch = 0.0
        self._in_sync = False
        self._feed = Feed(Wording(zone, marks=True, most_lines=_MOST_LINES))
        self._people = People()
        self._status = Status(clock)
        self._text = ScreenText(environ)
        self._out = terminal_out or create_output()
        if isinstance(self._out, Vt100_Output):
            self._out.enable_cpr = False  # no questions to the terminal, no answers to wait for
        self._session = self._new_session(environ, terminal_in)
        self._put_status_below()
        self._session.app.after_render += lambda _app: self._end_sync()

    def show(self, view: views.View) -> None:
        """Have `view` shown. Thread-safe, and never waits."""
        full = len(self._queue) >= QUEUE or self._put - self._taken > QUEUE_TEXT
        if full and isinstance(view, views.Message | views.Joined | views.Left):
            self._dropped += 1
        else:
            self._put += _weight(view)
            self._queue.append(view)
        if self._ended:  # there is no prompt to write above any more
            self._write(self._last_lines())
        else:
            self._schedule()

    def run(self) -> None:
        """Own the terminal until `close`. Raises what made the screen itself fail."""
        try:
            self._session.prompt(
                pre_run=self._started, set_exception_handler=False, handle_sigint=True
            )
        except (EOFError, OSError):  # the terminal is gone
            self._leave()
        finally:
            self._loop = None
            self._ended = True
            with contextlib.suppress(OSError):
                self._write(self._last_lines())

    def close(self) -> None:
        """Show what still waits and let `run` return. Thread-safe; a half-typed line stays."""
        self._closing = True
        self._call(self._finish)

    # the prompt

    def _new_session(
        self, environ: Mapping[str, str], terminal_in: Input | None
    ) -> PromptSession[str]:
        return PromptSession(
            message=self._message,
            multiline=True,
            prompt_continuation="  ",
            history=InMemoryHistory(),
            completer=TabCompleter(self._people),
            complete_while_typing=False,
            reserve_space_for_menu=_MENU,
            enable_suspend=True,
            key_bindings=self._key_bindings(),
            style=Style.from_dict(prompt_styles()),
            color_depth=_MONOCHROME if environ.get("NO_COLOR") else ColorDepth.DEPTH_4_BIT,
            input=terminal_in,
            output=self._out,
        )

    def _put_status_below(self) -> None:
        """The status is the last row: a terminal that folds it when it becomes narrow does so
        below the cursor, where the next drawing erases all.

        It is no `bottom_toolbar`: that asks the terminal for its place.
        """
        layout = self._session.app.layout
        layout.current_window.dont_extend_height = to_filter(True)
        control = FormattedTextControl(lambda: status_row(self._status, self._width()))
        room = Condition(lambda: self._out.get_size().rows > 1)  # for more than the line itself
        row = ConditionalContainer(Window(control, height=1), room & ~is_done)
        layout.container = HSplit([layout.container, row])

    def _message(self) -> Fragments:
        return prompt_message(self._feed.waiting, self._status.chosen, self._width())

    def _key_bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        typing = has_focus(_BUFFER)
        empty = Condition(lambda: not self._session.default_buffer.text)

        @bindings.add("enter", filter=typing)
        def _enter(event: KeyPressEvent) -> None:
            line = event.current_buffer.text
            if line.strip():
                event.current_buffer.append_to_history()
            event.current_buffer.reset()
            self._submit(line)

        @bindings.add("escape", "enter", filter=typing)
        def _new_line(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        @bindings.add("c-d", filter=typing & empty)
        @bindings.add("c-c", filter=typing)
        @bindings.add("<sigint>")
        def _end(_event: KeyPressEvent) -> None:
            self._leave()

        return bindings

    def _started(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Only the main thread may take signals; elsewhere (tests) there are none to take.
            with contextlib.suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, self._leave)
        loop.set_exception_handler(self._failed)
        self._loop = loop
        loop.call_soon(self._finish if self._closing else self._print_batch)

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Something of the screen itself went wrong: end it, and let `run` raise it."""
        error = context.get("exception")
        if not isinstance(error, Exception):
            error = RuntimeError(str(context.get("message")))
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit(exception=error)

    # the printer

    def _schedule(self) -> None:
        # The flag falls before the queue is read, so what is appended later schedules again.
        if not self._scheduled:
            self._scheduled = True
            self._call(self._soon)

    def _call(self, callback: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # just closed: `run` writes the rest itself
                loop.call_soon_threadsafe(callback)

    def _soon(self) -> None:
        self._later(max(0.0, self._last_batch + _EVERY - self._clock()))

    def _later(self, seconds: float) -> None:
        if self._loop is not None:
            self._scheduled = True
            self._loop.call_later(seconds, self._print_batch)

    def _print_batch(self) -> None:
        if self._session.app.is_done:
            return
        self._scheduled = False
        self._last_batch = self._clock()
        self._write(self._lines(self._take(_BATCH, _BATCH_TEXT)))
        self._session.app.invalidate()
        if self._queue or self._feed.waiting or self._status.counts_down:
            self._later(_EVERY)

    def _take(self, number: int, text: int) -> list[views.View]:
        """At most so many views, with so many characters in all but the last of them."""
        batch: list[views.View] = []
        end = self._taken + text
        while self._queue and len(batch) < number and self._taken < end:
            batch.append(self._queue.popleft())
            self._taken += _weight(batch[-1])
        return batch

    def _lines(self, batch: list[views.View]) -> list[Line]:
        for view in batch:
            self._people.see(view)
            self._status.see(view)
        lines = self._feed.lines(batch, self._clock(), self._wall_ms())
        if self._dropped and not self._queue:
            lines.append(system(f"… {self._dropped:,} messages not shown", style="warning"))
            self._dropped = 0
        if self._bell and any(isinstance(view, views.Message) for view in batch):
            self._out.bell()
        lines += self._take_back()
        return lines + self._feed.untaken(whole=self._closing or self._ended)

    def _last_lines(self) -> list[Line]:
        kept = []
        while self._put - self._taken > _LAST_TEXT and self._queue:  # nobody waits for all of it
            view = self._queue.popleft()
            self._taken += _weight(view)
            if isinstance(view, views.Message):
                self._dropped += 1
            else:
                kept.append(view)
        rest = kept + self._take(QUEUE, QUEUE_TEXT)
        return self._lines(rest) + self._feed.rest(self._wall_ms()) + self._feed.left()

    def _write(self, lines: list[Line]) -> None:
        """Write lines above the prompt, which the next drawing puts below them again."""
        text = self._text.draw(lines, self._width())
        if not text:
            return
        if self._session.app.is_running:
            self._out.write_raw(_BEGIN_SYNC)
            self._in_sync = True
            self._session.app.renderer.erase()
        self._out.write_raw(text)
        self._out.flush()

    def _end_sync(self) -> None:
        if self._in_sync:
            self._in_sync = False
            self._out.write_raw(_END_SYNC)
            self._out.flush()

    def _take_back(self) -> list[Line]:
        """Put a line that was not sent back for editing, unless another is being typed.

        One that would fill the screen is only said to be at hand. At the end nobody edits.
        """
        app, buffer = self._session.app, self._session.default_buffer
        if self._closing or not app.is_running or app.is_done or buffer.text:
            return []
        line = self._feed.take_back()
        if line is None:
            return []
        if _is_long(line):
            return [self._feed.leave(line)]
        buffer.text = line
        buffer.cursor_position = len(line)
        return []

    def _finish(self) -> None:
        app = self._session.app
        if not app.is_running or app.is_done:
            return
        buffer = self._session.default_buffer
        if _is_long(buffer.text):  # the screen holds a part of it only
            self._feed.leave(buffer.text)
            buffer.reset()
        self._write(self._last_lines())
        app.erase_when_done = not buffer.text
        app.exit(result="")

    def _width(self) -> int:
        return max(10, self._out.get_size().columns)


def _is_long(line: str) -> bool:
    characters, lines = _MOST_OFFERED
    return len(line) > characters or line.count("\n") >= lines


def _weight(view: views.View) -> int:
    return len(view.text) if isinstance(view, views.Message) else 0
