"""SIGKILL at random points of an upload; what is opened twice for it is counted.

Points fall by bytes stored, which are acknowledged in the pass that stores them. The seed is
printed; `KILLS_SEED` repeats it.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import EXECUTABLE, Process, Site, until
from tests.support.transcript import ENTRY

SIZE = 200_000  # bytes
CHUNKS = -(-SIZE // 256)
WINDOW = 64  # chunks
PATIENCE = 60.0
FLAWED = [sys.executable, "-m", "tests.support.flawed_child"]

QUICK = pytest.param(1, 0, marks=pytest.mark.slow, id="quick")
LONG = pytest.param(20, 15, marks=[pytest.mark.long, pytest.mark.timeout(1200)], id="long")
FAMILIES = pytest.mark.parametrize(("points", "in_between"), [QUICK, LONG])


@dataclass
class Scene:
    """A server whose workers note what they open, and alice, whose uploads are hit."""

    site: Site
    dice: random.Random
    server: Process = field(init=False)
    name: str = ""
    between: int = 0
    twice: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.person("alice")
        self.serve("0")

    @property
    def opened_file(self) -> Path:
        return self.site.root / "opened"

    @property
    def port(self) -> str:
        return self.site.address.rsplit(":", 1)[1]

    def serve(self, port: str) -> None:
        words = ("--window", str(WINDOW), "--workers", "2")
        noting = {"OPENED_FILE": str(self.opened_file), "PYTHONPATH": str(ENTRY.parent)}
        options: dict[str, Any] = {} if EXECUTABLE else {"env": noting, "program": FLAWED}
        self.server = self.site.serve(*words, port=port, **options)

    def upload(self) -> Process:
        return self.site.start("alice", "upload", self.name, "--server", self.site.address)

    def new_source(self, number: int) -> str:
        self.name = f"file{number}"
        (self.site.machine("alice") / self.name).write_bytes(self.dice.randbytes(SIZE))
        return self.name

    @property
    def target(self) -> Path:
        return self.site.machine("server") / "uploads" / "alice" / self.name

    def stored(self) -> int:
        """Bytes of the one upload under way; SIZE once it has its name."""
        for path in self.site.machine("server").glob("uploads/.parts/*/*.part"):
            with suppress(FileNotFoundError):
                return path.stat().st_size
        return SIZE if self.target.exists() else 0

    def wait_for_a_point(self) -> None:
        amount = self.dice.randrange(1, SIZE)
        until(lambda: self.stored() >= amount, PATIENCE)

    def count_the_point(self) -> None:
        self.between += 0 < self.stored() < SIZE

    def check(self) -> None:
        """The file is whole; nothing else stays; no more than a window was opened twice."""
        source = self.site.machine("alice") / self.name
        assert self.target.read_bytes() == source.read_bytes()
        assert not list(self.site.machine("server").glob("uploads/.parts/*/*.part"))
        assert not list((self.site.machine("alice") / "keys" / "transfers").iterdir())
        if not EXECUTABLE:
            opened = opened_chunks(self.opened_file)
            assert set(opened) == set(range(CHUNKS))
            self.twice.append(sum(opened.values()) - CHUNKS)
            assert self.twice[-1] <= WINDOW
            self.opened_file.unlink()


def opened_chunks(file: Path) -> Counter[int]:
    """How often each chunk was begun to be opened, all of one transfer."""
    opened: Counter[int] = Counter()
    transfers = set()
    for line in file.read_text().splitlines():
        transfer, first, count = line.split()
        transfers.add(transfer)
        opened.update(range(int(first), int(first) + int(count)))
    assert len(transfers) == 1
    return opened


Hit = Callable[[Scene, Process], Process]
"""Kills something of an upload under way; returns the sender that is to end well."""


def hit_client(scene: Scene, sender: Process) -> Process:
    children = sender.children()
    sender.signal(signal.SIGKILL)
    assert sender.wait() == -signal.SIGKILL
    scene.count_the_point()
    until(lambda: not any(map(is_running, children)))
    return scene.upload()


def hit_server(scene: Scene, sender: Process) -> Process:
    """Now the sender tries again by itself, now the same command is given again."""
    children = scene.server.children()
    scene.server.signal(signal.SIGKILL)
    scene.server.wait()
    scene.count_the_point()
    until(lambda: not any(map(is_running, children)))
    if again := scene.dice.random() < 0.5:
        sender.signal(signal.SIGTERM)
        sender.wait()
    scene.serve(scene.port)
    return scene.upload() if again else sender


def hit_servers_worker(scene: Scene, sender: Process) -> Process:
    """One that holds a batch: it is stopped first, and then the file grows no more."""
    victims = scene.server.workers()
    victim = scene.dice.choice(victims)
    os.kill(victim, signal.SIGSTOP)
    others = [pid for pid in victims if pid != victim]
    until(lambda: stands_still(scene, others), PATIENCE)
    scene.count_the_point()
    with suppress(ProcessLookupError):  # its watchdog was faster
        os.kill(victim, signal.SIGKILL)
    return sender


def hit_senders_worker(scene: Scene, sender: Process) -> Process:
    for victim in sender.workers():
        os.kill(victim, signal.SIGKILL)
    scene.count_the_point()
    return sender


def stands_still(scene: Scene, others: list[int]) -> bool:
    """Nothing is stored and no other worker computes, for a while."""
    before = scene.stored(), [processor_time(pid) for pid in others]
    time.sleep(0.1)
    return before == (scene.stored(), [processor_time(pid) for pid in others])


def processor_time(pid: int) -> tuple[str, ...]:
    """State and ticks; a process that waits for a processor is no sleeping one."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return ("runs", str(time.monotonic())) if fields[0] == "R" else tuple(fields[11:13])


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@pytest.mark.parametrize("hit", [hit_client, hit_server, hit_servers_worker, hit_senders_worker])
@FAMILIES
def test_killed_at_random_points(site: Site, hit: Hit, points: int, in_between: int) -> None:
    seed = int(os.environ.get("KILLS_SEED") or random.randrange(1 << 32))
    print(f"KILLS_SEED={seed}")
    scene = Scene(site, random.Random(seed))
    for number in range(points):
        scene.new_source(number)
        sender = scene.upload()
        scene.wait_for_a_point()
        last = hit(scene, sender)
        assert last.wait(PATIENCE) == 0, last.errors
        scene.check()
    print(f"{scene.between} of {points} between the first and the last acknowledgement")
    print(f"chunks opened twice: {scene.twice}, the window is {WINDOW}")
    assert scene.between >= in_between
