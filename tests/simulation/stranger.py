"""Peers that are no client: they send what they like, or nothing, and do not answer."""

import random
from collections.abc import Callable

from rsachat.protocol.frames import PREAMBLE
from tests.simulation.machine import Host
from tests.simulation.network import SimSocket

PATIENCE = 30.0


class Stranger:
    """One connection; whatever comes back is thrown away, or not even read."""

    def __init__(self, host: Host, dice: random.Random, ended: Callable[[], object]) -> None:
        self._host = host
        self._dice = dice
        self._ended = ended
        self._deaf = dice.random() < 0.3
        self._sock: SimSocket | None = None

    def attack(self) -> None:
        listener = self._host.net.listener
        assert listener is not None, "strangers come to a server that is up"
        self._sock, address = listener(self)
        name, words = self._words()
        self._host.say("stranger", f"at {address} sends {name}, {len(words)} bytes")
        if words:
            self._sock.send(words)
        self._host.net.faults["hostile frames"] += 1
        self._host.net.timeline.after(self._dice.random() * PATIENCE, self._leave)

    def wake(self, at: float) -> None:
        """Something came."""
        if self._sock is not None and not self._deaf:
            self._sock.inbox.clear()

    def _leave(self) -> None:
        assert self._sock is not None
        if not self._sock.broken:
            self._sock.close()
        self._ended()

    def _words(self) -> tuple[str, bytes]:
        """What it says, with a name for it."""
        dice, heard = self._dice, self._host.net.first_words
        flipped = bytearray(heard)
        if flipped:
            flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        return dice.choice(
            (
                ("nothing", b""),
                ("noise", dice.randbytes(dice.randrange(1, 9000))),
                ("a long frame", PREAMBLE + b"\xff\xff\xff\xff" + dice.randbytes(500)),
                ("a frame of noise", PREAMBLE + b"\0\0\x09\0" + dice.randbytes(0x900)),
                ("a hello that was heard", heard),
                ("a hello changed by a bit", bytes(flipped)),
                ("half a hello", heard[: len(heard) // 2]),
                ("a hello and noise", heard + dice.randbytes(2000)),
                ("another protocol", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            )
        )
