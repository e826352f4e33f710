"""A sign of life on stderr while something takes seconds: searching primes, opening a key.

Plain writes on one terminal line; nothing heavy is loaded, and in a pipe nothing is drawn.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import TextIO

from rsachat import amounts
from rsachat.ui.terminal import may_draw

_FRAMES = "|/-\\"
_EVERY = 0.1  # seconds between two frames
_ERASE = "\r\x1b[2K"


class Waiting:
    """One line that moves, from the first `tick` after `patience` seconds until `done`."""

    def __init__(
        self,
        what: str,
        stream: TextIO,
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float],
        patience: float = 0.3,
        plain: bool = False,
    ) -> None:
        self._what = what
        self._stream = stream
        self._clock = clock
        self._draws = may_draw(stream, environ, plain=plain)
        self._began = clock()
        self._next = self._began + patience
        self._frame = 0
        self._drawn = False

    def tick(self) -> None:
        """Draw when it is time; cheap enough to be called thousands of times a second."""
        now = self._clock()
        if not self._draws or now < self._next:
            return
        self._next = now + _EVERY
        self._frame += 1
        sign = _FRAMES[self._frame % len(_FRAMES)]
        self._write(f"{_ERASE}{sign} {self._what}… {amounts.duration(now - self._began)}")
        self._drawn = True

    def done(self) -> None:
        """Remove the line."""
        if self._drawn:
            self._drawn = False
            self._write(_ERASE)

    def over(self, random: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """`random`, with a tick at each call: what searches primes asks for much of it."""

        def ticking(count: int) -> bytes:
            self.tick()
            return random(count)

        return ticking

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a lost terminal is no reason to fail
            self._stream.write(text)
            self._stream.flush()
