"""Every end-to-end attack of PROTOCOL section 9, by its name: each one fails closed.

The relay between the peers is the attacker. A test first shows what the honest way gives, where
that is not obvious, so that the refusal is the check's doing.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rsachat.crypto.kdf import sha256
from rsachat.protocol.agreement import SIGN_LABEL, accept_init, is_signed
from rsachat.protocol.bundle import decode_bundle, make_bundle
from rsachat.protocol.chat_events import DropReason, Sender
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.envelope import Init, Kind, Msg, Receipt, Reset, decode_envelope
from rsachat.protocol.safe_text import clean_message
from rsachat.settings import ChatLimits
from tests.support import keys
from tests.support.peers import SERVER_FP, Hop, Net, Peer, Rule, flip, with_env


@pytest.fixture
def net() -> Net:
    return Net("alice", "bob")


def pair(net: Net) -> tuple[Peer, Peer]:
    alice, bob, *_ = net.peers.values()
    return alice, bob


def only(kind: Kind, change: Callable[[Hop], list[Hop]]) -> Rule:
    """A rule that touches one kind of envelope."""
    return lambda hop: change(hop) if hop.kind == kind else [hop]


def nth(kind: Kind, number: int, change: Callable[[Hop], list[Hop]]) -> Rule:
    """A rule that touches the `number`-th envelope of a kind (from 0), once."""
    seen = iter(range(1 << 30))
    return only(kind, lambda hop: change(hop) if next(seen) == number else [hop])


def drop(_: Hop) -> list[Hop]:
    return []


def of_kind(net: Net, kind: Kind) -> list[Hop]:
    return [hop for hop in net.routed if hop.kind == kind]


def hello(net: Net) -> tuple[Peer, Peer]:
    """Alice and Bob with a session from Alice to Bob that has carried one delivered text."""
    alice, bob = pair(net)
    alice.write(bob, "hello")
    net.advance(1)
    assert bob.shown() == ["hello"]
    assert len(alice.delivered()) == 1
    return alice, bob


def refused(net: Net, fault: str) -> None:
    """Alice writes to Bob, and the bundle that comes is refused: nothing is sent."""
    alice, bob = pair(net)
    mid = alice.write(bob, "secret")
    net.advance(1)
    assert alice.refused_bundles() == [fault]
    assert alice.undelivered() == [mid]
    assert net.routed == []


# --- the bundle -------------------------------------------------------------------------------


def test_e2e_bundle_flip(net: Net) -> None:
    _, bob = pair(net)
    net.bundles[bob.session] = flip(net.bundles[bob.session], -1)
    refused(net, "SIGNATURE")


@pytest.mark.parametrize("byte", range(0, 2095, 83))
def test_e2e_bundle_flip_anywhere(net: Net, byte: int) -> None:
    alice, bob = pair(net)
    net.bundles[bob.session] = flip(net.bundles[bob.session], byte * 8)
    alice.write(bob, "secret")
    net.advance(1)
    assert len(alice.refused_bundles()) == 1
    assert net.routed == []


def test_e2e_bundle_expired(net: Net) -> None:
    _, bob = pair(net)
    old = net.bundles[bob.session]
    net.advance(2 * 3600 + 601)
    net.bundles[bob.session] = old
    refused(net, "EXPIRED")


def test_e2e_bundle_of_the_future(net: Net) -> None:
    net.clock.now -= 601
    refused(net, "EXPIRED")


def test_e2e_bundle_living_too_long(net: Net) -> None:
    _, bob = pair(net)
    bundle = decode_bundle(net.bundles[bob.session])
    pair_ = bob.context.ambient.kem.generate()
    times = (bundle.created_ms, bundle.created_ms + 2 * 3600 * 1000 + 1)
    longer = make_bundle(keys.private("bob"), "bob", SERVER_FP, pair_, times, net.random.randbytes)
    net.bundles[bob.session] = longer.encode()
    refused(net, "EXPIRED")


def resigned(net: Net, name: str, server_fp: bytes, owner: str = "bob") -> bytes:
    """A bundle with a good signature and something else wrong."""
    _, bob = pair(net)
    bundle = decode_bundle(net.bundles[bob.session])
    prekey = bob.context.ambient.kem.generate()
    times = (bundle.created_ms, bundle.expires_ms)
    made = make_bundle(keys.private(owner), name, server_fp, prekey, times, net.random.randbytes)
    return made.encode()


def test_e2e_bundle_other_server(net: Net) -> None:
    _, bob = pair(net)
    net.bundles[bob.session] = resigned(net, "bob", b"\x54" * 32)
    refused(net, "OTHER_SERVER")


def test_e2e_bundle_name_swap(net: Net) -> None:
    """The server gives Carol's own genuine bundle for Bob's session."""
    _, bob = pair(net)
    carol = net.join("carol")
    net.bundles[bob.session] = net.bundles[carol.session]
    refused(net, "OTHER_NAME")


def test_e2e_bundle_other_name(net: Net) -> None:
    """Bob's key signs, but another name than the one that was asked for."""
    _, bob = pair(net)
    net.bundles[bob.session] = resigned(net, "bobby", SERVER_FP)
    refused(net, "OTHER_NAME")


def test_e2e_bundle_other_name_in_a_session_that_is_open(net: Net) -> None:
    """The server calls a session by another name than the one under which it was proven."""
    alice, bob = hello(net)
    carols = replace(bob.recipient, name="carol")
    routed = len(net.routed)
    net.take(alice, alice.end.write(carols, b"\1" * 16, "for carol"))
    net.advance(60)
    assert bob.shown() == ["hello"]
    assert alice.failures() == ["NOT_TRUSTED"]
    assert len(net.routed) == routed
    alice.write(bob, "for bob")
    net.advance(1)
    assert bob.shown() == ["hello", "for bob"]


def test_e2e_bundle_other_name_once_costs_nothing_later(net: Net) -> None:
    alice, bob = pair(net)
    net.take(alice, alice.end.write(replace(bob.recipient, name="carol"), b"\1" * 16, "for carol"))
    net.advance(1)
    assert alice.refused_bundles() == ["OTHER_NAME"]
    alice.write(bob, "for bob")
    net.advance(1)
    assert bob.shown() == ["for bob"]


def test_e2e_key_changed(net: Net) -> None:
    """Another key under a pinned name: nothing is sent to it, nothing is shown from it."""
    alice, bob = hello(net)
    net.leave(bob)
    mallory = net.join("bob", key="carol")
    routed = len(net.routed)
    alice.write(mallory, "for the real bob only")
    net.advance(1)
    assert alice.failures() == ["NOT_TRUSTED"]
    assert len(net.routed) == routed
    mallory.write(alice, "it is me, bob")
    net.advance(200)
    assert alice.shown() == []
    assert DropReason.NOT_TRUSTED in alice.dropped()
    assert len(mallory.undelivered()) == 1


# --- INIT -------------------------------------------------------------------------------------


def test_e2e_init_replay(net: Net) -> None:
    _, bob = hello(net)
    for hop in list(net.routed):
        net.deliver(hop)
    net.advance(1)
    assert bob.shown() == ["hello"]
    assert DropReason.SID_SEEN in bob.dropped()


def test_e2e_init_replay_while_held(net: Net) -> None:
    net.rule = only(Kind.INIT, lambda hop: [hop, hop])
    _, bob = hello(net)
    assert bob.dropped() == [DropReason.SID_SEEN]


def test_e2e_init_old_prekey(net: Net) -> None:
    """A minute after a prekey was replaced, an INIT for it is refused and its private part gone."""
    alice, bob = pair(net)
    old = net.bundles[bob.session]
    net.advance(3600)
    assert net.bundles[bob.session] != old
    net.bundle_rule = lambda who: old if who == bob.session else net.bundles.get(who)
    alice.write(bob, "in time")
    net.advance(59)
    assert bob.shown() == ["in time"]
    net.leave(alice)
    again = net.join("alice")
    net.advance(2)
    again.write(bob, "too late")
    net.run()
    assert bob.shown() == ["in time"]
    assert set(bob.dropped()) == {DropReason.OLD_PREKEY, DropReason.UNKNOWN_SESSION}
    net.bundle_rule = net.bundles.get
    net.advance(30)
    assert bob.shown() == ["in time", "too late"]


def test_e2e_init_wrong_recipient(net: Net) -> None:
    carol = net.join("carol")
    net.rule = lambda hop: [replace(hop, to=carol.session)] if hop.kind in (1, 2) else [hop]
    alice, bob = pair(net)
    alice.write(bob, "for bob")
    net.advance(1)
    assert carol.shown() == bob.shown() == []
    assert carol.dropped()[:1] == [DropReason.NOT_FOR_US]


def test_e2e_init_from_self(net: Net) -> None:
    """An INIT to another session of one's own key is refused if it seems to come from oneself."""
    first, _ = pair(net)
    second = net.join("alice")
    net.rule = lambda hop: [replace(hop, sender=Sender(second.session, hop.sender.fp))]
    first.write(second, "to my other machine")
    net.advance(1)
    assert second.shown() == []
    assert DropReason.FROM_SELF in second.dropped()


def test_e2e_init_sender_mismatch(net: Net) -> None:
    """Carol's words, said by the server to be Alice's."""
    alice, bob = pair(net)
    carol = net.join("carol")
    net.rule = lambda hop: [replace(hop, sender=alice.sender)]
    carol.write(bob, "i am alice")
    net.advance(1)
    assert bob.shown() == []
    assert bob.dropped()[:1] == [DropReason.SENDER_MISMATCH]


def resign(net: Net, hop: Hop, **changes: bytes) -> Hop:
    """An INIT that Alice herself makes wrong, with her good signature over it."""
    init = decode_envelope(hop.env)
    assert isinstance(init, Init)
    changed = replace(init, **changes)  # type: ignore[arg-type]
    sig = keys.private("alice").sign(SIGN_LABEL, sha256(changed.p2()), net.random.randbytes)
    return with_env(hop, replace(changed, sig=sig).encode())


def test_e2e_init_bad_oaep_implicit(net: Net) -> None:
    """A ciphertext that does not open is accepted like any other, and then nothing verifies."""
    alice, bob = pair(net)
    bob.pins.admit("alice", alice.recipient.fp)
    net.rule = only(Kind.INIT, lambda hop: [resign(net, hop, wrapped=b"\x01" * 384)])
    alice.write(bob, "never read")
    net.run()
    assert bob.shown() == []
    assert bob.dropped() == [DropReason.BAD_TAG]
    assert of_kind(net, Kind.RESET) == []


def test_e2e_init_bad_oaep_keys_are_secret_and_stable(net: Net) -> None:
    alice, bob = pair(net)
    prekey = bob.context.ambient.kem.generate()
    alice.write(bob, "x")
    net.run()
    init = decode_envelope(of_kind(net, Kind.INIT)[0].env)
    assert isinstance(init, Init)
    assert is_signed(init)
    bad = replace(init, wrapped=b"\x01" * 384)
    own = keys.private("bob")
    first, second = (accept_init(own, prekey, bad, b"\x66" * 32) for _ in range(2))
    assert first == second
    assert accept_init(own, prekey, bad, b"\x67" * 32) != first


def test_e2e_init_rate(net: Net) -> None:
    """Twelve at once, six a minute after that; the thirteenth is answered by RESET."""
    _, bob = hello(net)
    template = of_kind(net, Kind.INIT)[0]
    fresh = (resign(net, template, sid=net.random.randbytes(16)) for _ in range(100))
    for _ in range(11):
        net.deliver(next(fresh))
    net.run()
    assert bob.dropped() == []
    net.deliver(next(fresh))
    net.run()
    assert bob.dropped() == [DropReason.INIT_RATE]
    assert len(of_kind(net, Kind.RESET)) == 1
    net.advance(9.5)
    net.deliver(next(fresh))
    net.run()
    assert bob.dropped() == [DropReason.INIT_RATE]


# --- MSG --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", [17 * 8 + 31, 21 * 8, 53 * 8, -1])
def test_e2e_msg_flip(net: Net, bit: int) -> None:
    """One bit of number, tag or ciphertext."""
    alice, bob = hello(net)
    net.rule = only(Kind.MSG, lambda hop: [with_env(hop, flip(hop.env, bit))])
    mid = alice.write(bob, "attack at dawn")
    net.run()
    assert bob.shown() == ["hello"]
    assert len(bob.dropped()) == 1
    net.rule = lambda hop: [hop]
    net.advance(60)
    assert bob.shown() == ["hello", "attack at dawn"]
    assert mid in alice.delivered()


def test_e2e_msg_flip_sid(net: Net) -> None:
    alice, bob = hello(net)
    net.rule = only(Kind.MSG, lambda hop: [with_env(hop, flip(hop.env, 9))])
    alice.write(bob, "attack at dawn")
    net.run()
    assert bob.shown() == ["hello"]
    assert bob.dropped() == [DropReason.UNKNOWN_SESSION]


def test_e2e_msg_replay(net: Net) -> None:
    _, bob = hello(net)
    for _ in range(3):
        net.deliver(of_kind(net, Kind.MSG)[0])
    net.advance(1)
    assert bob.shown() == ["hello"]
    assert bob.dropped() == [DropReason.REPLAY] * 3
    assert bob.warnings() == [DropReason.REPLAY]


def test_e2e_msg_reorder(net: Net) -> None:
    """The later one is shown with a gap before it, the earlier one dropped, then repeated."""
    alice, bob = hello(net)
    late: list[Hop] = []

    def keep(hop: Hop) -> list[Hop]:
        late.append(hop)
        return []

    net.rule = nth(Kind.MSG, 0, keep)
    alice.write(bob, "first")
    alice.write(bob, "second")
    net.run()
    net.deliver(late[0])
    net.run()
    assert bob.shown() == ["hello", "second"]
    assert bob.dropped() == [DropReason.REPLAY]
    net.advance(60)
    assert sorted(bob.shown()) == ["first", "hello", "second"]


def test_e2e_msg_gap_shown(net: Net) -> None:
    alice, bob = hello(net)
    net.rule = nth(Kind.MSG, 0, drop)
    for text in ("lost", "kept"):
        alice.write(bob, text)
    net.run()
    assert bob.missing() == 1
    assert bob.shown() == ["hello", "kept"]


@pytest.mark.parametrize(("lost", "shown"), [(1024, True), (1025, False)])
def test_e2e_msg_gap_1025(lost: int, shown: bool) -> None:
    net = Net("alice", "bob", limits=ChatLimits(window_messages=2000, window_bytes=1 << 24))
    alice, bob = hello(net)
    net.rule = only(Kind.MSG, drop)
    for number in range(lost):
        alice.write(bob, str(number))
    net.rule = lambda hop: [hop]
    alice.write(bob, "after the gap")
    net.run()
    assert ("after the gap" in bob.shown()) is shown
    assert (DropReason.GAP in bob.dropped()) is not shown
    assert bob.missing() == (lost if shown else 0)


def test_e2e_msg_other_session(net: Net) -> None:
    """A message moved into another session of the same two people does not verify."""
    alice, bob = hello(net)
    bob.write(alice, "from bob")
    net.advance(1)
    to_bob, to_alice = of_kind(net, Kind.MSG)
    sid = to_alice.env[1:17]
    net.deliver(replace(to_alice, env=to_bob.env[:1] + sid + b"\0\0\0\1" + to_bob.env[21:]))
    net.run()
    assert alice.shown() == ["from bob"]
    assert alice.dropped() == [DropReason.BAD_TAG]


def test_e2e_msg_relabelled_session(net: Net) -> None:
    """A genuine message, said to come from another session of the same key, is dropped."""
    alice, bob = hello(net)
    twin = net.join("alice")
    relabelled = Sender(twin.session, alice.recipient.fp)
    net.rule = only(Kind.MSG, lambda hop: [replace(hop, sender=relabelled)])
    alice.write(bob, "who says this?")
    net.run()
    assert bob.shown() == ["hello"]
    assert bob.dropped() == [DropReason.OTHER_SENDER]
    assert bob.warnings() == [DropReason.OTHER_SENDER]


def test_e2e_msg_relabelled_key(net: Net) -> None:
    alice, bob = hello(net)
    carol = net.join("carol")
    net.rule = only(Kind.MSG, lambda hop: [replace(hop, sender=carol.sender)])
    alice.write(bob, "who says this?")
    net.run()
    assert bob.shown() == ["hello"]
    assert bob.dropped() == [DropReason.OTHER_SENDER]


def test_e2e_reflect(net: Net) -> None:
    """Alice's own envelopes come back to her as if they were Bob's."""
    alice, bob = hello(net)
    for hop in list(net.routed):
        if hop.sender == alice.sender:
            net.deliver(Hop(bob.sender, alice.session, hop.env))
    net.advance(1)
    assert alice.shown() == []
    assert DropReason.NOT_FOR_US in alice.dropped()


def test_e2e_reflect_own_bundle(net: Net) -> None:
    """Two sessions of one key: the server hands one of them its own bundle for the other."""
    alice, _ = pair(net)
    twin = net.join("alice")
    net.bundles[twin.session] = net.bundles[alice.session]
    alice.write(twin, "to my other machine")
    net.advance(1)
    assert alice.refused_bundles() == ["REFLECTED"]
    assert net.routed == []


def test_e2e_reflect_own_bundle_of_an_earlier_login(net: Net) -> None:
    alice, _ = pair(net)
    old = net.bundles[alice.session]
    net.leave(alice)
    again = net.join("alice", memory=alice.context.memory)
    twin = net.join("alice")
    net.bundles[twin.session] = old
    again.write(twin, "to my other machine")
    net.advance(1)
    assert again.refused_bundles() == ["REFLECTED"]


def test_e2e_state_unchanged_after_bad(net: Net) -> None:
    """Forged messages, also far ahead, leave the session as it was: the next real one opens."""
    alice, bob = hello(net)
    real = of_kind(net, Kind.MSG)[0]
    msg = decode_envelope(real.env)
    assert isinstance(msg, Msg)
    for number in (1, 2, 500, 1025):
        net.deliver(with_env(real, replace(msg, n=number).encode()))
    net.run()
    assert bob.dropped() == [DropReason.BAD_TAG] * 4
    assert bob.warnings() == [DropReason.BAD_TAG]
    alice.write(bob, "still here")
    net.advance(1)
    assert bob.shown() == ["hello", "still here"]
    assert bob.missing() == 0
    assert len(alice.delivered()) == 2


def test_e2e_sixteen_bad_reset(net: Net) -> None:
    hello(net)
    real = of_kind(net, Kind.MSG)[0]
    msg = decode_envelope(real.env)
    assert isinstance(msg, Msg)
    bad = with_env(real, replace(msg, n=1).encode())
    for _ in range(15):
        net.deliver(bad)
    net.run()
    assert of_kind(net, Kind.RESET) == []
    for _ in range(5):
        net.deliver(bad)
    net.run()
    assert len(of_kind(net, Kind.RESET)) == 1


# --- RECEIPT and RESET ------------------------------------------------------------------------


def forged(net: Net, hop: Hop, change: Callable[[Receipt], Receipt]) -> list[Hop]:
    receipt = decode_envelope(hop.env)
    assert isinstance(receipt, Receipt)
    return [with_env(hop, change(receipt).encode())]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, n=r.n + 1, got=r.got + 1),
        lambda r: replace(r, got=r.got + 1),
        lambda r: replace(r, count=r.count + 1),
        lambda r: replace(r, mac=flip(r.mac, 0)),
        lambda r: replace(r, mac=bytes(32)),
        lambda r: replace(r, sid=bytes(16)),
    ],
)
def test_e2e_receipt_forged(net: Net, change: Callable[[Receipt], Receipt]) -> None:
    alice, bob = hello(net)
    net.rule = only(Kind.RECEIPT, lambda hop: forged(net, hop, change))
    alice.write(bob, "one")
    alice.write(bob, "two")
    net.advance(1)
    assert len(alice.delivered()) == 1
    assert alice.dropped() == [DropReason.BAD_RECEIPT]


def test_e2e_receipt_from_another(net: Net) -> None:
    """Bob's genuine receipt, said to be Carol's, counts for nobody."""
    alice, bob = hello(net)
    carol = net.join("carol")
    net.rule = only(Kind.RECEIPT, lambda hop: [replace(hop, sender=carol.sender)])
    alice.write(bob, "one")
    net.advance(1)
    assert len(alice.delivered()) == 1
    assert alice.dropped() == [DropReason.UNKNOWN_SESSION]


def test_e2e_receipt_replay(net: Net) -> None:
    """An old receipt again does not confirm what was written since."""
    alice, bob = hello(net)
    old = of_kind(net, Kind.RECEIPT)[0]
    net.rule = only(Kind.RECEIPT, lambda hop: [old])
    alice.write(bob, "later")
    net.advance(1)
    assert len(alice.delivered()) == 1
    assert alice.dropped() == [DropReason.BAD_RECEIPT]


def test_e2e_receipt_replay_of_a_count(net: Net) -> None:
    """A genuine receipt whose count does not rise is not believed either."""
    alice, bob = hello(net)
    bob.recount_receipts()
    alice.write(bob, "later")
    net.advance(1)
    assert len(alice.delivered()) == 1
    assert alice.dropped() == [DropReason.BAD_RECEIPT]


def test_e2e_receipt_lost_count(net: Net) -> None:
    """Receipts that got lost leave a step in `count`, and the next one speaks for them all."""
    alice, bob = hello(net)
    net.rule = only(Kind.RECEIPT, drop)
    for text in ("one", "two"):
        alice.write(bob, text)
        net.advance(1)
    assert len(alice.delivered()) == 1
    net.rule = lambda hop: [hop]
    alice.write(bob, "three")
    net.advance(1)
    assert len(alice.delivered()) == 4
    last = decode_envelope(of_kind(net, Kind.RECEIPT)[-1].env)
    assert isinstance(last, Receipt)
    assert (last.n, last.got, last.count) == (3, 4, 4)


def test_e2e_receipt_of_a_gap_delivers_nothing(net: Net) -> None:
    alice, bob = hello(net)
    net.rule = nth(Kind.MSG, 0, drop)
    alice.write(bob, "lost")
    alice.write(bob, "kept")
    net.advance(0.06)
    receipt = decode_envelope(of_kind(net, Kind.RECEIPT)[-1].env)
    assert isinstance(receipt, Receipt)
    assert (receipt.n, receipt.got) == (2, 2)
    net.advance(1)
    assert bob.shown() == ["hello", "kept", "lost"]
    assert len(alice.delivered()) == 3


def test_e2e_reset_flood(net: Net) -> None:
    """RESETs that the server makes up cost at most one INIT in ten seconds, and no text."""
    alice, bob = hello(net)

    def with_resets(hop: Hop) -> list[Hop]:
        if hop.kind not in (Kind.INIT, Kind.MSG):
            return [hop]
        reset = Hop(bob.sender, alice.session, Reset(hop.env[1:17]).encode())
        return [hop] + [reset] * 50

    net.rule = with_resets
    before = len(of_kind(net, Kind.INIT))
    for number in range(30):
        alice.write(bob, str(number))
        net.advance(1)
    assert len(of_kind(net, Kind.INIT)) - before <= 4
    net.rule = lambda hop: [hop]
    net.advance(120)
    assert bob.shown() == ["hello", *map(str, range(30))]


def test_e2e_reset_from_another(net: Net) -> None:
    alice, bob = hello(net)
    carol = net.join("carol")
    sid = of_kind(net, Kind.INIT)[0].env[2:18]
    net.deliver(Hop(carol.sender, alice.session, Reset(sid).encode()))
    net.deliver(Hop(bob.sender, alice.session, Reset(bytes(16)).encode()))
    alice.write(bob, "one")
    net.advance(1)
    assert len(of_kind(net, Kind.INIT)) == 1


def test_e2e_unknown_session_reset_once(net: Net) -> None:
    """Envelopes of an unknown session are answered by one RESET in ten seconds."""
    alice, bob = pair(net)
    stray = Hop(alice.sender, bob.session, Msg(b"\x01" * 16, 0, bytes(32), bytes(128)).encode())
    for _ in range(100):
        net.deliver(stray)
    net.run()
    assert len(of_kind(net, Kind.RESET)) == 1
    net.advance(10)
    net.deliver(stray)
    net.run()
    assert len(of_kind(net, Kind.RESET)) == 2


def test_e2e_reset_loop_ends(net: Net) -> None:
    """A recipient that resets every session: three new ones, then "not delivered"."""
    alice, bob = pair(net)

    def reset_instead(hop: Hop) -> list[Hop]:
        sid = hop.env[2:18] if hop.kind == Kind.INIT else hop.env[1:17]
        return [Hop(bob.sender, alice.session, Reset(sid).encode())]

    net.rule = reset_instead
    mid = alice.write(bob, "anyone?")
    net.advance(300)
    assert len(of_kind(net, Kind.INIT)) == 4
    assert alice.undelivered() == [mid]
    assert alice.failures() == ["NO_RECEIPT"]


# --- delivery ---------------------------------------------------------------------------------


def test_e2e_terminal_escape(net: Net) -> None:
    """Escape sequences and bytes that are no UTF-8 travel, and no terminal ever sees them."""
    alice, bob = pair(net)
    alice.write(bob, "\x1b[2J\x9b31m\u202egpj.exe\r\nbob: ok")
    net.run()
    (text,) = bob.shown()
    assert "\x1b" in text
    visible = "".join(clean.plain for clean in clean_message(text))
    assert not set(visible) & {"\x1b", "\x9b", "\u202e", "\r"}


def test_e2e_mid_duplicate_receipted(net: Net) -> None:
    """The same message id again is accepted and receipted, but not shown again."""
    alice, bob = hello(net)
    mid = alice.delivered()[0]
    alice.write(bob, "hello", mid)
    net.advance(1)
    assert bob.shown() == ["hello"]
    assert alice.delivered() == [mid, mid]


def test_e2e_lost_msg_becomes_undelivered(net: Net) -> None:
    """A server that swallows every message: the sender is told, after three new sessions."""
    alice, bob = hello(net)
    net.rule = only(Kind.MSG, drop)
    mid = alice.write(bob, "swallowed")
    net.advance(29)
    assert alice.undelivered() == []
    net.advance(200)
    assert alice.undelivered() == [mid]
    assert len(of_kind(net, Kind.INIT)) == 1 + 3
    assert bob.shown() == ["hello"]


def test_e2e_lost_msg_without_sent_becomes_undelivered(net: Net) -> None:
    alice, bob = hello(net)
    net.silent = True
    net.rule = only(Kind.MSG, drop)
    mid = alice.write(bob, "swallowed")
    net.advance(4 * 90 - 1)
    assert alice.undelivered() == []
    net.advance(2)
    assert alice.undelivered() == [mid]


def test_e2e_lost_receipt_resent(net: Net) -> None:
    """The receipt was lost: the text is repeated, receipted, and not shown twice."""
    alice, bob = hello(net)
    net.rule = nth(Kind.RECEIPT, 0, drop)
    mid = alice.write(bob, "once")
    net.advance(40)
    assert bob.shown() == ["hello", "once"]
    assert alice.delivered()[-1] == mid
    assert len(of_kind(net, Kind.INIT)) == 2


def test_e2e_vanished_never_delivered(net: Net) -> None:
    alice, bob = hello(net)
    net.rule = drop
    mid = alice.write(bob, "are you there?")
    net.leave(bob)
    net.advance(100)
    assert mid not in alice.delivered()
    assert alice.failures() == ["LEFT"]


def test_e2e_offline_named(net: Net) -> None:
    alice, bob = pair(net)
    net.refuse_with[bob.session] = ErrorCode.OFFLINE
    mid = alice.write(bob, "gone")
    net.run()
    assert alice.undelivered() == [mid]
    assert alice.failures() == ["OFFLINE"]
