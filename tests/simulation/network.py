"""Sockets without a kernel: bytes take their time, arrive in pieces, or never.

A `SimSocket` has what `Stream` uses of a real one. Within a connection order is kept, as TCP
keeps it; between connections nothing is.
"""

import errno
import random
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.simulation.timeline import Timeline


class Owner(Protocol):
    """Whose socket it is: to be woken when something happens on it."""

    def wake(self, at: float) -> None: ...


@dataclass(eq=False)
class SimSocket:
    """One end. `capacity` bytes may be on the way to it or wait in it."""

    net: "Network"
    owner: Owner
    number: int
    capacity: int
    latency: float
    family: int = socket.AF_UNIX
    peer: "SimSocket | None" = None
    inbox: bytearray = field(default_factory=bytearray)
    coming: int = 0
    last_arrival: float = 0.0
    ended: bool = False
    broken: bool = False
    silent: bool = False
    closed: bool = False
    stalled_until: float = 0.0
    overheard: bool = False
    """Whether strangers know what it says first."""

    def setblocking(self, flag: bool) -> None:
        """Never blocks."""

    def fileno(self) -> int:
        return self.number

    def recv_into(self, buffer: memoryview) -> int:
        self._check()
        if self.net.timeline.now < self.stalled_until or not (self.inbox or self.ended):
            raise BlockingIOError
        count = min(len(buffer), self.net.portion(len(self.inbox)))
        buffer[:count] = self.inbox[:count]
        del self.inbox[:count]
        if count and self.peer is not None:
            self.peer.owner.wake(self.net.timeline.now + self.latency)
        return count

    def send(self, data: bytes | memoryview) -> int:
        self._check()
        room = self.room
        if not room:
            raise BlockingIOError
        piece = bytes(data[:room])
        self.net.carry(self, piece)
        return len(piece)

    def sendmsg(self, buffers: Sequence[bytes | memoryview]) -> int:
        return self.send(b"".join(buffers))

    def shutdown(self, _how: int) -> None:
        self._check()
        self.net.carry_end(self)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self.inbox and self.peer is not None and not self.silent:
            self.net.reset_later(self.peer)
        else:
            self.net.carry_end(self)

    @property
    def room(self) -> int:
        peer = self.peer
        if peer is None or peer.closed:
            return self.capacity
        return max(0, peer.capacity - peer.coming - len(peer.inbox))

    def readable(self) -> bool:
        if self.broken:
            return True
        return (bool(self.inbox) or self.ended) and self.net.timeline.now >= self.stalled_until

    def writable(self) -> bool:
        return self.broken or self.room > 0

    def _check(self) -> None:
        if self.broken:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


class Network:
    """Carries bytes between sockets by the throw of its dice."""

    def __init__(self, timeline: Timeline, dice: random.Random, faults: Counter[str]) -> None:
        self.timeline = timeline
        self.dice = dice
        self.faults = faults
        self.hurting = True
        """Whether delays and splits are worse than on a good network."""
        self.listener: Callable[[Owner], tuple[SimSocket, str]] | None = None
        """Connects somebody to the server that is up, if one is."""
        self.first_words = b""
        """What a client said first, for strangers to repeat."""
        self._number = 0
        self.pairs: list[tuple[SimSocket, SimSocket]] = []

    def pair(self, one: Owner, other: Owner) -> tuple[SimSocket, SimSocket]:
        """A connection; from `one`'s side and from `other`'s."""
        capacity = self.dice.choice((4096, 16_384, 65_536))
        latency = self.dice.choice((0.0002, 0.002, 0.03))
        ours, theirs = (
            SimSocket(self, owner, self._next(), capacity, latency) for owner in (one, other)
        )
        ours.peer, theirs.peer = theirs, ours
        self.pairs.append((ours, theirs))
        return ours, theirs

    def live(self) -> list[tuple[SimSocket, SimSocket]]:
        """Connections that both ends still hold."""
        self.pairs = [p for p in self.pairs if not (p[0].closed and p[1].closed)]
        return [p for p in self.pairs if not any(s.closed or s.broken or s.silent for s in p)]

    def unnoticed(self) -> str:
        """A connection whose silence an end has not found out yet, "" if there is none."""
        self.live()
        for pair in self.pairs:
            waits = [end for end in pair if not (end.closed or end.broken)]
            if waits and any(end.silent for end in pair):
                return f"connection {waits[0].number} is dead, and not known to be"
        return ""

    def portion(self, waiting: int) -> int:
        """How many of the bytes that wait one read takes."""
        if waiting > 1 and self.hurting and self.dice.random() < 0.1:
            self.faults["byte split"] += 1
            return self.dice.randrange(1, waiting)
        return waiting

    def carry(self, sender: SimSocket, data: bytes) -> None:
        to = sender.peer
        assert to is not None
        to.coming += len(data)
        if sender.overheard:
            self.first_words, sender.overheard = data, False
        if sender.silent:
            return
        for piece in self._pieces(data):
            self._arrive_later(to, piece, sender.latency)

    def carry_end(self, sender: SimSocket) -> None:
        if sender.peer is not None and not sender.silent:
            self._arrive_later(sender.peer, b"", sender.latency)

    def cut(self, pair: tuple[SimSocket, SimSocket]) -> None:
        """The connection breaks, at both ends at once; what was under way is lost."""
        for end in pair:
            self._reset(end)

    def reset_later(self, end: SimSocket) -> None:
        self.timeline.after(end.latency, lambda: self._reset(end))

    def silence(self, pair: tuple[SimSocket, SimSocket]) -> None:
        """From now on nothing passes, and neither end is told."""
        for end in pair:
            end.silent = True

    def stall(self, end: SimSocket, seconds: float) -> None:
        """What arrives there is not read for a while."""
        end.stalled_until = self.timeline.now + seconds
        end.owner.wake(end.stalled_until)

    def _pieces(self, data: bytes) -> list[bytes]:
        if len(data) < 2 or not self.hurting or self.dice.random() > 0.1:
            return [data]
        self.faults["byte split"] += 1
        at = self.dice.randrange(1, len(data))
        return [data[:at], data[at:]]

    def _arrive_later(self, to: SimSocket, piece: bytes, latency: float) -> None:
        delay = latency * (1 + self.dice.random())
        if self.hurting and self.dice.random() < 0.02:
            self.faults["delay"] += 1
            delay += self.dice.random() * 3
        to.last_arrival = max(to.last_arrival, self.timeline.now + delay)
        self.timeline.at(to.last_arrival, lambda: self._arrive(to, piece))

    def _arrive(self, to: SimSocket, piece: bytes) -> None:
        to.coming -= len(piece)
        if to.silent or to.broken:
            return
        if to.closed:
            if piece and to.peer is not None:  # nobody there any more
                self.reset_later(to.peer)
            return
        to.inbox += piece
        to.ended |= not piece
        to.owner.wake(self.timeline.now + (self.dice.random() * 0.005 if self.hurting else 0.0))

    def _reset(self, end: SimSocket) -> None:
        if not (end.broken or end.closed or end.silent):
            end.broken = True
            end.inbox.clear()
            end.owner.wake(self.timeline.now)

    def _next(self) -> int:
        self._number += 1
        return self._number
