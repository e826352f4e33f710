"""Messages relayed a second in a flood, against a bare selectors relay.

Both get the same traffic: pairs of clients, each sender as fast as it is read, everything sealed
beforehand, so that the relay alone is measured. The receivers' bytes are opened afterwards, to
see that all of it was delivered.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_relay
from benchmarks.clients import Client, prekey
from benchmarks.flood import ByteCount, Receiver, RecordCount, Sender, flood
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import Bare, Server, bare_process, read_key, running_server
from rsachat.protocol.codec import encode
from rsachat.protocol.messages import ChatDeliver, ChatSend, Message, Ping, Pong

AIM = 0.05
ROUNDS = 3
BARE_MESSAGES = 100_000  # a sender, for the same time


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is relayed: so many messages of each pair's sender, `a_record` of them in a record.

    A sender's bytes stay under the server's burst for one connection.
    """

    pairs: int
    messages: int
    envelope: int
    a_record: int


TRAFFIC = Traffic(pairs=4, messages=20_000, envelope=256, a_record=32)


def run() -> list[Figure]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        port = stack.enter_context(running_bare_relay()).port
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
                lambda: relay_rate(server, TRAFFIC),
            )
        ]


def running_bare_relay() -> AbstractContextManager[Bare]:
    return bare_process("bare_relay")


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
        for _ in range(TRAFFIC.pairs):
            near, far = (
                stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(2)
            )
            BareRound.take_number()
            frame = bare_relay.frame(BareRound.take_number(), os.urandom(TRAFFIC.envelope))
            senders.append((near, frame * BARE_MESSAGES))
            receivers.append((far, ByteCount(len(frame) * BARE_MESSAGES)))
        return TRAFFIC.pairs * BARE_MESSAGES / flood(senders, receivers)


def relay_rate(server: Server, traffic: Traffic) -> float:
    """Messages a second of the server."""
    with talking_pairs(server, traffic) as (senders, counts):
        taken = flood(senders, [(count.client.sock, count) for count in counts])
        for count in counts:
            count.check()
        return traffic.pairs * traffic.messages / taken


@contextmanager
def talking_pairs(
    server: Server, traffic: Traffic
) -> Iterator[tuple[list[Sender], list[SealedCount]]]:
    """Logged-in pairs, with what each sender has to say and what counts it at its receiver."""
    with ready_clients(server, 2 * traffic.pairs) as clients:
        pairs = list(zip(clients[: traffic.pairs], clients[traffic.pairs :], strict=True))
        senders = [(near.sock, sealed_flood(near, far, traffic)) for near, far in pairs]
        yield senders, [SealedCount(far, traffic) for _, far in pairs]


@contextmanager
def ready_clients(server: Server, number: int) -> Iterator[list[Client]]:
    """Sessions of one person that have shown their prekeys and heard who is there."""
    key = read_key("alice")
    server_fp = server.identity.public.fingerprint
    bundle = prekey(key, "alice", server_fp)
    clients: list[Client] = []
    try:
        for _ in range(number):
            clients.append(Client(server.port, key, server_fp))
            clients[-1].say(bundle)
        for client in clients:
            settle(client)
        yield clients
    finally:
        for client in clients:
            client.cut()


def settle(client: Client) -> None:
    """Take all that the server has to say by now."""
    client.say(Ping(b"settled!"))
    while not any(isinstance(message, Pong) for message in client.messages):
        client.pull()


def sealed_flood(near: Client, far: Client, traffic: Traffic) -> bytes:
    """The records of a flood from one session to another."""
    assert far.welcome is not None
    to, envelope = far.welcome.session, os.urandom(traffic.envelope)
    for first in range(1, traffic.messages + 1, traffic.a_record):
        refs = range(first, min(first + traffic.a_record, traffic.messages + 1))
        near.link.send([encode(ChatSend(ref, to, envelope)) for ref in refs])
    return near.link.data_to_send()


class SealedCount(RecordCount):
    """Counts what a receiver is sent; its records are opened after the clock stops."""

    def __init__(self, client: Client, traffic: Traffic) -> None:
        delivered = encode(ChatDeliver(bytes(8), bytes(32), bytes(traffic.envelope)))
        super().__init__(traffic.messages * len(delivered))
        self.client = client
        self._expected = traffic.messages

    def check(self) -> None:
        messages: list[Message] = []
        for data in self.arrived:
            self.client.messages.clear()
            self.client.take(data)
            messages += self.client.messages
        delivered = sum(isinstance(message, ChatDeliver) for message in messages)
        assert delivered == self._expected, f"{delivered} of {self._expected} were delivered"
