"""Setting up an end-to-end session, against the bare RSA and KEM operations of both clients.

The whole end-to-end half of each client, from a text to be written until the recipient has
accepted its INIT and read the text; the recipient's prekey is there, as after any login. Counted
is the CPU time of both clients together.
"""

from __future__ import annotations

from statistics import median
from time import thread_time

from benchmarks.acquainted import Acquainted
from benchmarks.bare_libraries import KemPair
from benchmarks.bare_libraries import read_key as read_bare_key
from benchmarks.report import Figure
from benchmarks.scratch import FIXED_KEYS
from rsachat.protocol.chat_events import TextReceived

AIM = 1.3
ROUNDS = 31


def run() -> list[Figure]:
    pair, bare = Acquainted(), BarePair()
    rounds = [(begin(pair), bare.begin()) for _ in range(ROUNDS)]
    return [
        Figure(
            "session",
            f"{median(ours for ours, _ in rounds) * 1e3:.2f} ms",
            f"{median(theirs for _, theirs in rounds) * 1e3:.2f} ms",
            median(ours / theirs for ours, theirs in rounds),
            AIM,
            at_least=False,
        )
    ]


def begin(pair: Acquainted) -> float:
    """Seconds of both for a new session and the text in it."""
    began = thread_time()
    told = pair.begin()
    took = thread_time() - began
    assert [type(output) for output in told] == [TextReceived], told
    pair.forget()
    return took


class BarePair:
    """RSA and the two key encapsulations, with both sides' keys and the bundle's signature."""

    def __init__(self) -> None:
        self._alice, self._bob = (
            read_bare_key((FIXED_KEYS / f"{name}-rsapvt.pem").read_bytes())
            for name in ("alice", "bob")
        )
        self._prekey = KemPair()
        self._bundle_sig = self._bob.sign(b"bundle")

    def begin(self) -> float:
        """Seconds of both: the first half is the sender's."""
        began = thread_time()
        self._bob.verify(b"bundle", self._bundle_sig)
        x, ct = self._prekey.encapsulate(*self._prekey.public)
        wrapped = self._bob.encrypt(b"label", bytes(32))
        sig = self._alice.sign(b"init")
        self._alice.verify(b"init", sig)
        self._prekey.decapsulate(x, ct)
        self._bob.decrypt(b"label", wrapped)
        return thread_time() - began
