"""The checks of an INIT one by one, and that the cheap ones stand before the dear ones."""

import random
from dataclasses import replace

import pytest

from rsachat.crypto.kdf import sha256
from rsachat.protocol.agreement import SIGN_LABEL, make_init
from rsachat.protocol.chat_events import DropReason, Sender
from rsachat.protocol.envelope import Init
from rsachat.protocol.init_gate import InitGate
from rsachat.protocol.prekeys import Prekey, Prekeys
from tests.support import keys
from tests.support.peers import Clock, chat_context

ALICE = Sender(b"session1", keys.public("alice").fingerprint)


class Fixture:
    """Bob's gate and a good INIT of Alice."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.context = chat_context(self.clock, "bob", 2)
        self.prekeys = Prekeys(self.context)
        self.bundle = self.prekeys.renew()
        self.gate = InitGate(self.context, self.prekeys)
        self.tools = chat_context(self.clock, "alice", 1).ambient
        self.init = self.fresh()

    def fresh(self, **changes: bytes) -> Init:
        """Another INIT, with Alice's good signature over the changes."""
        own = keys.private("alice")
        made, _ = make_init(own, keys.public("bob"), self.bundle, self.tools)
        made = replace(made, **changes)  # type: ignore[arg-type]
        source = random.Random(1).randbytes
        return replace(made, sig=own.sign(SIGN_LABEL, sha256(made.p2()), source))

    def check(
        self, init: Init, sender: Sender = ALICE, *, in_use: bool = False
    ) -> Prekey | DropReason:
        return self.gate.check(sender, init, in_use=in_use)


def test_a_good_one_passes() -> None:
    f = Fixture()
    assert f.check(f.init) is f.prekeys.find(f.bundle.pid)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"wrapped": bytes(512)}, DropReason.MALFORMED),
        ({"to_fp": bytes(32)}, DropReason.NOT_FOR_US),
        ({"server_fp": bytes(32)}, DropReason.OTHER_SERVER),
        ({"pid": bytes(16)}, DropReason.OLD_PREKEY),
    ],
)
def test_each_field(changes: dict[str, bytes], reason: DropReason) -> None:
    f = Fixture()
    assert f.check(f.fresh(**changes)) is reason


def test_the_key_must_be_the_senders() -> None:
    f = Fixture()
    carol = Sender(b"session3", keys.public("carol").fingerprint)
    assert f.check(f.init, carol) is DropReason.SENDER_MISMATCH


def test_not_from_ones_own_session() -> None:
    f = Fixture()
    assert f.check(f.init, Sender(f.context.session, ALICE.fp)) is DropReason.FROM_SELF


def test_the_signature() -> None:
    f = Fixture()
    assert f.check(replace(f.init, ts_ms=1)) is DropReason.BAD_SIGNATURE


def test_a_sid_is_taken_once() -> None:
    f = Fixture()
    assert f.check(f.init, in_use=True) is DropReason.SID_SEEN
    prekey = f.check(f.init)
    assert isinstance(prekey, Prekey)
    prekey.sids.add(f.init.sid)
    assert f.check(f.init) is DropReason.SID_SEEN


def test_twelve_at_once_then_one_in_ten_seconds_for_each_session() -> None:
    f = Fixture()
    assert all(isinstance(f.check(f.init), Prekey) for _ in range(12))
    assert f.check(f.init) is DropReason.INIT_RATE
    other = Sender(b"session9", ALICE.fp)
    assert isinstance(f.check(f.init, other), Prekey)
    f.clock.now += 10
    assert isinstance(f.check(f.init), Prekey)
    assert f.check(f.init) is DropReason.INIT_RATE
    f.gate.forget(ALICE.session)
    assert isinstance(f.check(f.init), Prekey)


def test_replays_cost_the_sender_nothing() -> None:
    """What the server can repeat must not use up the sender's tokens."""
    f = Fixture()
    for _ in range(20):
        f.check(f.init, in_use=True)
        f.check(replace(f.init, pid=bytes(16)))
    assert isinstance(f.check(f.init), Prekey)
