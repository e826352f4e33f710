"""Messages relayed a second in a flood, against a bare selectors relay.

Both get the same traffic: pairs of clients, each sender as fast as it is read, everything sealed
beforehand, so that the relay alone is measured. The receivers' bytes are opened afterwards, to
see that all of it was delivered.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_relay
from benchmarks.clients import Client, prekey
from benchmarks.flood import Receiver, Sender, flood
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import ROOT, Server, environment, read_key, running_server
from rsachat.protocol.messages import ChatDeliver, ChatSend, Message, Ping, Pong, encode

AIM = 0.05
ROUNDS = 3
PAIRS = 4
ENVELOPE = 256  # bytes: a line of chat, sealed
MESSAGES = 20_000  # a sender; their bytes stay under the server's burst for one connection
BARE_MESSAGES = 100_000  # a sender, for the same time
A_RECORD = 32  # messages that a sender packs into one record
RECORD_HEAD, RECORD_TAG = 4, 16


def run() -> list[Figure]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        port = stack.enter_context(running_bare_relay())
        server = stack.enter_context(
            running_server(Path(folder), "--chat-rate", "1000000", "--sessions-per-key", "1000")
        )
        return [
            rate_figure(
                "relay",
                "messages/s",
                AIM,
                ROUNDS,
                lambda: bare_rate(port),
                lambda: relay_rate(server),
            )
        ]


@contextmanager
def running_bare_relay() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.bare_relay"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


class BareRound:
    """The clients of one round know their numbers: the relay counts in order of arrival."""

    next_number = 0

    @classmethod
    def take_number(cls) -> int:
        cls.next_number += 1
        return cls.next_number - 1


def bare_rate(port: int) -> float:
    """Messages a second of the bare relay."""
    senders: list[Sender] = []
    receivers: list[Receiver] = []
    with ExitStack() as stack:
        for _ in range(PAIRS):
            near, far = (
                stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(2)
            )
            BareRound.take_number()
            frame = bare_relay.frame(BareRound.take_number(), os.urandom(ENVELOPE))
            senders.append((near, frame * BARE_MESSAGES))
            receivers.append((far, ByteCount(len(frame) * BARE_MESSAGES)))
        return PAIRS * BARE_MESSAGES / flood(senders, receivers)


class ByteCount:
    """Called with what arrived; True once all of it is there."""

    def __init__(self, expected: int) -> None:
        self._missing = expected

    def __call__(self, data: bytes) -> bool:
        self._missing -= len(data)
        return self._missing <= 0


def relay_rate(server: Server) -> float:
    """Messages a second of the server."""
    key = read_key("alice")
    server_fp = server.identity.public.fingerprint
    bundle = prekey(key, "alice", server_fp)
    clients = [Client(server.port, key, server_fp) for _ in range(2 * PAIRS)]
    try:
        for client in clients:
            client.say(bundle)
        for client in clients:
            settle(client)
        pairs = list(zip(clients[:PAIRS], clients[PAIRS:], strict=True))
        senders = [(near.sock, sealed_flood(near, far)) for near, far in pairs]
        counts = [SealedCount(far) for _, far in pairs]
        taken = flood(senders, [(count.client.sock, count) for count in counts])
        for count in counts:
            count.check()
        return PAIRS * MESSAGES / taken
    finally:
        for client in clients:
            client.cut()


def settle(client: Client) -> None:
    """Take all that the server has to say by now."""
    client.say(Ping(b"settled!"))
    while not any(isinstance(message, Pong) for message in client.messages):
        client.pull()


def sealed_flood(near: Client, far: Client) -> bytes:
    """The records of a flood from one session to another."""
    assert far.welcome is not None
    to, envelope = far.welcome.session, os.urandom(ENVELOPE)
    for first in range(1, MESSAGES + 1, A_RECORD):
        refs = range(first, min(first + A_RECORD, MESSAGES + 1))
        near.link.send([encode(ChatSend(ref, to, envelope)) for ref in refs])
    return near.link.data_to_send()


class SealedCount:
    """Counts what a record holds by its length; the records are opened after the clock stops."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._arrived: list[bytes] = []
        self._rest = b""
        self._missing = MESSAGES * len(encode(ChatDeliver(bytes(8), bytes(32), bytes(ENVELOPE))))

    def __call__(self, data: bytes) -> bool:
        self._arrived.append(data)
        data = self._rest + data
        at = 0
        while at + RECORD_HEAD <= len(data):
            length = int.from_bytes(data[at : at + RECORD_HEAD], "big")
            if at + RECORD_HEAD + length > len(data):
                break
            self._missing -= length - RECORD_TAG
            at += RECORD_HEAD + length
        self._rest = data[at:]
        return self._missing <= 0

    def check(self) -> None:
        messages: list[Message] = []
        for data in self._arrived:
            self.client.messages.clear()
            self.client.take(data)
            messages += self.client.messages
        delivered = sum(isinstance(message, ChatDeliver) for message in messages)
        assert delivered == MESSAGES, f"{delivered} of {MESSAGES} messages were delivered"
