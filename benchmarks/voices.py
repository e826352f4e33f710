"""Two ends of a relay that talk to each other: what one says, and what shows that it was heard.

Everything is sealed beforehand and nothing is opened while the clock runs, so that the relay
alone is measured. Used for the program and for every peer alike.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain

from benchmarks.flood import RECEIVE_BYTES, flood
from benchmarks.scratch import cpu_seconds

Say = Callable[[int, int], bytes]
Heard = Callable[[int], Callable[[bytes], bool]]


@dataclass(frozen=True, slots=True)
class Voice:
    """One end. `say(n, m)` gives the bytes of n messages to the other, m of them in a record;
    `heard(n)` takes what arrives here and tells when n messages of the other are there.
    """

    sock: socket.socket
    say: Say
    heard: Heard


Pair = tuple[Voice, Voice]


class Missing(Exception):
    """A peer is not here; the text says what would have to be installed."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A running one: its process, what makes new pairs on it, and how many messages a sender of
    a flood has to say for it to last a second or two.
    """

    pid: int
    pairs: Callable[[int], AbstractContextManager[Sequence[Pair]]]
    flood: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second, and the process's CPU seconds for one."""

    rate: float
    cpu: float


def flooded(relay: Relay, pairs: int, a_record: int, messages: int = 0) -> Pace:
    """Each pair's first end says so many messages (the relay's own number if 0) at once."""
    messages = messages or relay.flood
    with relay.pairs(pairs) as voices:
        senders = [(near.sock, near.say(messages, a_record)) for near, _ in voices]
        receivers = [(far.sock, far.heard(messages)) for _, far in voices]
        before = cpu_seconds(relay.pid)
        taken = flood(senders, receivers)
        spent = cpu_seconds(relay.pid) - before
    return Pace(messages * pairs / taken, spent / (messages * pairs))


@dataclass(frozen=True, slots=True)
class Talk:
    """Seconds from a message's first byte sent to its last received; CPU seconds for one."""

    latencies: Sequence[float]
    cpu: float


def talked(relay: Relay, turns: int) -> Talk:
    """One pair, a message to and one fro, each said when the other's was heard."""
    with relay.pairs(1) as ((near, far),):
        for voice in (near, far):
            voice.sock.setblocking(True)
            voice.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = [(near.say(1, 1), far.say(1, 1)) for _ in range(turns)]
        before = cpu_seconds(relay.pid)
        took = chain.from_iterable(
            (_turn(near, far, there), _turn(far, near, back)) for there, back in said
        )
        latencies = tuple(took)
        spent = cpu_seconds(relay.pid) - before
    return Talk(latencies, spent / (2 * turns))


def _turn(speaker: Voice, listener: Voice, message: bytes) -> float:
    heard = listener.heard(1)
    began = time.perf_counter()
    speaker.sock.sendall(message)
    while not heard(listener.sock.recv(RECEIVE_BYTES)):
        pass
    return time.perf_counter() - began
