"""Made-up streams, clocks and views for tests of what a person sees."""

import io
import os

from rsachat.client import views

MOMENT = 1_795_600_317_123  # 2026-11-25T09:51:57.123Z
ALICE = "127.0.0.1:50412"
COLOUR = {"TERM": "xterm-256color"}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Sink:
    """A file in memory, for what is written without a reader."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("sink")

    def text(self) -> str:
        """All that was written; closes it."""
        os.lseek(self.fd, 0, os.SEEK_SET)
        with os.fdopen(self.fd, "rb") as file:
            return file.read().decode()


class Pipe:
    """A pipe whose writing end a LineWriter gets, and whose text a test reads at the end."""

    def __init__(self) -> None:
        self._read, self.fd = os.pipe()

    def text(self) -> str:
        """All that was written; closes both ends."""
        os.close(self.fd)
        with os.fdopen(self._read, "rb") as file:
            return file.read().decode()


def message(text: str, *, name: str = "alice", trust: views.Trust = views.Trust.PINNED,
            time_ms: int = MOMENT, address: str = ALICE) -> views.Message:  # fmt: skip
    return views.Message("0f" * 16, name, address, "abcd-efgh", trust, "@me", text, time_ms)


def own(text: str, number: int = 1, to: str = "@bob") -> views.OwnMessage:
    return views.OwnMessage(f"{number:032x}", to, text, MOMENT)


def all_views(text: str) -> list[views.View]:
    """One of each view, `text` in every field that somebody else may choose."""
    trust = views.Trust.NEW
    return [
        views.Connected(text, "127.0.0.1:8000", "abcd", 1, text),
        message(text, name=text, address=text, time_ms=2**64 - 1),
        views.OwnMessage("1", "@bob", text, 0),
        views.Sent("1"),
        views.Delivered("1", 1, 2),
        views.Undelivered("1", "@bob", text, text),
        views.Rejected(text, text, text),
        views.Joined(text, text, 1),
        views.Left(text, text, 1),
        views.Count(1),
        views.Reconnecting(text, 1.0, 1),
        views.Held(text),
        views.System(text),
        views.Warned(text),
        views.Chosen("@bob"),
        views.Roster((views.RosterEntry(text, text, "abcd", trust),), 1, cut=True),
        views.Verification(text, trust, "abcd", "A B", "efgh", "C D"),
        views.Help(),
        views.Closed(text, False),
    ]
