"""How long a message of two healthy people takes while a hostile crowd holds on to the server.

1,000 idle, 200 half-open and 50 never-reading sockets, and 1,000 that read slowly; the pair was
connected before. The aim is S26's: not held up by more than 100 ms, in 99 of 100 messages.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clients import Client, prekey
from benchmarks.crowd import Crowd, crowd
from benchmarks.relay import settle
from benchmarks.report import Figure
from benchmarks.scratch import Server, read_key, running_server
from rsachat.protocol.messages import ChatDeliver, ChatSend, Message, Sent

AIM_MS = 100.0
CROWD = Crowd(idle=1000, half=200, stuck=50, slow=1000)
MESSAGES = 300
PAUSE = 0.02  # seconds between two messages
ENVELOPE = 256


def run() -> list[Figure]:
    with (
        TemporaryDirectory() as folder,
        running_server(Path(folder), "--sessions-per-key", "2000") as server,
    ):
        pair = Pair(server)
        quiet = pair.latency_ms(MESSAGES)
        with crowd(server.port, CROWD):
            held_up = pair.latency_ms(MESSAGES)
    return [
        Figure(
            "message beside a crowd, p99",
            f"{held_up:.1f} ms",
            f"{quiet:.1f} ms alone",
            held_up,
            AIM_MS,
            False,
        )
    ]


class Pair:
    """Two sessions of the healthy, logged in and listed."""

    def __init__(self, server: Server) -> None:
        key = read_key("alice")
        server_fp = server.identity.public.fingerprint
        bundle = prekey(key, "alice", server_fp)
        self.near, self.far = (Client(server.port, key, server_fp) for _ in range(2))
        for client in (self.near, self.far):
            client.say(bundle)
            settle(client)
        self._ref = 0

    def latency_ms(self, messages: int) -> float:
        """The 99th percentile of so many messages, from being sent to having arrived."""
        times = []
        for _ in range(messages):
            times.append(self._send_one() * 1000)
            time.sleep(PAUSE)
        return sorted(times)[messages * 99 // 100]

    def _send_one(self) -> float:
        self._ref += 1
        ref = self._ref
        assert self.far.welcome is not None
        began = time.perf_counter()
        self.near.say(ChatSend(ref, self.far.welcome.session, os.urandom(ENVELOPE)))
        _until(self.far, lambda message: isinstance(message, ChatDeliver))
        taken = time.perf_counter() - began
        _until(self.near, lambda message: isinstance(message, Sent) and message.ref >= ref)
        return taken


def _until(client: Client, wanted: Callable[[Message], bool]) -> None:
    while not any(map(wanted, client.messages)):
        client.pull()
    client.messages.clear()
