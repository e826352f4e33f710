"""A word on a terminal while a key is opened, for machines on which that takes its time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import TextIO

from rsachat.ui.terminal import may_draw

PATIENCE = 1.0  # seconds
_TEXT = "opening the key…\n"


@contextlib.contextmanager
def opening_key(
    stream: TextIO, environ: Mapping[str, str], *, quiet: bool = False, patience: float = PATIENCE
) -> Iterator[None]:
    """Say what takes so long if the work inside takes over `patience` seconds."""
    if quiet or not may_draw(stream, environ):
        yield
        return
    timer = threading.Timer(patience, _say, (stream,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):  # a lost terminal is no reason to fail
        stream.write(_TEXT)
        stream.flush()
