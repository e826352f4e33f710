"""One's own messages between Enter and their last state.

A message waits a moment, so that it can be shown once with its final state; shown earlier, it
is recalled by a short line when that state comes. Pure: times are seconds that the caller gives.
"""

from collections import OrderedDict
from dataclasses import dataclass

from rsachat.client import views
from rsachat.ui import words
from rsachat.ui.words import State

_REMEMBERED = 1024  # shown messages whose later state still finds them


@dataclass(frozen=True, slots=True)
class Shown:
    """Show the whole message with this state, now."""

    view: views.OwnMessage
    state: State


@dataclass(frozen=True, slots=True)
class Recalled:
    """The message stands further up; say its state in a line of its own."""

    to: str
    head: str
    state: State


Output = Shown | Recalled
Progress = views.Sent | views.Delivered | views.Undelivered


@dataclass(slots=True)
class _Waiting:
    view: views.OwnMessage
    since: float
    state: State = words.SENDING


class OwnLines:
    """Decides when one's own messages and their states are shown, in the order of sending."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._shown: OrderedDict[str, tuple[str, str]] = OrderedDict()

    @property
    def waiting(self) -> tuple[Shown, ...]:
        """Messages not shown yet, with their state so far."""
        return tuple(Shown(entry.view, entry.state) for entry in self._waiting.values())

    def is_waiting(self, message_id: str) -> bool:
        return message_id in self._waiting

    def add(self, view: views.OwnMessage, now: float) -> None:
        self._waiting[view.id] = _Waiting(view, now)

    def change(self, view: Progress) -> list[Output]:
        """Take a new state; what to show for it, a final one showing all before it as well."""
        state = _state(view)
        entry = self._waiting.get(view.id)
        if entry is None:
            return self._recall(view, state)
        entry.state = state
        if not state.final:
            return []
        shown: list[Output] = []
        while view.id in self._waiting:
            shown.append(self._show_first())
        return shown

    def settle(self, now: float, hold: float) -> list[Output]:
        """Show what has waited for `hold` seconds, as it stands."""
        shown: list[Output] = []
        while self._waiting and next(iter(self._waiting.values())).since <= now - hold:
            shown.append(self._show_first())
        return shown

    def settle_all(self) -> list[Output]:
        """Show all that waits: something else comes after it."""
        return [self._show_first() for _ in range(len(self._waiting))]

    def _show_first(self) -> Shown:
        message_id, entry = self._waiting.popitem(last=False)
        if not entry.state.final:
            self._shown[message_id] = (entry.view.to, words.head_of(entry.view.text))
            if len(self._shown) > _REMEMBERED:
                self._shown.popitem(last=False)
        return Shown(entry.view, entry.state)

    def _recall(self, view: Progress, state: State) -> list[Output]:
        if not state.final:
            return []
        known = self._shown.pop(view.id, None)
        if isinstance(view, views.Undelivered):
            known = (view.to, words.head_of(view.text))
        return [] if known is None else [Recalled(*known, state)]


def _state(view: Progress) -> State:
    match view:
        case views.Sent():
            return words.SENT
        case views.Delivered():
            return words.delivered(view)
        case views.Undelivered():
            return words.undelivered(view)
