"""What a chat takes along from a lost connection to the next login."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rsachat.client.events import LineEntered, TextEntered
from rsachat.client.views import Rejected, Undelivered, View


@dataclass(frozen=True, slots=True)
class Pending:
    """An own text without an end: it is sent again under the same id (16 bytes).

    `mid` is None for one that had not been sent at all; `line` is what was typed. `fp` is the
    key (its fingerprint, 32 bytes) that was at an address when the text was written to it, or
    that it was sent to; None if that was not known.
    """

    mid: bytes | None
    who: str
    text: str
    line: str
    fp: bytes | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """`addressed` are the keys last written to at each address in this run; with `input_ended`
    the chat leaves as soon as everything has found its end.
    """

    chosen: str | None
    addressed: dict[str, bytes] = field(default_factory=dict)
    pending: tuple[Pending, ...] = ()
    early: tuple[LineEntered | TextEntered, ...] = ()
    failed: int = 0
    input_ended: bool = False


def unsent_views(
    pending: Iterable[Pending], early: Iterable[LineEntered | TextEntered]
) -> list[View]:
    """How the texts are named that no connection follows for."""
    reason = "the chat ended before it could be sent"
    views: list[View] = []
    for item in pending:
        if item.mid is None:
            views.append(Rejected(item.line, reason))
        else:
            views.append(Undelivered(item.mid.hex(), item.who, item.text, reason))
    lines = [e.text if isinstance(e, TextEntered) else e.line for e in early]
    return views + [Rejected(line, reason) for line in lines]
