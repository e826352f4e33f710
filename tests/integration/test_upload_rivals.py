"""Two uploads of one key that get in each other's way, sources that change, a disk that fails."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.keyfolder import put_pair, put_public
from tests.support.program import EXECUTABLE, Process, Site, until
from tests.support.transcript import ENTRY

SIZE = 150_000  # bytes
PATIENCE = 40.0
pytestmark = pytest.mark.slow


@pytest.fixture
def alice(site: Site) -> Path:
    site.person("alice")
    return site.machine("alice")


@pytest.fixture
def laptop(site: Site, alice: Path) -> Path:
    """Another machine with alice's key, that knows nothing of the first one's uploads."""
    put_pair(site.keys_of("laptop"), "alice", "alice")
    put_public(site.keys_of("laptop"), "server", "server")
    return site.machine("laptop")


def upload(site: Site, machine: str, *words: str) -> Process:
    return site.start(machine, "upload", *words, "--server", site.address)


def parts(site: Site) -> list[int]:
    """The sizes of the uploads under way."""
    found = site.machine("server").glob("uploads/.parts/*/*.part")
    return [path.stat().st_size for path in found if path.exists()]


def until_under_way(site: Site, uploads: int = 1) -> None:
    until(lambda: len(parts(site)) == uploads and min(parts(site)) > 5_000)


def stored(site: Site, name: str) -> bytes:
    return (site.machine("server") / "uploads" / "alice" / name).read_bytes()


def test_the_later_of_two_takes_the_upload_over(site: Site, alice: Path) -> None:
    data = os.urandom(4 * SIZE)  # long enough for the second to start on a busy machine
    (alice / "big").write_bytes(data)
    server = site.serve("--window", "32", "--workers", "1")
    first = upload(site, "alice", "big")
    until_under_way(site)
    second = upload(site, "alice", "big")
    assert first.wait(PATIENCE) == 1
    assert "another rsachat goes on with this upload" in first.errors
    assert second.wait(PATIENCE) == 0, second.errors
    assert server.event("upload-started")["done"] == 0
    assert server.event("upload-started")["done"] > 0
    assert stored(site, "big") == data
    assert parts(site) == []


def test_the_same_bytes_under_one_name_at_once(site: Site, alice: Path, laptop: Path) -> None:
    data = os.urandom(SIZE)
    for machine in (alice, laptop):
        (machine / "big").write_bytes(data)
    site.serve("--window", "32")
    both = [upload(site, machine, "big") for machine in ("alice", "laptop")]
    until_under_way(site, 2)
    for sender in both:
        assert sender.wait(PATIENCE) == 0, sender.errors
        assert "receipt signed by server" in sender.stdout[0]
    assert stored(site, "big") == data
    assert parts(site) == []


def test_other_bytes_under_one_name_at_once(site: Site, alice: Path, laptop: Path) -> None:
    datas = [os.urandom(SIZE), os.urandom(SIZE - 1)]
    for machine, data in zip((alice, laptop), datas, strict=True):
        (machine / "big").write_bytes(data)
    site.serve("--window", "32")
    both = [upload(site, machine, "big") for machine in ("alice", "laptop")]
    until_under_way(site, 2)
    codes = [sender.wait(PATIENCE) for sender in both]
    assert sorted(codes) == [0, 1]
    assert "another file has this name" in both[codes.index(1)].errors
    assert stored(site, "big") == datas[codes.index(0)]
    assert parts(site) == []


@pytest.mark.parametrize("edit", ["in place", "cut short", "longer", "another file"])
def test_a_source_edited_meanwhile_is_never_mixed(site: Site, alice: Path, edit: str) -> None:
    old, new = os.urandom(SIZE), os.urandom(SIZE)
    source = alice / "text"
    source.write_bytes(old)
    site.serve("--window", "32")
    sender = upload(site, "alice", "text")
    until_under_way(site)
    match edit:
        case "in place":
            with source.open("r+b") as file:
                file.write(new)
        case "cut short":
            os.truncate(source, SIZE // 2)
            new = old[: SIZE // 2]
        case "longer":
            with source.open("ab") as file:
                file.write(new)
            new = old + new
        case "another file":
            (alice / "new").write_bytes(new)
            (alice / "new").replace(source)
    assert sender.wait(PATIENCE) == 0, sender.errors
    assert stored(site, "text") in (old, new)
    if edit in ("in place", "cut short"):
        assert stored(site, "text") == new
        assert "starting anew" in sender.errors
    assert parts(site) == []
    assert not list((alice / "keys" / "transfers").iterdir())


@pytest.mark.skipif(EXECUTABLE is not None, reason="the executable's disk cannot be made to fail")
@pytest.mark.parametrize("call", ["pwrite", "fsync", "link"])
def test_a_disk_error_is_said_and_survived(site: Site, alice: Path, call: str) -> None:
    """In the middle, or when the whole file is to get its name; chat goes on meanwhile."""
    data = os.urandom(SIZE)
    (alice / "big").write_bytes(data)
    site.person("bob")
    failing = site.root / "failing"
    flaws = {"DISK_FILE": str(failing), "PYTHONPATH": str(ENTRY.parent)}
    program = [sys.executable, "-m", "tests.support.flawed_child"]
    server = site.serve("--window", "32", env=flaws, program=program)
    talker, listener = site.client("alice"), site.client("bob")
    sender = upload(site, "alice", "big")
    until_under_way(site)
    failing.write_text(call)
    assert sender.wait(PATIENCE) == 1
    assert "could not store it" in sender.errors
    assert "Input/output error" in server.event("upload-failed")["reason"]
    assert not (site.machine("server") / "uploads" / "alice" / "big").exists()
    talker.write("@bob still here")
    assert listener.event("message")["text"] == "still here"
    failing.unlink()
    again = upload(site, "alice", "big")
    assert again.wait(PATIENCE) == 0, again.errors
    assert server.event("upload-started")["done"] > 0
    assert stored(site, "big") == data
