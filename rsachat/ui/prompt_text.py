"""What stands above the line being typed: messages under way, the status; and the prompt."""

from collections.abc import Sequence

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

from rsachat.client import views
from rsachat.protocol.safe_text import clean_line
from rsachat.ui import words
from rsachat.ui.own_lines import Shown

Fragments = StyleAndTextTuples

_WAITING_ROWS = 3  # of one's own messages above the prompt; the newest ones


class Status:
    """The row above the prompt: server, oneself, to whom, how many; as the views tell it."""

    def __init__(self) -> None:
        self.chosen = ""
        self._server = ""
        self._me = ""
        self._clients: int | None = None

    def see(self, view: views.View) -> None:
        match view:
            case views.Connected():
                self._server = view.server
                self._me = f"{view.name} {view.address}"
                self._clients = view.clients
            case views.Chosen(who):
                self.chosen = who
            case views.Joined() | views.Left() | views.Count() | views.Roster():
                self._clients = view.clients
            case views.Closed():
                self._server, self._clients = "", None
            case _:
                pass

    def row(self, width: int) -> str:
        """The status on one row of less than `width` cells."""
        parts = [
            f"server {self._server}" if self._server else "not connected",
            f"you are {clean_line(self._me).plain}" if self._me else "",
            f"to {self.chosen}" if self.chosen else "",
            "" if self._clients is None else f"clients: {self._clients}",
        ]
        return cut(" · ".join(filter(None, parts)), width - 1)


def prompt_message(
    waiting: Sequence[Shown], status: Status | None, chosen: str, width: int
) -> Fragments:
    """One's own messages that wait for their state, the status, the prompt: each on its row."""
    fragments: Fragments = []
    for shown in waiting[-_WAITING_ROWS:]:
        state = f"  {shown.state.part.clean.plain}"
        text = f"you → {shown.view.to}: {clean_line(words.head_of(shown.view.text)).plain}"
        fragments.append(("class:system", cut(text, width - get_cwidth(state) - 1)))
        fragments.append((f"class:{shown.state.style}", f"{state}\n"))
    if status is not None:
        fragments.append(("class:system", f"{status.row(width)}\n"))
    fragments.append(("class:prompt", f"{chosen}> " if chosen else "> "))
    return fragments


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
