"""What only the chat client's core and its shell say to each other; the rest is in io_events."""

from dataclasses import dataclass

from rsachat.client.views import View
from rsachat.errors import RsachatError

CONN = 0
"""A client has one connection; this is its number."""


@dataclass(frozen=True, slots=True)
class LineEntered:
    """A person typed this, to be read by the grammar of lines."""

    line: str


@dataclass(frozen=True, slots=True)
class TextEntered:
    """A text for the one chosen at the start; nothing in it is parsed."""

    text: str


@dataclass(frozen=True, slots=True)
class InputEnded:
    """No more input: leave when everything has found its end, or `stay` and listen."""

    stay: bool


@dataclass(frozen=True, slots=True)
class LeaveRequested:
    """Leave now."""


@dataclass(frozen=True, slots=True)
class Show:
    """Show a view."""

    view: View


@dataclass(frozen=True, slots=True)
class Finished:
    """The chat is over; the connection closes by itself. None: all was in order."""

    error: RsachatError | None
