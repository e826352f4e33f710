"""A server that is never left alone keeps its size: joins, leaves, messages and uploads for long.

`SOAK_SECONDS` is how long the long one lasts. Between two rounds everything comes to rest, and
then nothing may wait anywhere; after a quarter of the time nothing may grow any more.
"""

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import pytest

from benchmarks.clients import Client, prekey
from benchmarks.relay import settle
from benchmarks.scratch import read_key, resident_kib
from rsachat.protocol.messages import ChatDeliver, ChatSend
from tests.support.program import Process, Site, until

SECONDS = float(os.environ.get("SOAK_SECONDS") or 600)
PEOPLE = ("alice", "bob", "carol")
NEWCOMERS, MESSAGES = 6, 40  # of a round; each newcomer says so many
ENVELOPE = bytes(181)
UPLOAD_EVERY = 5.0  # seconds; a key may offer two files in a minute for ever
SIZES = {"": 24 * 256, "--envelope": 3 << 20}  # bytes of an upload, by its mode
MOST_GROWTH = 2048  # KiB
AT_REST = (
    "rsachat_handshakes_waiting",
    'rsachat_queued_bytes{kind="chat"}',
    'rsachat_queued_bytes{kind="other"}',
    "rsachat_backlog_bytes",
    "rsachat_uploads_active",
    "rsachat_workers_busy",
    "rsachat_jobs_waiting",
    'rsachat_connections_open{state="stranger"}',
    'rsachat_connections_open{state="upload"}',
)

CHATTING = 'rsachat_connections_open{state="chat"}'

LONG = [pytest.mark.long, pytest.mark.timeout(2 * SECONDS + 120)]
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at rest: descriptors, and KiB of its process and of its workers."""

    files: int
    own: int
    workers: int


class Soak:
    """One server and what happens to it."""

    def __init__(self, site: Site) -> None:
        for name in PEOPLE:
            site.person(name)
        self.site = site
        self.server = site.serve("--metrics", "127.0.0.1:0", "--workers", "2")
        self._metrics = self.server.event("metrics")["address"]
        self._port = int(site.address.rpartition(":")[2])
        self._server_fp = read_key("server").public.fingerprint
        self._bundles = {name: prekey(read_key(name), name, self._server_fp) for name in PEOPLE}
        self._numbers = count()
        self._uploaded = time.monotonic()
        self.joins = self.messages = self.uploads = 0

    def join(self, name: str) -> Client:
        client = Client(self._port, read_key(name), self._server_fp)
        client.say(self._bundles[name])
        settle(client)
        self.joins += 1
        return client

    def round(self, stays: Client) -> None:
        """Some come, talk with who stays, and leave, one way or the other; a file comes in."""
        newcomers = [self.join(PEOPLE[number % 3]) for number in range(NEWCOMERS)]
        for number, newcomer in enumerate(newcomers):
            self.talk(newcomer, stays)
            if number % 2:
                newcomer.link.close()
                newcomer.push()
            newcomer.cut()
        settle(stays)
        if time.monotonic() > self._uploaded + UPLOAD_EVERY:
            self._uploaded = time.monotonic()
            self.upload(next(self._numbers))

    def talk(self, near: Client, far: Client) -> None:
        """All that is said arrives."""
        assert far.welcome is not None
        far.messages.clear()
        near.say(*(ChatSend(n, far.welcome.session, ENVELOPE) for n in range(1, MESSAGES + 1)))
        while sum(isinstance(one, ChatDeliver) for one in far.messages) < MESSAGES:
            far.pull()
        self.messages += MESSAGES

    def upload(self, number: int) -> None:
        """By the real command; what is stored is taken away, so that the disk does not fill."""
        name, (mode, size) = PEOPLE[number % 3], list(SIZES.items())[number % 2]
        source = self.site.machine(name) / "source"
        source.write_bytes(os.urandom(size))
        words = ["upload", source.name, "--server", self.site.address, "--as", f"{number}"]
        with Process(source.parent, *words, *filter(None, [mode])) as sender:
            assert sender.wait() == 0, sender.errors
        stored = self.site.machine("server") / "uploads" / name / f"{number}"
        assert stored.read_bytes() == source.read_bytes()
        stored.unlink()
        self.uploads += 1

    def sample(self) -> Sample:
        """Once nothing waits any more. Raises AssertionError where something does."""
        until(lambda: not self._busy())
        files = len(list(Path(f"/proc/{self.server.pid}/fd").iterdir()))
        workers = sum(map(resident_kib, self.server.workers()))
        return Sample(files, resident_kib(self.server.pid), workers)

    def _busy(self) -> list[str]:
        """What is not at rest; the collector's own connection is over by then or counts as one."""
        with urllib.request.urlopen(f"http://{self._metrics}/metrics", timeout=20) as reply:
            lines = reply.read().decode().splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        left = [name for name in AT_REST if float(values[name])]
        return left if float(values[CHATTING]) == 1 else [*left, CHATTING]


@contextmanager
def staying(soak: Soak) -> Iterator[Client]:
    client = soak.join("carol")
    try:
        yield client
    finally:
        client.cut()


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(1.0, id="sample"),
        pytest.param(SECONDS, id="long", marks=LONG),
    ],
)
def test_nothing_grows_and_nothing_is_left_waiting(site: Site, seconds: float) -> None:
    soak = Soak(site)
    warm, end = (time.monotonic() + share * seconds for share in (0.25, 1.0))
    samples: list[Sample] = []
    with staying(soak) as stays:
        while time.monotonic() < end or len(samples) < 2:
            soak.round(stays)
            if time.monotonic() >= warm:
                samples.append(soak.sample())
    print(f"{soak.joins} joins, {soak.messages} messages, {soak.uploads} uploads")
    print(f"first {samples[0]}, last {samples[-1]}, of {len(samples)}")
    assert max(one.files for one in samples) <= samples[0].files + 1  # the collector's own
    third = max(1, len(samples) // 3)
    early, late = samples[:third], samples[-third:]
    assert median(s.own for s in late) - median(s.own for s in early) <= MOST_GROWTH
    assert median(s.workers for s in late) - median(s.workers for s in early) <= MOST_GROWTH
    assert not [line for line in soak.server.stdout if json.loads(line)["event"] == "warning"]
