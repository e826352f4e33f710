"""Memory that an idle client costs on the server, at a thousand of them."""

from __future__ import annotations

import selectors
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import Client, prekey
from benchmarks.report import Figure
from benchmarks.scratch import Server, read_key, running_server

AIM_KIB = 16.0
FIRST = 50  # clients that are there before the first look: what is loaded once is loaded
CLIENTS = 1000
QUIET = 1.5  # seconds without a byte from the server: all is said


def run() -> list[Figure]:
    with (
        TemporaryDirectory() as folder,
        running_server(Path(folder), "--sessions-per-key", "2000") as server,
    ):
        clients: list[Client] = []
        try:
            join(server, clients, FIRST)
            before = resident_kib(server.pid)
            join(server, clients, CLIENTS)
            each = (resident_kib(server.pid) - before) / CLIENTS
        finally:
            for client in clients:
                client.cut()
    return [Figure("idle client", f"{each:.1f} KiB", f"at {CLIENTS:,}", each, AIM_KIB, False)]


def join(server: Server, clients: list[Client], count: int) -> None:
    """Let so many more clients in, then read until nobody is told anything any more."""
    key = read_key("alice")
    server_fp = server.identity.public.fingerprint
    bundle = prekey(key, "alice", server_fp)
    for number in range(count):
        client = Client(server.port, key, server_fp)
        client.say(bundle)
        clients.append(client)
        if number % 50 == 0:
            drain(clients, 0.0)
    drain(clients, QUIET)


def drain(clients: Sequence[Client], quiet: float) -> None:
    """Read and drop until nothing has come for `quiet` seconds."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ, client)
        last = time.monotonic()
        while time.monotonic() - last <= quiet:
            for key, _ in selector.select(quiet):
                key.data.pull()
                key.data.messages.clear()
                last = time.monotonic()


def resident_kib(pid: int) -> int:
    """The resident memory of one process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)
