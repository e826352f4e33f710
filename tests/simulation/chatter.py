"""Somebody at a chat client: the program's own run of a chat, and all that it has shown."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rsachat.client import views as v
from rsachat.client.backoff import Backoff
from rsachat.client.core import ClientCore, Login
from rsachat.client.events import LineEntered
from rsachat.commands.chat_run import Chat, ChatRun
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.runtime.client_shell import Target
from rsachat.settings import ClientSettings
from tests.simulation.home import Home, HomePins
from tests.simulation.machine import Host, Machine
from tests.simulation.stand_ins import identity

NOWHERE = Path("none")


@dataclass(frozen=True, slots=True)
class Said:
    """One typed line. `place` is its number among those of its author; `to` a name or address."""

    author: "Chatter"
    place: int
    to: str
    text: str


class SimRun(ChatRun):
    """A chat whose randomness, clock and pins are this world's."""

    def __init__(self, chatter: "Chatter", chat: Chat) -> None:
        self._chatter = chatter
        super().__init__(chat, chatter.machine.loop, chatter, chatter.left)
        self._memory = ProcessMemory(chatter.ambient.random)
        self._backoff = Backoff(chatter.ambient.random)

    def _make_core(self) -> ClientCore:
        self._core = self._chatter.core_type(
            self._chat.login,
            HomePins(self._chatter.home, lambda text: self._chatter.show(v.Warned(text))),
            self._memory,
            self._chatter.ambient,
            ClientSettings(),
            self._carried,
        )
        return self._core


class Chatter:
    """One process; its home outlives it. An end that it did not ask for calls `ended`."""

    core_type: type[ClientCore] = ClientCore

    def __init__(
        self,
        host: Host,
        label: str,
        home: Home,
        ambient: Ambient,
        ended: Callable[[], object],
    ) -> None:
        self.label = label
        self.home = home
        self.name = home.name
        self.ambient = ambient
        self._ended = ended
        self.machine = Machine(host, label)
        self.said: list[Said] = []
        self.shown: list[v.Message] = []
        self.own_ids: dict[str, str] = {}
        self.told: defaultdict[str, list[v.View]] = defaultdict(list)
        """By text: how each own line went on."""
        self.address = ""
        self.connected = False
        self.count = 0
        self.new: list[v.View] = []
        """Shown since the last look."""
        self.leaving = False
        self.gone = False
        key = identity(self.name)
        login = Login(
            key, "", "10.0.0.1:8000", identity("server").public.fingerprint, reconnect=True
        )
        self.run = SimRun(self, Chat(login, Target("10.0.0.1", 8000), NOWHERE))

    def type(self, to: str, text: str) -> None:
        """`to` is a name or an address."""
        self.said.append(Said(self, len(self.said), to, text))
        line = f"{to}/{text}" if ":" in to else f"@{to} {text}"
        self.machine.call(lambda: self.run.feed(LineEntered(line)))

    def leave(self) -> None:
        """Ctrl+C; nothing is typed after that."""
        self.leaving = True
        self.machine.call(self.run.leave)

    def left(self) -> None:
        """The program has ended."""
        self.gone = True
        self.connected = False
        self.machine.host.say(self.label, f"ends: {self.run.error or 'in order'}")
        self.machine.die()
        if not self.leaving:
            self._ended()

    @property
    def is_there(self) -> bool:
        """Whether it takes itself for connected, and runs."""
        return self.connected and not self.machine.dead

    @property
    def at_rest(self) -> bool:
        """Nothing of its own waits any more."""
        if self.gone or self.machine.dead:
            return True
        return self.connected and not self.machine.frozen and self.run.unfinished == 0

    def show(self, view: v.View) -> None:
        """For the run: this is its screen."""
        self.new.append(view)
        self.machine.host.say(self.label, f"shows {_brief(view)}")
        match view:
            case v.Connected():
                self.connected, self.address, self.count = True, view.address, view.clients
            case v.Reconnecting():
                self.connected = False
            case v.Joined() | v.Left() | v.Count():
                self.count = view.clients
            case v.Message():
                self.shown.append(view)
            case v.OwnMessage():
                self.own_ids[view.id] = view.text
            case v.Sent() | v.Delivered():
                self.told[self.own_ids[view.id]].append(view)
            case v.Undelivered():
                self.told[view.text].append(view)
            case v.Rejected():
                self.told[_text_of(view.line)].append(view)


def _text_of(line: str) -> str:
    """What was to be said by a line of `type`."""
    return line.split(" ", 1)[1] if line.startswith("@") else line.split("/", 1)[1]


def _brief(view: v.View) -> str:
    """In the words of a dialogue: who, what, and the first 8 digits of a message's id."""
    match view:
        case v.Message():
            return f"{view.from_name}: {view.text[:24]}"
        case v.Sent():
            return f"sent: {view.id[:8]}"
        case v.Delivered():
            return f"delivered {view.delivered} of {view.total}: {view.id[:8]}"
        case v.OwnMessage():
            return f"its own to {view.to}: {view.text[:24]} ({view.id[:8]})"
        case v.Undelivered():
            return f"undelivered: {view.text[:24]} ({view.id[:8]}): {view.reason}"
        case v.Rejected():
            return f"not sent: {view.line[:40]}: {view.reason}"
        case v.Connected():
            return f"connected as {view.name} at {view.address}, {view.clients} there"
        case v.Roster():
            people = ", ".join(f"{one.name} {one.address}" for one in view.entries)
            return f"who is there: {people or 'nobody'}"
        case v.Joined() | v.Left():
            verb = type(view).__name__.lower()
            return f"{view.name} {view.address} {verb}, {view.clients} there"
        case v.Reconnecting():
            return f"{view.reason}: trying again in {view.seconds} s"
        case v.System() | v.Warned():
            return view.text
        case _:
            return repr(view)[:110]
