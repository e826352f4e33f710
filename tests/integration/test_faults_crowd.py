"""S26: a crowd that idles, stops half-way or reads too little holds up nobody who is there."""

from __future__ import annotations

import statistics
import time

import pytest

from benchmarks.crowd import Crowd, crowd
from tests.integration.test_strangers import PATIENCE, healthy
from tests.support.program import Process, Site

BOUND = 0.1  # seconds that a healthy pair may be held up
STALL, STALLED = 30.0, "it takes no bytes"  # seconds, and what is said then

QUICK = pytest.param(Crowd(250, 50, 5, 10), 20, marks=pytest.mark.slow, id="quick")
LONG = pytest.param(
    Crowd(1000, 200, 50, 1000),
    200,
    marks=[pytest.mark.long, pytest.mark.timeout(600)],
    id="long",
)


@pytest.fixture
def pair(site: Site) -> tuple[Process, Process]:
    for name in ("alice", "bob", "carol"):
        site.person(name)
    site.serve("--sessions-per-key", "2000")
    return site.client("alice"), site.client("bob")


@pytest.mark.parametrize(("size", "messages"), [QUICK, LONG])
def test_a_crowd_holds_up_nobody(
    site: Site, pair: tuple[Process, Process], size: Crowd, messages: int
) -> None:
    """Whatever the server closes comes back at once; the slow readers stay."""
    quiet = statistics.median(healthy(pair, f"before {number}") for number in range(5))
    with crowd(int(site.address.rpartition(":")[2]), size) as left:
        times = sorted(healthy(pair, f"among them {number}") for number in range(messages))
        began = time.monotonic()
        newcomer = site.client("alice")
        assert time.monotonic() - began < 10
    newcomer.write("quit")
    assert newcomer.wait() == 0
    assert left["slow"] == size.slow
    assert left["opened"] > size.idle + size.half
    assert statistics.median(times) < quiet + BOUND
    assert times[messages * 99 // 100] < quiet + 10 * BOUND


@pytest.mark.long
@pytest.mark.timeout(300)
def test_who_takes_nothing_is_dropped_and_who_reads_slowly_stays(
    site: Site, pair: tuple[Process, Process]
) -> None:
    server = site.processes[0]
    size = Crowd(idle=0, half=0, stuck=20, slow=20)
    with crowd(int(site.address.rpartition(":")[2]), size) as left:
        for _ in range(size.stuck):
            ended = server.event("disconnected", seconds=STALL * 1.5)
            assert (ended["name"], ended["reason"]) == ("carol", STALLED)
        assert healthy(pair, "undisturbed") < PATIENCE
    assert left["slow"] == size.slow
    for _ in range(size.slow):
        assert server.event("disconnected")["reason"] != STALLED
