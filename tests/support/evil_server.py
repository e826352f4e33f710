"""A server that lies to whole clients in every way it can, by a seeded throw of dice.

What `EvilRelay` does to envelopes and bundles, and the lies that only a client's core can fall
for: about who is who and where, who left, and what was sent.
"""

from collections.abc import Callable
from dataclasses import replace

from rsachat.crypto.kem import HybridKem
from rsachat.protocol import messages as m
from rsachat.protocol.bundle import make_bundle
from rsachat.protocol.codes import ErrorCode, NoticeKind
from tests.support import keys
from tests.support.core_net import SERVER_FP, CoreNet, Person
from tests.support.evil_relay import EvilRelay

FIND_FAULTS = ("find_nobody", "find_silent", "find_other", "find_swapped", "find_moved")
FORGERIES = ("find_forged", "bundle_forged")
"""An identity that the server makes up: believed at first contact, so only once all are pinned."""
SENT_FAULTS = ("sent_never", "sent_early")
OWN_FAULTS = ("left", "error", "backlog")


class EvilServer(EvilRelay):
    """`forging`: everybody is pinned, so it may claim keys of its own for them."""

    def __init__(self, net: CoreNet, seed: int, *, share: float = 0.25, forging: bool) -> None:
        super().__init__(net, seed, share)
        self._cores = net
        self._forging = forging
        self._gone: list[Person] = []
        net.find_rule = self.find
        net.sent_rule = self.sent

    def behave(self) -> None:
        """From now on it is honest; who was said to have left is said to be there."""
        super().behave()
        net = self._cores
        net.find_rule, net.sent_rule = net.find, lambda ref: ref
        for gone in self._gone:
            self._tell_all(NoticeKind.JOIN, gone)

    def lie(self) -> None:
        """Something of its own accord, now and then."""
        self.refuse_some()
        fault = self._dice.choice(("left", "error", "nothing"))
        person = self._dice.choice(list(self._cores.peers.values()))
        if fault == "left":
            self._gone.append(person)
            self._tell_all(NoticeKind.LEAVE, person)
        elif fault == "error":
            code = self._dice.choice((ErrorCode.OFFLINE, ErrorCode.BACKLOG))
            self._cores.say(person, m.Error(self._dice.randrange(1, 40), code))
        if fault != "nothing":
            self.counts[fault] += 1

    def find(self, asked: m.Find) -> tuple[m.Entry, ...] | None:
        honest = self._cores.find(asked)
        if self._dice.random() >= self._share:
            return honest
        fault = self._dice.choice(FIND_FAULTS + FORGERIES[:1] * self._forging)
        lie: Callable[[tuple[m.Entry, ...]], tuple[m.Entry, ...] | None]
        lie = getattr(self, f"_{fault}")
        answer = lie(honest)
        self.counts[fault] += answer != honest
        return answer

    def sent(self, ref: int) -> int | None:
        if self._dice.random() >= self._share / 2:
            return ref
        fault = self._dice.choice(SENT_FAULTS)
        self.counts[fault] += 1
        return None if fault == "sent_never" else ref + self._dice.randrange(1, 20)

    def bundle(self, session: bytes) -> bytes | None:
        if self._forging and session in self._cores.peers and self._dice.random() < 0.05:
            self.counts["bundle_forged"] += 1
            return self._forged(self._cores.peers[session].entry.name)
        return super().bundle(session)

    def _forged(self, name: str) -> bytes:
        """A bundle of a key of the server's own, in another's name."""
        wall = self._cores.clock.wall_ms()
        random, pair = self._dice.randbytes, HybridKem().generate()
        times = (wall, wall + 3_600_000)
        made = make_bundle(keys.private("server"), name, SERVER_FP, pair, times, random)
        return made.encode()

    def _anybody(self) -> m.Entry:
        return self._dice.choice(list(self._cores.peers.values())).entry

    def _tell_all(self, kind: NoticeKind, about: Person) -> None:
        for person in self._cores.peers.values():
            if person is not about:
                self._cores.say(person, m.Notice(kind, len(self._cores.peers), about.entry))

    def _find_nobody(self, honest: tuple[m.Entry, ...]) -> tuple[m.Entry, ...]:
        return ()

    def _find_silent(self, honest: tuple[m.Entry, ...]) -> None:
        return None

    def _find_other(self, honest: tuple[m.Entry, ...]) -> tuple[m.Entry, ...]:
        """Somebody who is there, in place of who was asked for."""
        return (self._anybody(),)

    def _find_swapped(self, honest: tuple[m.Entry, ...]) -> tuple[m.Entry, ...]:
        """The right name and address, and another's key and session."""
        other = self._anybody()
        return tuple(replace(e, session=other.session, fp=other.fp) for e in honest)

    def _find_moved(self, honest: tuple[m.Entry, ...]) -> tuple[m.Entry, ...]:
        """The right name and key, and another's session."""
        return tuple(replace(e, session=self._anybody().session) for e in honest)

    def _find_forged(self, honest: tuple[m.Entry, ...]) -> tuple[m.Entry, ...]:
        return tuple(replace(e, fp=SERVER_FP) for e in honest)
