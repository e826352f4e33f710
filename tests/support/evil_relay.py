"""A relay that does to envelopes and bundles whatever a server could, by a seeded throw of dice.

It is set as the rule of a `Relayed` network; `counts` says how often it did what, so that a test
can show that every kind of fault took place.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from rsachat.protocol.chat_events import Sender
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.envelope import Kind, Receipt, Reset
from tests.support.peers import Hop, flip, with_env

FAULTS = (
    "drop",
    "duplicate",
    "delay",
    "swap",
    "flip",
    "cut",
    "replay",
    "redirect",
    "relabel",
    "reflect",
    "invent",
    "reset",
    "receipt",
)
BUNDLE_FAULTS = ("bundle_none", "bundle_other", "bundle_flip", "bundle_stale")


class Addressed(Protocol):
    @property
    def sender(self) -> Sender: ...
    @property
    def session(self) -> bytes: ...


class Relayed(Protocol):
    """A network whose relay does what it is told: of endpoints (`Net`) or of whole clients."""

    rule: Callable[[Hop], Iterable[Hop]]
    bundle_rule: Callable[[bytes], bytes | None]
    bundles: dict[bytes, bytes]
    all_bundles: list[tuple[bytes, bytes]]
    routed: list[Hop]
    refuse_with: dict[bytes, int]

    @property
    def peers(self) -> Mapping[bytes, Addressed]: ...
    def deliver(self, hop: Hop) -> None: ...


class EvilRelay:
    """`share` of all envelopes and bundles meet a fault, the rest passes."""

    def __init__(self, net: Relayed, seed: int, share: float = 0.3) -> None:
        self.counts: Counter[str] = Counter()
        self._net = net
        self._dice = random.Random(seed)
        self._share = share
        self._delayed: list[Hop] = []
        self._swapped: list[Hop] = []
        net.rule = self.rule
        net.bundle_rule = self.bundle

    def behave(self) -> None:
        """From now on everything passes; what was delayed is delivered at last."""
        for hop in [*self._swapped, *self._delayed]:
            self._net.deliver(hop)
        self._net.rule = lambda hop: [hop]
        self._net.bundle_rule = self._net.bundles.get
        self._net.refuse_with.clear()

    def refuse_some(self) -> None:
        """For a while one of the peers has a full queue."""
        self._net.refuse_with.clear()
        if self._dice.random() < self._share:
            self.counts["backlog"] += 1
            self._net.refuse_with[self._dice.choice(list(self._net.peers))] = ErrorCode.BACKLOG

    def rule(self, hop: Hop) -> list[Hop]:
        swapped, self._swapped = self._swapped, []
        return [*self._changed(hop), *swapped]

    def _changed(self, hop: Hop) -> list[Hop]:
        if self._dice.random() >= self._share:
            return [*self._late(), hop]
        fault = self._dice.choice(FAULTS)
        changed: list[Hop] = getattr(self, f"_{fault}")(hop)
        self.counts[fault] += changed != [hop]  # by chance it may be as before
        return changed

    def bundle(self, session: bytes) -> bytes | None:
        honest = self._net.bundles.get(session)
        if honest is None or self._dice.random() >= self._share / 3:
            return honest
        fault = self._dice.choice(BUNDLE_FAULTS)
        answer = self._other_bundle(fault, session, honest)
        self.counts[fault] += answer != honest
        return answer

    def _other_bundle(self, fault: str, session: bytes, honest: bytes) -> bytes | None:
        if fault == "bundle_other":
            return self._dice.choice(self._net.all_bundles)[1]
        if fault == "bundle_flip":
            return flip(honest, self._dice.randrange(len(honest) * 8))
        if fault == "bundle_stale":
            return next(b for who, b in self._net.all_bundles if who == session)
        return None

    def _late(self) -> list[Hop]:
        if self._delayed and self._dice.random() < 0.5:
            return [self._delayed.pop(self._dice.randrange(len(self._delayed)))]
        return []

    def _someone(self) -> Hop:
        """Any two peers, as sender and recipient of nothing in particular."""
        peers = list(self._net.peers.values())
        return Hop(self._dice.choice(peers).sender, self._dice.choice(peers).session, b"")

    def _drop(self, hop: Hop) -> list[Hop]:
        return []

    def _duplicate(self, hop: Hop) -> list[Hop]:
        return [hop, hop]

    def _delay(self, hop: Hop) -> list[Hop]:
        self._delayed.append(hop)
        return []

    def _swap(self, hop: Hop) -> list[Hop]:
        """It comes right behind the next one."""
        self._swapped.append(hop)
        return []

    def _flip(self, hop: Hop) -> list[Hop]:
        return [with_env(hop, flip(hop.env, self._dice.randrange(len(hop.env) * 8)))]

    def _cut(self, hop: Hop) -> list[Hop]:
        return [with_env(hop, hop.env[: self._dice.randrange(1, len(hop.env) + 1)])]

    def _replay(self, hop: Hop) -> list[Hop]:
        return [hop, self._dice.choice(self._net.routed)]

    def _redirect(self, hop: Hop) -> list[Hop]:
        return [replace(hop, to=self._someone().to)]

    def _relabel(self, hop: Hop) -> list[Hop]:
        return [replace(hop, sender=self._someone().sender)]

    def _reflect(self, hop: Hop) -> list[Hop]:
        to = self._net.peers[hop.to]
        return [hop, Hop(to.sender, hop.sender.session, hop.env)]

    def _invent(self, hop: Hop) -> list[Hop]:
        kind = self._dice.choice(list(Kind))
        env = bytes([kind]) + self._dice.randbytes(self._dice.choice([16, 61, 180, 2421]))
        return [hop, with_env(self._someone(), env)]

    def _reset(self, hop: Hop) -> list[Hop]:
        """A RESET for the session that the envelope belongs to, in the recipient's name."""
        sid = hop.env[2:18] if hop.kind == Kind.INIT else hop.env[1:17]
        to = self._net.peers[hop.to]
        return [hop, Hop(to.sender, hop.sender.session, Reset(sid).encode())]

    def _receipt(self, hop: Hop) -> list[Hop]:
        """A receipt that the server makes up without the key."""
        n = self._dice.randrange(4)
        made = Receipt(hop.env[1:17], n, n + 1, self._dice.randrange(1, 9), bytes(32))
        to = self._net.peers[hop.to]
        return [Hop(to.sender, hop.sender.session, made.encode())]
