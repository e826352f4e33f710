"""What stands around the line being typed: messages under way, the prompt; the status below."""

from collections.abc import Callable, Sequence
from math import ceil

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

from rsachat.client import views
from rsachat.protocol.safe_text import clean_line
from rsachat.ui import words
from rsachat.ui.own_lines import Shown

Fragments = StyleAndTextTuples

_WAITING_ROWS = 3  # of one's own messages above the prompt; the newest ones


class Status:
    """The row below the prompt: the connection, how many, to whom, oneself; as the views tell.

    `clock` gives monotonic seconds, by which the pause before another try is counted down.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.chosen = ""
        self._clock = clock
        self._server = ""
        self._name = ""
        self._address = ""
        self._clients: int | None = None
        self._next_try: float | None = None
        self._over = False

    def see(self, view: views.View) -> None:
        match view:
            case views.Connected():
                self._server, self._clients = view.server, view.clients
                self._name, self._address = view.name, view.address
                self._next_try = None
            case views.Chosen(who):
                self.chosen = who
            case views.Joined() | views.Left() | views.Count() | views.Roster():
                self._clients = view.clients
            case views.Reconnecting(seconds=seconds):
                self._disconnected()
                self._next_try = self._clock() + seconds
            case views.Closed():
                self._disconnected()
                self._over = True
            case _:
                pass

    @property
    def connected(self) -> bool:
        return bool(self._server)

    @property
    def counts_down(self) -> bool:
        """Whether the row changes by itself, as time goes by."""
        return self._next_try is not None and self._clock() < self._next_try + 1

    def row(self, width: int) -> str:
        """The status on one row of less than `width` cells; what matters most stands first."""
        me = clean_line(f"{self._name} {self._address}".strip()).plain
        parts = [
            self._connection(),
            "" if self._clients is None else f"clients: {self._clients}",
            f"to {self.chosen}" if self.chosen else "",
            f"you are {me}" if me else "",
        ]
        return cut(" · ".join(filter(None, parts)), width - 1)

    def _connection(self) -> str:
        if self._server:
            return f"server {self._server} •"  # only a pinned one gets this far
        if self._over:
            return "not connected"
        left = 0 if self._next_try is None else ceil(self._next_try - self._clock())
        return f"not connected, trying again in {left}s" if left > 0 else "connecting…"

    def _disconnected(self) -> None:
        self._server, self._address, self._clients, self._next_try = "", "", None, None


def prompt_message(waiting: Sequence[Shown], chosen: str, width: int) -> Fragments:
    """One's own messages that wait for their state, each on its row; the prompt."""
    fragments: Fragments = []
    for shown in waiting[-_WAITING_ROWS:]:
        state = f"  {shown.state.part.clean.plain}"
        text = f"you → {shown.view.to}: {clean_line(words.head_of(shown.view.text)).plain}"
        fragments.append(("class:system", cut(text, width - get_cwidth(state) - 1)))
        fragments.append((f"class:{shown.state.style}", f"{state}\n"))
    fragments.append(("class:prompt", f"{chosen}> " if chosen else "> "))
    return fragments


def status_row(status: Status, width: int) -> Fragments:
    """The status in its style: what is wrong stands out."""
    style = "system" if status.connected else "warning"
    return [(f"class:{style}", status.row(width))]


def cut(text: str, width: int) -> str:
    """`text` on at most `width` cells, with an ellipsis where something is missing."""
    cells = 0
    room = 0  # how many characters leave a cell for the ellipsis
    for index, character in enumerate(text):
        cells += get_cwidth(character)
        if cells > width:
            return text[:room] + "…" if width > 0 else ""
        if cells < width:
            room = index + 1
    return text
