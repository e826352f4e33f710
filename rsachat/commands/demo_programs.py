"""rsachat processes as the demo runs them: started, read as JSON lines, waited for, ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class StepFailed(Exception):
    """A step did not do what it claims; the text says what was seen."""


def command_line() -> list[str]:
    """How this very program is started once more."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, os.path.abspath(sys.argv[0])]


class Program:
    """One process in its folder; its standard output is read as JSON lines by a thread."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.words = words
        environ = {k: v for k, v in os.environ.items() if not k.startswith("RSACHAT_")}
        self._process = subprocess.Popen(
            [*command_line(), *words],
            cwd=folder,
            env={**environ, "RSACHAT_KEYS": "keys"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._events: queue.Queue[Event] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def next_event(self, seconds: float) -> Event:
        """The next line. Raises StepFailed if none comes in time."""
        try:
            return self._events.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise StepFailed(f"`rsachat {self.words[0]}` said nothing more: {self.said}") from None

    def interrupt(self) -> None:
        """What Ctrl+C does."""
        self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> list[Event]:
        """Its end with exit code 0, and the lines not read yet. Raises StepFailed."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise StepFailed(f"`rsachat {self.words[0]}` does not end: {self.said}") from None
        for reader in self._readers:
            reader.join(5)
        if code != 0:
            raise StepFailed(f"`rsachat {self.words[0]}` ended with {code}: {self.said}")
        return [self._events.get_nowait() for _ in range(self._events.qsize())]

    def kill(self) -> None:
        """The process and all that it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def said(self) -> str:
        return " ".join(self._errors[-6:]).strip()

    def _read_out(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                self._events.put(json.loads(line))
            except ValueError:
                self._errors.append(line)

    def _read_err(self) -> None:
        assert self._process.stderr is not None
        self._errors.extend(self._process.stderr)


def wait_for(program: Program, event: str, seconds: float) -> Event:
    """The next `event`, others before it being passed over. Raises StepFailed."""
    end = time.monotonic() + seconds
    while True:
        found = program.next_event(end - time.monotonic())
        if found.get("event") == event:
            return found
