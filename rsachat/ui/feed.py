"""From views to the lines of the client's screen: order, folding, one's own messages.

Pure: views in, lines out, times given. It decides what is shown when; who prints it knows the
terminal.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rsachat.client import views
from rsachat.ui.own_lines import Output, OwnLines, Progress, Shown
from rsachat.ui.words import Line, Wording, part, system

HOLD = 2.0  # seconds that one's own message waits for its state before it is shown as it is
_UNFOLDED = 3  # joins and leaves in one batch that are still shown one by one

_Presence = views.Joined | views.Left | views.Count


class Feed:
    """Turns batches of views into lines."""

    def __init__(self, words: Wording) -> None:
        self._words = words
        self._own = OwnLines()
        self._me = ""  # as the server calls us; "" before the first connection
        self._offered: str | None = None  # a line to be edited
        self._unshown: list[str] = []  # lines that were not sent, and stand nowhere
        self._left: list[str] = []  # those that are in the history only

    @property
    def waiting(self) -> tuple[Shown, ...]:
        """One's own messages that still wait for their state."""
        return self._own.waiting

    def lines(self, batch: Sequence[views.View], now: float, now_ms: int) -> list[Line]:
        """The lines to show for `batch`, and for what has waited long enough."""
        lines: list[Line] = []
        batch = self._states_first(batch)
        for are_presence, group in groupby(batch, lambda view: isinstance(view, _Presence)):
            if are_presence:
                some = [view for view in group if isinstance(view, _Presence)]
                lines.extend(self._presence(some, now_ms))
            else:
                for view in group:
                    lines.extend(self._one(view, now, now_ms))
        lines.extend(self._told(self._own.settle(now, HOLD), now_ms))
        return lines

    def take_back(self) -> str | None:
        """The newest line that was not sent, once, for the one who edits."""
        line, self._offered = self._offered, None
        if self._unshown and self._unshown[-1] == line:
            self._unshown.pop()
        return line

    def leave(self, line: str) -> Line:
        """A line taken back is too long to be edited unasked: where it is found instead."""
        if line not in self._left:
            self._left.append(line)
        return system("hint: the text is in the history: the Up key brings it back", style="hint")

    def left(self) -> list[Line]:
        """What was left in the history, in full: the screen ends, and the history with it."""
        texts, self._left = self._left, []
        return [line for text in texts for line in self._words.unsent(text, whole=True)]

    def untaken(self, *, whole: bool) -> list[Line]:
        """The lines that nobody took back; `whole` where the history ends too."""
        lost, self._unshown, self._offered = self._unshown, [], None
        return [line for text in lost for line in self._words.unsent(text, whole=whole)]

    def rest(self, now_ms: int) -> list[Line]:
        """One's own messages that still wait, as they stand: the screen ends."""
        return list(self._told(self._own.settle_all(), now_ms))

    def _states_first(self, batch: Sequence[views.View]) -> list[views.View]:
        """News of what already waits goes before all else of its batch: it was said before."""
        return sorted(
            batch,
            key=lambda view: not (isinstance(view, Progress) and self._own.is_waiting(view.id)),
        )

    def _one(self, view: views.View, now: float, now_ms: int) -> Iterator[Line]:
        match view:
            case views.OwnMessage():
                self._left.clear()  # the conversation has gone on without them
                self._own.add(view, now)
            case views.Sent() | views.Delivered() | views.Undelivered():
                if isinstance(view, views.Undelivered) and self._own.is_waiting(view.id):
                    separator = " " if view.to.startswith("@") else "/"
                    self._offered = f"{view.to}{separator}{view.text}"
                yield from self._told(self._own.change(view), now_ms)
            case _:
                if isinstance(view, views.Rejected):
                    self._offered = view.line
                    self._unshown.append(view.line)
                if isinstance(view, views.Message | views.Closed):  # it comes after what we said
                    yield from self.rest(now_ms)
                yield from self._said(view, now_ms)

    def _said(self, view: views.View, now_ms: int) -> Sequence[Line]:
        match view:
            case views.Message():
                return self._words.message(view, self._me)
            case views.Connected():
                again, self._me = bool(self._me), view.name
                return (
                    self._words.connected_again(view) if again else self._words.lines(view, now_ms)
                )
            case views.Reconnecting(attempt=attempt) if attempt > 1:
                return ()  # the status row counts down already
            case _:
                return self._words.lines(view, now_ms)

    def _told(self, outputs: Iterable[Output], now_ms: int) -> Iterator[Line]:
        for output in outputs:
            if isinstance(output, Shown):
                yield from self._words.own_message(output.view, output.state)
            else:
                yield self._words.recalled(output.to, output.head, output.state, now_ms)

    def _presence(self, batch: Sequence[_Presence], now_ms: int) -> Iterator[Line]:
        """Joins and leaves, folded into one line when they are many; a mere count says nothing."""
        some = [view for view in batch if not isinstance(view, views.Count)]
        if len(some) <= _UNFOLDED:
            for view in some:
                yield self._words.presence(view, now_ms)
            return
        joined = sum(isinstance(view, views.Joined) for view in some)
        counts = [f"{joined:,} joined"] * bool(joined)
        counts += [f"{len(some) - joined:,} left"] * (joined < len(some))
        count = f" (clients: {batch[-1].clients})"
        yield Line(
            (
                part(f"{self._words.time(now_ms)} ", "time"),
                *system(", ".join(counts), count).parts,
            )
        )
