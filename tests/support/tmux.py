"""A program in a window of tmux: a terminal that folds long lines anew when it is resized."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.terminal import ROOT

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """One window under a tmux server of its own, which ends with it."""

    def __init__(self, arguments: list[str], *, rows: int = 24, columns: int = 80) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tmux")
        self._socket = str(Path(self._folder.name) / "socket")
        command = shlex.join([sys.executable, *arguments])
        size = ["-x", str(columns), "-y", str(rows)]
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(ROOT), command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")
        self._folder.cleanup()

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def resize(self, rows: int, columns: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def lines(self) -> list[str]:
        """All lines, from the first that scrolled away to the last with text."""
        return self._tmux("capture-pane", "-p", "-S", "-").rstrip().split("\n")

    def until(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        """Wait until `condition()` holds; AssertionError with the lines if it never does."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("not seen:\n" + "\n".join(self.lines))
            time.sleep(0.05)

    def _tmux(self, *words: str) -> str:
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        env |= {"TERM": "xterm-256color", "SHELL": "/bin/sh", "PYTHONDONTWRITEBYTECODE": "1"}
        command = ["tmux", "-S", self._socket, *words]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
