"""Uploads whose client, server, workers, connection, disk or source is hit at random moments.

In the end the bytes are equal, or an error says why; nothing half done is ever in sight.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Process, Site, until
from tests.support.proxy import Proxy, byte_by_byte, cut_after, delayed

SIZE = 200_000  # bytes: 782 chunks
POINTS = 20
IN_THE_MIDDLE = 15  # of the points, at least
PATIENCE = 90.0
LONG = pytest.mark.timeout(1800)


@pytest.fixture
def alice(site: Site) -> Path:
    site.person("alice")
    return site.machine("alice")


def start(site: Site, *words: str) -> Process:
    return site.start("alice", "upload", *words, "--server", site.address)


def stored(site: Site, name: str) -> Path:
    return site.machine("server") / "uploads" / "alice" / name


def part_size(site: Site) -> int:
    """Bytes of the one upload that is under way."""
    total = 0
    for path in site.machine("server").glob("uploads/.parts/*/*.part"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # it got its name meanwhile
            continue
    return total


class Points:
    """Random moments of uploads; counts how many fell between first and last acknowledgement."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._dice = random.Random(20)
        self.middle = 0

    def wait(self) -> None:
        """Until the next one: a random amount is stored, and a random moment has passed."""
        amount = self._dice.randrange(SIZE)
        until(lambda: part_size(self._site) >= amount, PATIENCE)
        time.sleep(self._dice.random() * 0.02)
        self.middle += 0 < part_size(self._site) < SIZE

    def check(self, whose: str) -> None:
        print(f"{whose}: {self.middle} of {POINTS} points between the acknowledgements")
        assert self.middle >= IN_THE_MIDDLE


def new_source(folder: Path, number: int) -> tuple[str, bytes]:
    name, data = f"file{number}", os.urandom(SIZE)
    (folder / name).write_bytes(data)
    return name, data


@pytest.mark.long
@LONG
def test_a_client_killed_at_random_points(site: Site, alice: Path) -> None:
    site.serve("--window", "64")
    points = Points(site)
    for number in range(POINTS):
        name, data = new_source(alice, number)
        first = start(site, name)
        points.wait()
        first.kill()
        reached = part_size(site)
        assert not stored(site, name).exists() or stored(site, name).read_bytes() == data
        again = start(site, name)
        assert again.wait(PATIENCE) == 0, again.errors
        assert stored(site, name).read_bytes() == data
        assert part_size(site) == 0
        assert reached % 256 == 0 or reached == SIZE
    points.check("client")


@pytest.mark.long
@LONG
def test_a_server_killed_at_random_points(site: Site, alice: Path) -> None:
    server = site.serve("--window", "64")
    port = site.address.rsplit(":", 1)[1]
    points = Points(site)
    for number in range(POINTS):
        name, data = new_source(alice, number)
        sender = start(site, name)
        points.wait()
        server.kill()
        reached = part_size(site)
        server = site.serve("--window", "64", port=port)
        assert sender.wait(PATIENCE) == 0, sender.errors
        assert stored(site, name).read_bytes() == data
        if 0 < reached < SIZE:
            assert server.event("upload-started")["done"] == reached // 256 * 256
    points.check("server")


@pytest.mark.long
@LONG
@pytest.mark.parametrize("whose", ["server", "sender"])
def test_a_worker_killed_at_random_points(site: Site, alice: Path, whose: str) -> None:
    server = site.serve("--window", "64")
    points, dice = Points(site), random.Random(7)
    for number in range(POINTS):
        name, data = new_source(alice, number)
        sender = start(site, name)
        points.wait()
        victims = workers(server if whose == "server" else sender)
        if victims:
            os.kill(dice.choice(victims), signal.SIGKILL)
        assert sender.wait(PATIENCE) == 0, sender.errors
        assert stored(site, name).read_bytes() == data
    points.check(f"{whose}'s worker")


def workers(process: Process) -> list[int]:
    """The children that compute, not multiprocessing's own helper."""
    found = []
    for pid in process.children():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in command:
            found.append(pid)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["chunks", "envelope"])
def test_a_connection_cut_again_and_again(site: Site, alice: Path, mode: str) -> None:
    size = 120_000 if mode == "chunks" else 3_000_000
    data = os.urandom(size)
    (alice / "data").write_bytes(data)
    site.serve("--window", "64")  # more than this cannot be lost with a connection
    dice = random.Random(3)
    options = [] if mode == "chunks" else ["--envelope"]
    with Proxy(site.address, cut_after(lambda: dice.randrange(size // 2, size))) as proxy:
        sender = site.start("alice", "upload", "data", "--server", proxy.address, *options)
        assert sender.wait(50) == 0, sender.errors
    assert proxy.connections >= 2
    assert stored(site, "data").read_bytes() == data


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["chunks", "envelope"])
def test_a_slow_and_a_crumbling_connection(site: Site, alice: Path, mode: str) -> None:
    """50 ms each way; and one byte at a time."""
    options = [] if mode == "chunks" else ["--envelope"]
    site.serve()
    for name, size, treat in (
        ("far", 40_000 if mode == "chunks" else 2_000_000, delayed(0.05)),
        ("crumbs", 3_000 if mode == "chunks" else 70_000, byte_by_byte),
    ):
        data = os.urandom(size)
        (alice / name).write_bytes(data)
        with Proxy(site.address, treat) as proxy:
            sender = site.start("alice", "upload", name, "--server", proxy.address, *options)
            assert sender.wait(25) == 0, sender.errors
        assert proxy.connections == 1
        assert stored(site, name).read_bytes() == data


@pytest.mark.slow
def test_a_source_edited_meanwhile_arrives_as_it_is_in_the_end(site: Site, alice: Path) -> None:
    source, edited = alice / "text", os.urandom(60_000)
    source.write_bytes(os.urandom(SIZE))
    site.serve("--window", "32")
    sender = start(site, "text")
    until(lambda: part_size(site) > 5_000)
    source.write_bytes(edited)
    assert sender.wait(40) == 0, sender.errors
    assert "changed while it was being sent: starting anew" in sender.errors
    assert stored(site, "text").read_bytes() == edited
    assert part_size(site) == 0


@pytest.fixture
def small_disk(site: Site) -> Iterator[Path]:
    """The server's uploads folder on a disk of its own, of 80 MiB."""
    place = site.machine("server") / "uploads"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    yield place
    site.clean_up()
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["chunks", "envelope"])
def test_a_disk_that_fills_up_is_said_on_both_sides(
    site: Site, alice: Path, small_disk: Path, mode: str
) -> None:
    """It is refused when it cannot fit; and an upload under way ends when the disk is full."""
    options = [] if mode == "chunks" else ["--envelope"]
    size = 400_000 if mode == "chunks" else 14 << 20
    server = site.serve()
    (alice / "over").write_bytes(bytes(17 << 20))
    refused = start(site, "over", *options)
    assert refused.wait() == 1
    assert "has no room for it" in refused.errors
    assert "free space" in server.event("upload-failed")["reason"]

    (alice / "data").write_bytes(os.urandom(size))
    sender = start(site, "data", *options)
    until(lambda: part_size(site) > 0)
    fill(small_disk / ".others")
    assert sender.wait() == 1
    assert "could not store it" in sender.errors
    assert "No space left" in server.event("upload-failed")["reason"]
    assert not stored(site, "data").exists()

    (small_disk / ".others").unlink()
    again = start(site, "data", *options)  # the server lives, and what was there is gone on with
    assert again.wait(40) == 0, again.errors
    assert stored(site, "data").read_bytes() == (alice / "data").read_bytes()


def fill(path: Path) -> None:
    """Take all the room of a disk."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return
