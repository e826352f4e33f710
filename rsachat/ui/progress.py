"""An upload's progress: what there is to tell, and a line every five seconds for a pipe.

The bar of a terminal (`progress_bar`) knows the same verbs; whoever uploads calls `tick` from a
timer and need not know which it is. Times come from the clock that is given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rsachat import amounts
from rsachat.protocol.safe_text import clean_line, clean_name

if TYPE_CHECKING:
    from rsachat.ui.line_writer import LineWriter

Clock = Callable[[], float]

_WINDOW = 10.0  # seconds over which speed is told: steady, and yet soon right
_LINE_EVERY = 5.0
STALLED_AFTER = 15.0  # seconds in which nothing was acknowledged
_MOST = 0.99  # whatever is stored: whole is a file only with its receipt


class Meter:
    """Speed and time left, from what was acknowledged in the last seconds."""

    def __init__(self, total: int, done: int, clock: Clock) -> None:
        self.total = total
        self.done = done
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque([(clock(), done)])
        self._moved_at = clock()

    def update(self, done: int) -> None:
        now = self._clock()
        if done != self.done:
            self._moved_at = now
        self.done = done
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()

    @property
    def speed(self) -> float:
        """Bytes a second; 0 until there is something to tell."""
        began, done = self._samples[0]
        seconds = self._clock() - began
        return (self.done - done) / seconds if seconds > 0 else 0.0

    @property
    def stalled(self) -> bool:
        return self._clock() - self._moved_at >= STALLED_AFTER

    @property
    def seconds_left(self) -> float | None:
        speed = self.speed
        return (self.total - self.done) / speed if speed > 0 else None


@dataclass(slots=True)
class Transfer:
    """What is on its way: the name it gets there, its chunks, and how far they are.

    Stored is what the server has acknowledged, which the meter counts; `sent` bytes have left.
    """

    file: str
    chunks: int
    meter: Meter
    chunks_done: int = 0
    sent: int = 0

    def update(self, done: int, chunks_done: int, sent: int) -> None:
        self.meter.update(done)
        self.chunks_done, self.sent = chunks_done, sent

    @property
    def share(self) -> float:
        """How much of it is done, from 0 up to a little less than 1."""
        meter = self.meter
        return min(_MOST, meter.done / meter.total) if meter.total else _MOST

    @property
    def left(self) -> str:
        """What is still to come, and whether it does."""
        seconds = self.meter.seconds_left
        if self.meter.stalled:
            return "stalled"
        if self.meter.done >= self.meter.total:
            return "waiting for the receipt"
        return "" if seconds is None else f"{amounts.duration(seconds + 0.5)} left"

    @property
    def bytes(self) -> str:
        return f"{amounts.size(self.meter.done)} of {amounts.size(self.meter.total)} stored"

    @property
    def under_way(self) -> str:
        more = self.sent - self.meter.done
        return f"{amounts.size(more)} more sent" if more > 0 else ""

    @property
    def line(self) -> str:
        chunks = f"{self.chunks_done:,} of {amounts.number(self.chunks, 'chunk')}"
        speed = f"{amounts.size(self.meter.speed)}/s"
        name = clean_name(self.file).plain
        parts = (name, self.bytes, self.under_way, chunks, speed, self.left)
        return "  ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Hashing:
    """A file that is read once before it is offered: `done` bytes of `size`."""

    file: str
    done: int
    size: int

    @property
    def share(self) -> float:
        return min(_MOST, self.done / self.size) if self.size else _MOST

    @property
    def line(self) -> str:
        return f"{clean_name(self.file).plain}  hashing  {int(self.share * 100)} %"


class Progress(Protocol):
    """What an uploading command calls; sizes in bytes."""

    def hashing(self, file: str, done: int, size: int) -> None:
        """A long file is being hashed, before anything of it is sent."""

    def begin(self, file: str, size: int, chunks: int, done: int = 0, chunks_done: int = 0) -> None:
        """A file starts, `done` bytes of it being there from an earlier try."""

    def update(self, done: int, chunks_done: int, sent: int) -> None:
        """So much is acknowledged, and so much has left."""

    def tick(self) -> None:
        """Draw if it is time to; call it ten times a second."""

    def say(self, text: str) -> None:
        """A line about the work, which stays."""

    def end(self) -> None:
        """The file is done or given up; the bar goes."""


class LineProgress:
    """Progress as lines."""

    def __init__(self, err: LineWriter, *, clock: Clock, quiet: bool = False) -> None:
        self._err = err
        self._clock = clock
        self._quiet = quiet
        self._shown: Transfer | Hashing | None = None
        self._next = 0.0

    def hashing(self, file: str, done: int, size: int) -> None:
        if not isinstance(self._shown, Hashing):
            self._next = self._clock() + _LINE_EVERY
        self._shown = Hashing(file, done, size)

    def begin(self, file: str, size: int, chunks: int, done: int = 0, chunks_done: int = 0) -> None:
        self._shown = Transfer(file, chunks, Meter(size, done, self._clock), chunks_done)
        self._next = self._clock() + _LINE_EVERY

    def update(self, done: int, chunks_done: int, sent: int) -> None:
        if isinstance(self._shown, Transfer):
            self._shown.update(done, chunks_done, sent)

    def tick(self) -> None:
        if self._shown is None or self._clock() < self._next:
            return
        self._next += _LINE_EVERY
        self.say(self._shown.line)

    def say(self, text: str) -> None:
        if not self._quiet:
            self._err.line(clean_line(text).plain)

    def end(self) -> None:
        self._shown = None


def done_line(file: str, size: int, chunks: int, sha256: str, fingerprint: str) -> str:
    """The one line that an upload ends with."""
    return "  ".join(
        (
            clean_name(file).plain,
            amounts.number(size, "byte"),
            amounts.number(chunks, "chunk"),
            f"SHA-256 {sha256}",
            f"receipt signed by server {fingerprint}",
        )
    )
