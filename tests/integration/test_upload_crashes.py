"""Uploads whose connection, disk or source fails them; killed processes are test_upload_kills's.

In the end the bytes are equal, or an error says why; nothing half done is ever in sight.
"""

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Process, Site, until
from tests.support.proxy import Proxy, byte_by_byte, cut_after, delayed

SIZE = 200_000  # bytes: 782 chunks
PATIENCE = 90.0


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
    server.signal_all(signal.SIGSTOP)  # a quick one would be done before the disk is full
    fill(small_disk / ".others")
    server.signal_all(signal.SIGCONT)
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
