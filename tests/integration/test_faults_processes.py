"""S26, S28: stopped and killed processes, suspended ones, and a server without descriptors.

Most take long; `tests/runtime/test_workers.py` has the same of the pool alone.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.integration.test_strangers import PATIENCE, healthy, knock
from tests.support.program import EXECUTABLE, Process, Site, until

LONGEST = 60.0  # seconds; the watchdog needs six, on a quiet machine
DEAD_AFTER = 90.0  # seconds without a word from a client (SessionLimits.dead_after)
DESCRIPTORS = 6  # that are left to a server that soon has none
Pair = tuple[Process, Process]


@pytest.fixture
def pair(site: Site) -> Pair:
    for name in ("alice", "bob"):
        site.person(name)
    site.serve("--workers", "1")
    return site.client("alice"), site.client("bob", "--reconnect")


def inner(process: Process) -> int:
    """The process with the sockets: in the executable a bootloader stands before it."""
    return process.children()[0] if EXECUTABLE else process.pid


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def upload(site: Site, size: int) -> Process:
    (site.machine("alice") / "data").write_bytes(os.urandom(size))
    return site.start("alice", "upload", "data", "--server", site.address)


@pytest.mark.long
def test_a_stopped_worker_is_replaced_before_a_login_times_out(site: Site) -> None:
    """It is the only one: the login waits for the watchdog, and gets in."""
    site.person("alice")
    server = site.serve("--workers", "1")
    site.client("alice")
    (victim,) = server.workers()
    os.kill(victim, signal.SIGSTOP)
    began = time.monotonic()
    site.client("alice")
    assert time.monotonic() - began > 3  # it was really held up
    until(lambda: gone(victim))


@pytest.mark.long
@pytest.mark.parametrize("whose", ["server", "sender"])
def test_a_worker_stopped_in_an_upload_costs_some_seconds(site: Site, whose: str) -> None:
    site.person("alice")
    server = site.serve("--window", "16", "--workers", "1")
    sender = upload(site, 200_000)
    parts = site.machine("server") / "uploads" / ".parts"
    until(lambda: any(path.stat().st_size for path in parts.glob("*/*.part")))
    victim = (server if whose == "server" else sender).workers()[0]
    os.kill(victim, signal.SIGSTOP)
    assert sender.wait(LONGEST) == 0, sender.errors
    stored = site.machine("server") / "uploads" / "alice" / "data"
    assert stored.read_bytes() == (site.machine("alice") / "data").read_bytes()


@pytest.mark.long
def test_each_killed_process_costs_itself_alone(site: Site, pair: Pair) -> None:
    """A worker, a client, and the server, in the middle of a chat."""
    alice, bob = pair
    server = site.processes[0]
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    healthy(pair, "without a worker")
    third = site.client("alice")  # its handshake needs one
    third.kill()
    assert server.event("disconnected")["name"] == "alice"
    healthy(pair, "without the third")
    children = server.children()
    os.kill(inner(server), signal.SIGKILL)
    server.wait()
    until(lambda: all(map(gone, children)))
    assert alice.wait() == 3
    site.serve(port=site.address.rpartition(":")[2])
    bob.event("connected")
    healthy((site.client("alice"), bob), "with another server")


@pytest.mark.long
@pytest.mark.parametrize("who", ["client", "server"])
def test_a_short_suspension_only_delays(site: Site, pair: Pair, who: str) -> None:
    alice, bob = pair
    suspended = bob if who == "client" else site.processes[0]
    suspended.signal_all(signal.SIGSTOP)
    alice.write("@bob meanwhile")
    time.sleep(1.0)
    assert not any("meanwhile" in line for line in bob.stdout)
    suspended.signal_all(signal.SIGCONT)
    assert bob.event("message")["text"] == "meanwhile"
    alice.event("delivered")
    healthy(pair, "afterwards")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_client_that_was_suspended_for_long_comes_back(site: Site, pair: Pair) -> None:
    """The server gives it up; when it goes on it notices, connects anew and is reached."""
    alice, bob = pair
    server = site.processes[0]
    bob.signal_all(signal.SIGSTOP)
    assert server.event("disconnected", seconds=DEAD_AFTER * 1.5)["name"] == "bob"
    alice.write("@bob into the void")
    assert alice.event("undelivered", seconds=PATIENCE)
    bob.signal_all(signal.SIGCONT)
    bob.event("reconnecting")
    bob.event("connected")
    assert alice.event("joined")["name"] == "bob"  # a moment after its login
    healthy(pair, "afterwards")


def descriptors(process: Process) -> int:
    return len(os.listdir(f"/proc/{inner(process)}/fd"))


@contextmanager
def few_descriptors(server: Process) -> Iterator[int]:
    """So few more can be opened; yields how many there may be in all."""
    limits = resource.prlimit(inner(server), resource.RLIMIT_NOFILE)
    most = descriptors(server) + DESCRIPTORS
    resource.prlimit(inner(server), resource.RLIMIT_NOFILE, (most, limits[1]))
    try:
        yield most
    finally:
        resource.prlimit(inner(server), resource.RLIMIT_NOFILE, limits)


@pytest.mark.slow
def test_without_descriptors_who_is_there_stays_and_who_comes_waits(site: Site, pair: Pair) -> None:
    server = site.processes[0]
    with ExitStack() as strangers:
        with few_descriptors(server) as most:
            for _ in range(2 * DESCRIPTORS):
                strangers.enter_context(knock(site))
            until(lambda: descriptors(server) == most)
            waiting = strangers.enter_context(knock(site))
            waiting.settimeout(0.5)
            site.person("carol")  # the server looks at its keys, and cannot open them
            for number in range(10):
                healthy(pair, f"in a full house {number}")
                time.sleep(0.15)
            (site.machine("alice") / "a.txt").write_text("x")
            late = site.start("alice", "upload", "a.txt", "--server", site.address)
            with pytest.raises(TimeoutError):
                waiting.recv(1)
        strangers.close()
        assert late.wait() == 0, late.errors
    newcomer = site.client("carol")
    newcomer.write("quit")
    assert newcomer.wait() == 0
    healthy(pair, "afterwards")
    assert not any('"disconnected"' in line and '"bob"' in line for line in server.stdout)
    assert server.errors == ""
