"""The server command, and how long each pass of its loop took.

`python -m benchmarks.timed_server FILE server ...` appends the seconds of the passes to FILE,
from the end of one wait to the beginning of the next, as native 32-bit floats.
"""

from __future__ import annotations

import selectors
import sys
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from rsachat.cli import main as command

KEPT = 1000
KEPT_SECONDS = 0.5


class TimedSelector(selectors.DefaultSelector):
    """The loop's own selector, with a watch on what happens between two waits."""

    file: Path

    def __init__(self) -> None:
        super().__init__()
        self._passes = array("f")
        self._began = self._written = time.perf_counter()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        now = time.perf_counter()
        self._passes.append(now - self._began)
        if len(self._passes) >= KEPT or now > self._written + KEPT_SECONDS:
            with self.file.open("ab") as file:
                self._passes.tofile(file)
            self._passes, self._written = array("f"), now
        ready = super().select(timeout)
        self._began = time.perf_counter()
        return ready


def main(arguments: Sequence[str]) -> int:
    file, *words = arguments
    TimedSelector.file = Path(file)
    selectors.DefaultSelector = TimedSelector  # type: ignore[misc]
    return command(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
