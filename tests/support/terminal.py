"""A pseudo-terminal with a program on it and a screen that remembers all that scrolled by."""

import os
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte

ROOT = Path(__file__).resolve().parents[2]


class Screen(pyte.HistoryScreen):
    """pyte knows no dim text; here it is bright black, as many terminals draw it."""

    def select_graphic_rendition(self, *attrs: int) -> None:
        if 38 not in attrs and 48 not in attrs:
            attrs = tuple(90 if attr == 2 else attr for attr in attrs)
        super().select_graphic_rendition(*attrs)


class Terminal:
    """A child on a pseudo-terminal. `raw` holds every byte it wrote, `text` what is seen."""

    def __init__(
        self,
        arguments: list[str],
        *,
        rows: int = 24,
        columns: int = 90,
        environ: dict[str, str] | None = None,
        folder: Path = ROOT,
    ) -> None:
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        env |= {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"} | (environ or {})
        self._screen = Screen(columns, rows, history=20_000, ratio=0.01)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self._drawn = 0  # bytes of it that the screen has
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            arguments,
            env=env,
            dimensions=(rows, columns),
            cwd=str(folder),
            echo=True,
            timeout=20,
        )
        self.child.delaybeforesend = None
        self.settings = self.stty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.child.close(force=True)

    def stty(self) -> list[Any]:
        """The terminal's settings, as `stty -g` would tell them."""
        return termios.tcgetattr(self.child.child_fd)

    def type(self, text: str | bytes) -> None:
        self.child.send(text if isinstance(text, bytes) else text.encode())

    def resize(self, rows: int, columns: int) -> None:
        self.child.setwinsize(rows, columns)
        self.screen.resize(rows, columns)

    @property
    def screen(self) -> Screen:
        """What is seen of all that was read; drawing is slow, and waits until somebody looks."""
        self._stream.feed(bytes(self.raw[self._drawn :]))
        self._drawn = len(self.raw)
        return self._screen

    def read(self, seconds: float) -> None:
        """Take what the child writes for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self.raw += self.child.read_nonblocking(65536, timeout=left)
            except pexpect.TIMEOUT:
                return
            except pexpect.EOF:
                self.child.wait()
                return

    def until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        """Read until `condition()` holds; AssertionError with the screen if it never does."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("not seen on the screen:\n" + "\n".join(self.screen.display))
            self.read(0.05)

    def until_text(self, text: str, seconds: float = 15.0) -> None:
        """Read until `text` stands on what the screen shows now."""
        self.until(lambda: text in "\n".join(self.screen.display), seconds)

    def wait(self) -> int:
        """The exit status, once the child has ended."""
        while self.child.isalive():
            self.read(0.05)
        self.read(0.2)
        status = self.child.exitstatus
        return status if status is not None else -(self.child.signalstatus or 0)

    @property
    def lines(self) -> list[str]:
        """All lines, from the first that scrolled away to the last on the screen."""
        screen = self.screen
        gone = ["".join(row[x].data for x in range(screen.columns)) for row in screen.history.top]
        return [line.rstrip() for line in (*gone, *screen.display)]
