"""Two clients that know each other, as far as their end-to-end halves go; time is moved by hand."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count

from benchmarks.clients import wall_ms
from benchmarks.scratch import read_key
from rsachat.client.people import KnownPerson, People
from rsachat.crypto.kem import HybridKem
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ChatContext, ProcessMemory
from rsachat.protocol.chat_events import Output, Recipient
from rsachat.protocol.end_to_end import EndToEnd

SERVER_FP = bytes(32)


class Known:
    """A PinStore of people that were verified before."""

    def __init__(self, people: Iterable[KnownPerson]) -> None:
        self._people = tuple(people)

    def people(self, server_fp: bytes) -> tuple[KnownPerson, ...]:
        return self._people

    def pin(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        raise AssertionError("everybody is pinned")

    verify = pin

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        return told


class Acquainted:
    """Alice writes to Bob. What the server would do is `begin`'s and the caller's."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ambient = Ambient(lambda: self.now, wall_ms, os.urandom, HybridKem())
        names = ("alice", "bob")
        pins = Known(KnownPerson(name, read_key(name).public.fingerprint, True) for name in names)
        self._pins = pins
        self.alice, self.bob = (self._end(name) for name in names)
        self._alice_fp, bob_fp = (person.fp for person in pins.people(b""))
        self.to_bob = Recipient(_session("bob"), "bob", bob_fp)
        self.alice.start()
        (put,) = self.bob.start()
        assert isinstance(put, m.PrekeyPut)
        self._bundle = put.bundle

    def _end(self, name: str) -> EndToEnd:
        people, memory = People(self._pins, SERVER_FP), ProcessMemory(os.urandom)
        context = ChatContext(
            read_key(name), name, SERVER_FP, _session(name), people, memory, self.ambient
        )
        return EndToEnd(context, count(1).__next__)

    def write(self, text: str) -> list[Output]:
        """Alice writes to Bob."""
        return self.alice.write(self.to_bob, os.urandom(16), text)

    def begin(self) -> list[Output]:
        """A new session with a first text in it: what Bob is told."""
        (ask,) = self.write("hello")
        assert isinstance(ask, m.PrekeyGet)
        told: list[Output] = []
        for message in self.alice.receive(m.Prekey(ask.ref, self._bundle)):
            assert isinstance(message, m.ChatSend)
            told += self.bob.receive(self.to_deliver("alice", message))
        return told

    def to_deliver(self, sender: str, message: m.ChatSend) -> m.ChatDeliver:
        fp = self._alice_fp if sender == "alice" else self.to_bob.fp
        return m.ChatDeliver(_session(sender), fp, message.env)

    def forget(self) -> None:
        """Each is told that the other has left, and some time passes."""
        self.alice.left(_session("bob"))
        self.bob.left(_session("alice"))
        self.now += PAUSE


PAUSE = 20.0  # seconds between two sessions: they come no faster than is allowed


def _session(name: str) -> bytes:
    return name.encode().ljust(8)
