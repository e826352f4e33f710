"""A server, its clients, and all that may happen to them, from one seed.

The programs are the real ones from their shells inward. `run` lets a story happen, then calm
returns, and everything that waits must find its end.
"""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from rsachat.client import views as v
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.manifest import decode_manifest
from rsachat.protocol.transfer import Mode
from rsachat.runtime import client_shell, upload_shell
from tests.simulation.chatter import Chatter, Said
from tests.simulation.home import Home
from tests.simulation.insider import CHAT_DEEDS, UPLOAD_DEEDS, InsiderChat, InsiderUpload
from tests.simulation.insider import NAME as INSIDER
from tests.simulation.machine import Machine, SimConnector
from tests.simulation.network import Network
from tests.simulation.site import PEOPLE, Site
from tests.simulation.stand_ins import SeededKem
from tests.simulation.stranger import Stranger
from tests.simulation.timeline import Timeline
from tests.simulation.uploader import Uploader
from tests.simulation.workers import client_pool
from tests.support.hub import WALL_MS

MEMORY = "/dev/shm"  # where it is, folders come and go faster than on a disk
Moment = tuple[float, str, str]


@dataclass
class Watch:
    """A wall clock, which somebody may set."""

    timeline: Timeline
    offset_ms: int = 0

    def wall_ms(self) -> int:
        return WALL_MS + self.offset_ms + int((self.timeline.now - 1000.0) * 1000)


@dataclass
class World:
    """Everything of one seed. `folder` is for all disks."""

    seed: int
    folder: Path
    faults: Counter[str] = field(default_factory=Counter)
    dialogue: list[Moment] = field(default_factory=list)
    chatters: list[Chatter] = field(default_factory=list)
    uploaders: list[Uploader] = field(default_factory=list)
    strangers: int = 0
    said: dict[str, Said] = field(default_factory=dict)
    addresses: dict[str, Chatter] = field(default_factory=dict)
    steps: int = 0
    calm: bool = False
    look_at: float = 0.0
    rest_since: float | None = None
    """Since when nothing waits, and when that is looked at again."""

    def __post_init__(self) -> None:
        self.insider = INSIDER if self.seed % 3 == 2 else ""
        """Who means harm, in every third world."""
        self.timeline = Timeline()
        self.dice = random.Random(f"{self.seed} story")
        self.net = Network(self.timeline, random.Random(f"{self.seed} network"), self.faults)
        self.clocks = {name: Watch(self.timeline) for name in ("server", *PEOPLE)}
        self.homes = {name: self._home(name) for name in PEOPLE}
        self._labels: Counter[str] = Counter()
        dice = random.Random(f"{self.seed} server")
        self.site = Site(self, self.folder / "server", self._ambient("server", dice), dice)

    # what the parts of a world tell it

    def say(self, who: str, what: str) -> None:
        self.dialogue.append((self.timeline.now - 1000.0, who, what))

    def stepped(self) -> None:
        self.steps += 1

    def died(self, machine: Machine) -> None:
        """In the middle of work on its disk."""
        process = next((p for p in self.people if p.machine is machine), None)
        self.say(machine.name, "is in the middle of a write")
        if process is not None and process.home.goes_dark:
            self.faults["power cut in a write at home"] += 1
            self.lose_power_at(process.home)
        elif process is not None:
            self.faults["crash in a write at home"] += 1
            self.kill(process)
        else:
            self.faults["crash in a write"] += 1
            self.say("server", "is killed")
            self.site.crash()
            self.restart_soon()

    # what happens

    def chat(self, name: str) -> Chatter:
        """Somebody begins to chat."""
        self.rest_since = None
        self._labels[name] += 1
        label = f"{name}-{self._labels[name]}"
        ambient = self._ambient(name, random.Random(f"{self.seed} {label}"))
        kind = InsiderChat if name == self.insider else Chatter
        chatter = kind(self, label, self.homes[name], ambient, lambda: self._return(name))
        self.chatters.append(chatter)
        chatter.machine.wake(self.timeline.now)
        return chatter

    def type(self, chatter: Chatter, to: str, filler: str = "") -> None:
        """A line that nobody else types, to a name or an address."""
        text = f"{chatter.label} #{len(chatter.said)}{filler}"
        self.say(chatter.label, f"types to {to}: {text[:24]}")
        chatter.type(to, text)
        self.said[text] = chatter.said[-1]

    def upload(self, name: str, data: bytes, mode: Mode) -> Uploader:
        """Somebody wants a file delivered."""
        number = len(self.uploaders) + 1
        label = f"{name}-up{number}"
        source = self.folder / f"file{number}.bin"
        source.write_bytes(data)
        ambient = self._ambient(name, random.Random(f"{self.seed} {label}"))
        kind = InsiderUpload if name == self.insider else Uploader
        made = kind(self, label, self.homes[name], source, mode, ambient)
        self.uploaders.append(made)
        return made

    def provoke(self) -> None:
        """A stranger comes."""
        if self.net.listener is not None:
            self.strangers += 1
            Stranger(self, self.dice, self._stranger_gone).attack()

    def kill(self, process: Chatter | Uploader) -> None:
        """The process ends without a word; the person starts another."""
        self.say(process.label, "is killed")
        if isinstance(process, Uploader):
            process.kill()
        else:
            process.machine.die()
            self._start_anew(process)

    def lose_power_at(self, home: Home) -> None:
        """A person's machine goes dark, with all that runs there."""
        self.say(home.name, "has no power at home")
        for uploader in self.uploaders:
            if uploader.home is home and uploader.running:
                uploader.lose_power()
        for chatter in self.chatters:
            if chatter.home is home and not chatter.machine.dead:
                chatter.machine.lose_power()
                self._start_anew(chatter)
        home.drive.lose_power()

    def harm(self, kind: str, dice: random.Random) -> None:
        """An insider does something of this kind, if there is one that can."""
        honest = [u for u in self.uploaders if u.running and u.name != self.insider]
        others = [u.kept.saved for u in honest if u.kept.saved is not None]
        for process in self.people:
            if process.machine.dead:
                continue
            if isinstance(process, InsiderChat) and kind in CHAT_DEEDS:
                process.do(kind, dice)
            elif isinstance(process, InsiderUpload) and kind in UPLOAD_DEEDS:
                process.do(kind, dice, [decode_manifest(saved.manifest) for saved in others])

    def restart_soon(self) -> None:
        self.timeline.after(0.2 + self.dice.random() * 3, self.restart)

    def restart(self) -> None:
        """Start the server, once it is down: one that was told to stop may take its time."""
        if not self.site.up:
            self.site.start()
        elif self.site.stopping:
            self.timeline.after(1.0, self.restart)

    def clear(self) -> None:
        """The faults stop."""
        self.calm, self.net.hurting = True, False
        self.say("the world", "is calm from now on")
        self.site.drive.die_in = None
        self.site.workers.doomed = 0
        for home in self.homes.values():
            home.drive.die_in = None
        for pair in self.net.live():
            for end in pair:
                self.net.stall(end, 0.0)
        for uploader in self.uploaders:
            if uploader.name == self.insider:
                uploader.give_up()
        self.restart()

    # what is there to see

    def fresh(self) -> Iterator[tuple[Chatter, v.View]]:
        """What was shown since the last look, by whom."""
        for chatter in self.chatters:
            if chatter.new:
                shown, chatter.new = chatter.new, []
                for view in shown:
                    if isinstance(view, v.Connected):
                        self.addresses[view.address] = chatter
                    yield chatter, view

    def waiting(self) -> str:
        """Something that is not at rest yet, "" if all is."""
        for chatter in self.chatters:
            if not chatter.at_rest:
                return f"{chatter.label} has {chatter.run.unfinished} texts without an end"
        for uploader in self.uploaders:
            if uploader.running or (uploader.wanted and not uploader.done):
                return f"{uploader.label} is not done: {uploader.failures[-3:]}"
        conns = [f"{c.address} {c.phase.name}" for c in self.site.core._conns.values()]
        if not self.site.up or len(conns) != self.connected:
            return f"{self.connected} clients are connected, the server has {conns}"
        if not self.site.workers.idle:
            return "a worker of the server is not done"
        return "a stranger is there" if self.strangers else self.net.unnoticed()

    @property
    def people(self) -> list[Chatter | Uploader]:
        """All processes of theirs that there have been."""
        return [*self.chatters, *self.uploaders]

    @property
    def connected(self) -> int:
        return sum(chatter.is_there for chatter in self.chatters)

    def _return(self, name: str) -> None:
        """Whose chat was ended begins another."""
        if not self.calm:
            self.timeline.after(1 + self.dice.random() * 4, lambda: self.chat(name))

    def _start_anew(self, chatter: Chatter) -> None:
        self.timeline.after(self.dice.random() * 5, lambda: self.chat(chatter.name))

    def _stranger_gone(self) -> None:
        self.strangers -= 1

    def _home(self, name: str) -> Home:
        dice = random.Random(f"{self.seed} {name} at home")
        return Home(name, self.folder / name, dice, self.clocks[name].wall_ms)

    def _ambient(self, clock: str, dice: random.Random) -> Ambient:
        wall_ms = self.clocks[clock].wall_ms
        return Ambient(self.timeline.clock, wall_ms, dice.randbytes, SeededKem(dice.randbytes))


@contextmanager
def made_up_world(seed: int) -> Iterator[World]:
    """A world with a folder for its time; connections of this process lead into it."""
    quick = MEMORY if os.path.isdir(MEMORY) else None
    with (
        patch.object(client_shell, "Connector", SimConnector),
        patch.object(upload_shell, "WorkerPool", client_pool),
        tempfile.TemporaryDirectory(prefix="rsachat-simulation-", dir=quick) as folder,
    ):
        world = World(seed, Path(folder))
        try:
            yield world
        finally:
            world.site.store.close()
            for uploader in world.uploaders:
                uploader.end()
