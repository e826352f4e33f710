"""The server's CPU for a relayed message, against a bare relay with the same record cryptography.

Fifty pairs in a flood: each sender as fast as it is read, all of it sealed beforehand. Twice:
a message a record, as people write, and a record for many, as a program that floods packs them.
Counted is the time that the process with the sockets spends, in user code and in the kernel.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import bare_record_relay
from benchmarks.flood import RecordCount, flood
from benchmarks.relay import Traffic, talking_pairs
from benchmarks.report import Figure
from benchmarks.scratch import Server, bare_process, by_engine, cpu_seconds, running_server

ROUNDS = 3
ENVELOPE = 181  # bytes: a text of 70, sealed
EACH = Traffic(pairs=50, messages=1_500, envelope=ENVELOPE, a_record=1)
EACH_AIM = by_engine(1.6, 2.5)  # OpenSSL's AES costs so little that the rest weighs more
PACKED = Traffic(pairs=50, messages=3_000, envelope=ENVELOPE, a_record=32)
PACKED_AIM = 3.5  # of its cryptography almost nothing is left for a message


def run() -> list[Figure]:
    with (
        TemporaryDirectory() as folder,
        running_server(
            Path(folder), "--chat-rate", "1000000", "--sessions-per-key", "1000"
        ) as server,
    ):
        return [
            _figure("server cpu, a message a record", server, EACH, EACH_AIM),
            _figure("server cpu, packed by the sender", server, PACKED, PACKED_AIM),
        ]


def _figure(name: str, server: Server, traffic: Traffic, aim: float) -> Figure:
    rounds = [(bare_cpu(traffic), server_cpu(server, traffic)) for _ in range(ROUNDS)]
    return Figure(
        name,
        f"{median(cpu for _, cpu in rounds) * 1e6:.1f} µs/message",
        f"{median(bare for bare, _ in rounds) * 1e6:.1f} µs/message",
        median(cpu / bare for bare, cpu in rounds),
        aim,
        at_least=False,
    )


def server_cpu(server: Server, traffic: Traffic) -> float:
    """Seconds of the server's main process for a message."""
    with talking_pairs(server, traffic) as (senders, counts):
        before = cpu_seconds(server.pid)
        flood(senders, [(count.client.sock, count) for count in counts])
        spent = cpu_seconds(server.pid) - before
        for count in counts:
            count.check()
    return spent / (traffic.pairs * traffic.messages)


def bare_cpu(traffic: Traffic) -> float:
    """Seconds of a bare relay for a message; a new one each time: its clients count from 0."""
    with bare_process("bare_record_relay") as bare, ExitStack() as stack:
        socks = [
            stack.enter_context(socket.create_connection(("127.0.0.1", bare.port)))
            for _ in range(2 * traffic.pairs)
        ]
        near, far = socks[: traffic.pairs], socks[traffic.pairs :]
        senders = [
            (sock, bare_flood(number, traffic.pairs + number, traffic))
            for number, sock in enumerate(near)
        ]
        delivered = traffic.messages * (bare_record_relay.DELIVERED_HEAD + traffic.envelope)
        counts = [RecordCount(delivered) for _ in far]
        before = cpu_seconds(bare.pid)
        flood(senders, list(zip(far, counts, strict=True)))
        spent = cpu_seconds(bare.pid) - before
    return spent / (traffic.pairs * traffic.messages)


def bare_flood(number: int, to: int, traffic: Traffic) -> bytes:
    """The same flood in the bare relay's records."""
    records = bare_record_relay.Records(bare_record_relay.client_key(number))
    envelope = os.urandom(traffic.envelope)
    messages = [bare_record_relay.message(ref, to, envelope) for ref in range(traffic.messages)]
    starts = range(0, traffic.messages, traffic.a_record)
    return b"".join(records.seal(b"".join(messages[at : at + traffic.a_record])) for at in starts)
