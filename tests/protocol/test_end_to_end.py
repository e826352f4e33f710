"""Whole endpoints: delivery, restarts and fan-out as dialogues, and an evil relay by the dice."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.protocol.chat_events import Delivered, Dropped, Failure, Recipient, SentOn, Undelivered
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.end_to_end import Unfinished
from rsachat.protocol.envelope import Init, Kind, Msg, decode_envelope
from rsachat.protocol.messages import (
    ChatDeliver,
    ChatSend,
    Error,
    Prekey,
    PrekeyGet,
    PrekeyPut,
    Sent,
)
from rsachat.settings import ChatLimits
from tests.support.evil_relay import BUNDLE_FAULTS, FAULTS, EvilRelay
from tests.support.peers import SERVER_FP, Hop, Net, Peer


def duo(limits: ChatLimits | None = None) -> tuple[Net, Peer, Peer]:
    net = Net("alice", "bob", limits=limits)
    alice, bob = net.peers.values()
    return net, alice, bob


def kinds(net: Net) -> str:
    """What was routed, as one letter each."""
    return "".join("?IMRX"[hop.kind] for hop in net.routed)


def test_a_text_goes_from_written_to_delivered() -> None:
    net, alice, bob = duo()
    mid = alice.write(bob, "Grüße 👋: a/b|c")
    net.run()
    assert bob.shown() == ["Grüße 👋: a/b|c"]
    assert alice.sent_on() == [mid]
    assert alice.delivered() == []
    net.advance(0.05)
    assert alice.delivered() == [mid]
    assert kinds(net) == "IMR"
    (event,) = bob.shown_events()
    assert (event.sender, event.mid) == (alice.sender, mid)
    assert event.env == net.routed[1].env


def test_the_first_output_is_the_bundle() -> None:
    _, alice, _ = duo()
    (put,) = alice.end.start()
    assert isinstance(put, PrekeyPut)


def test_rsa_only_when_a_session_begins() -> None:
    net, alice, bob = duo()
    for number in range(100):
        alice.write(bob, str(number))
        net.advance(0.01)
    net.advance(1)
    assert bob.shown() == [str(number) for number in range(100)]
    assert kinds(net).count("I") == 1
    assert len(alice.delivered()) == 100


def test_each_direction_is_a_session_of_its_own() -> None:
    net, alice, bob = duo()
    alice.write(bob, "ping")
    bob.write(alice, "pong")
    net.advance(1)
    assert (alice.shown(), bob.shown()) == (["pong"], ["ping"])
    sids = {hop.env[2:18] for hop in net.routed if hop.kind == Kind.INIT}
    assert len(sids) == 2


def test_a_receipt_at_the_32nd_message() -> None:
    net, alice, bob = duo()
    for number in range(70):
        alice.write(bob, str(number))
    net.run()
    assert len(alice.delivered()) == 64
    net.advance(0.05)
    assert len(alice.delivered()) == 70
    assert kinds(net).count("R") == 3


def test_the_window_holds_256_messages() -> None:
    net, alice, bob = duo()
    net.rule = lambda hop: [] if hop.kind == Kind.RECEIPT else [hop]
    for number in range(300):
        alice.write(bob, str(number))
    net.run()
    assert kinds(net).count("M") == 256
    assert alice.end.waiting(bob.recipient) == 44
    net.rule = lambda hop: [hop]
    net.advance(60)
    assert bob.shown() == [str(number) for number in range(300)]
    assert alice.end.waiting(bob.recipient) == 0
    assert len(alice.delivered()) == 300


def test_the_window_holds_a_mebibyte() -> None:
    net, alice, bob = duo()
    net.rule = lambda hop: [] if hop.kind == Kind.RECEIPT else [hop]
    text = "x" * 61_440
    for _ in range(20):
        alice.write(bob, text)
    net.run()
    sent = [hop for hop in net.routed if hop.kind == Kind.MSG]
    assert sum(len(hop.env) for hop in sent) <= 1 << 20
    assert len(sent) == 17


def test_a_text_too_long_is_refused_at_once() -> None:
    net, alice, bob = duo()
    with pytest.raises(ValueError, match="61441"):
        alice.write(bob, "x" * 61_441)
    alice.write(bob, "é" * 30_720)
    net.advance(1)
    assert bob.shown() == ["é" * 30_720]


def test_text_that_is_no_unicode_is_still_text() -> None:
    net, alice, bob = duo()
    alice.write(bob, "a\ud800b")
    net.run()
    assert bob.shown() == ["a?b"]


def test_all_sessions_of_an_identity_but_ones_own() -> None:
    net, alice, bob = duo()
    twin = net.join("alice")
    mid = bob.write(alice, "to both of you")
    bob.write(twin, "to both of you", mid)
    net.advance(1)
    assert (alice.shown(), twin.shown()) == (["to both of you"],) * 2
    assert bob.delivered() == [mid, mid]
    twin.write(alice, "from my other machine")
    net.advance(1)
    assert alice.shown() == ["to both of you", "from my other machine"]


def test_offline_before_anything_was_sent() -> None:
    net, alice, bob = duo()
    net.bundle_rule = lambda session: None
    mid = alice.write(bob, "hello?")
    net.run()
    assert (alice.undelivered(), alice.failures()) == ([mid], ["OFFLINE"])
    assert net.routed == []
    net.bundle_rule = net.bundles.get
    alice.write(bob, "now?")
    net.advance(1)
    assert bob.shown() == ["now?"]


def test_no_answer_for_ten_seconds_counts_as_offline() -> None:
    net, alice, _ = duo()
    stranger = Recipient(b"nobody!!", "carol", b"\x01" * 32)
    (ask,) = alice.end.write(stranger, bytes(16), "hello?")
    assert alice.end.next_deadline() == net.clock.now + 10
    net.advance(9.9)
    assert alice.log == []
    net.advance(0.1)
    assert alice.log == [Undelivered(stranger, bytes(16), "hello?", Failure.OFFLINE)]
    assert isinstance(ask, PrekeyGet)
    assert alice.end.receive(Prekey(ask.ref, b"late")) == []


def test_backlog_begins_a_new_session_and_repeats() -> None:
    net, alice, bob = duo()
    alice.write(bob, "one")
    net.advance(1)
    net.refuse_with[bob.session] = ErrorCode.BACKLOG
    alice.write(bob, "two")
    alice.write(bob, "three")
    net.run()
    assert alice.undelivered() == []
    net.refuse_with.clear()
    net.advance(11)
    assert bob.shown() == ["one", "two", "three"]
    assert len(alice.delivered()) == 3
    assert bob.missing() == 0


def test_a_backlog_that_stays_is_named() -> None:
    net, alice, bob = duo()
    net.refuse_with[bob.session] = ErrorCode.BACKLOG
    alice.write(bob, "one")
    net.advance(9)
    assert alice.failures() == []
    net.advance(60)
    assert alice.failures() == ["BACKLOG"]


def test_after_giving_up_a_new_text_waits_its_ten_seconds() -> None:
    net, alice, bob = duo()
    net.rule = lambda hop: [] if hop.kind in (Kind.MSG, Kind.INIT) else [hop]
    alice.write(bob, "lost")
    net.advance(125)
    assert alice.failures() == ["NO_RECEIPT"]
    net.rule = lambda hop: [hop]
    alice.write(bob, "found")
    net.advance(11)
    assert bob.shown() == ["found"]
    assert len(alice.delivered()) == 1


def test_a_lost_init_costs_one_reset() -> None:
    net, alice, bob = duo()
    lost: list[Hop] = []

    def lose_first(hop: Hop) -> list[Hop]:
        if hop.kind == Kind.INIT and not lost:
            lost.append(hop)
            return []
        return [hop]

    net.rule = lose_first
    alice.write(bob, "hello")
    net.advance(1)
    assert bob.shown() == ["hello"]
    assert kinds(net) == "IMXIMR"


def test_a_genuine_receipt_calls_a_planned_restart_off() -> None:
    """Only the first of two RESETs in ten seconds has a session begun; the second is forged."""
    net, alice, bob = duo()
    for _ in range(2):
        alice.write(bob, "x")
        net.run()
        sid = [hop for hop in net.routed if hop.kind == Kind.INIT][-1].env[2:18]
        net.deliver(Hop(bob.sender, alice.session, b"\x04" + sid))
        net.advance(1)
    net.advance(60)
    assert kinds(net).count("I") == 2
    assert len(alice.delivered()) == 2


def test_left_and_disconnected_are_named() -> None:
    net, alice, bob = duo()
    net.rule = lambda hop: []
    first = alice.write(bob, "one")
    net.leave(bob)
    assert alice.failures() == ["LEFT"]
    again = net.join("bob")
    second = alice.write(again, "two")
    net.run()
    assert alice.end.unfinished() == [Unfinished(again.recipient, second, "two")]
    net.take(alice, alice.end.close())
    assert alice.failures() == ["LEFT", "DISCONNECTED"]
    assert alice.undelivered() == [first, second]
    assert alice.end.unfinished() == []


def test_after_a_new_login_the_same_mid_is_shown_once() -> None:
    net, alice, bob = duo()
    net.rule = lambda hop: [] if hop.kind == Kind.RECEIPT else [hop]
    mid = alice.write(bob, "once")
    net.run()
    (open_,) = alice.end.unfinished()
    net.leave(alice)
    again = net.join("alice", memory=alice.context.memory)
    net.rule = lambda hop: [hop]
    again.write(bob, open_.text, open_.mid)
    net.advance(1)
    assert bob.shown() == ["once"]
    assert again.delivered() == [mid]


def test_a_recipient_that_came_back_has_not_forgotten_either() -> None:
    net, alice, bob = duo()
    mid = alice.write(bob, "once")
    net.run()
    net.leave(bob)
    again = net.join("bob", memory=bob.context.memory)
    alice.write(again, "once", mid)
    net.advance(1)
    assert again.shown() == []
    assert alice.delivered() == [mid]


def test_a_new_prekey_each_hour_ends_no_session() -> None:
    net, alice, bob = duo()
    alice.write(bob, "one")
    net.advance(3600)
    assert len(net.all_bundles) == 4
    alice.write(bob, "two")
    net.advance(1)
    assert bob.shown() == ["one", "two"]
    assert kinds(net).count("I") == 1


def test_a_session_ends_after_its_time_or_messages() -> None:
    net, alice, bob = duo(ChatLimits(session_messages=2, session_seconds=100))
    for text in ("one", "two", "three"):
        alice.write(bob, text)
    net.advance(1)
    assert bob.shown() == ["one", "two", "three"]
    assert kinds(net).count("I") == 2
    net.advance(100)
    alice.write(bob, "four")
    net.advance(1)
    assert kinds(net).count("I") == 3
    assert len(alice.delivered()) == 4
    assert bob.missing() == 0


def test_refs_of_others_are_ignored() -> None:
    _, alice, _ = duo()
    for message in (Sent(9), Error(9, 100), Prekey(9, b"")):
        assert alice.end.receive(message) == []


def test_reports_name_the_recipient() -> None:
    net, alice, bob = duo()
    alice.write(bob, "hi")
    net.advance(1)
    reports = [e for e in alice.log if isinstance(e, SentOn | Delivered)]
    assert [report.to for report in reports] == [bob.recipient] * 2


@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_any_envelope_is_dropped_or_understood(data: st.DataObject) -> None:
    """Whatever bytes come, mutated from real ones, there is a report and never an exception."""
    net, alice, bob = duo()
    alice.write(bob, "hello")
    net.advance(1)
    for _ in range(10):
        env = bytearray(data.draw(st.sampled_from(net.routed)).env)
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(env) - 1))
            env[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        who = data.draw(st.sampled_from([alice, bob]))
        other = bob if who is alice else alice
        message = ChatDeliver(other.session, other.recipient.fp, bytes(env or b"\0"))
        for output in who.end.receive(message):
            assert isinstance(output, Dropped | ChatSend)
    assert bob.shown() == ["hello"]
    assert alice.shown() == []


def hostile_run(seed: int) -> tuple[Net, Counter[str]]:
    """Three identities, one with two sessions, write to each other through an evil relay."""
    net = Net("alice", "bob", "carol")
    net.join("alice")
    peers = list(net.peers.values())
    relay = EvilRelay(net, seed)
    for number in range(25):
        writer, reader = net.random.sample(peers, 2)
        writer.write(reader, f"{number} from {writer.session.hex()} to {reader.session.hex()}")
        if number % 3 == seed % 3:
            relay.refuse_some()
            net.advance(net.random.choice([0.01, 1, 15, 45, 3700]))
    net.advance(30)
    relay.behave()
    net.advance(600)
    return net, relay.counts


def check_truth(net: Net) -> None:
    """Nothing is shown that was not written to this peer by that sender, nor twice, nor
    out of order within a session; nothing is delivered that was not shown; nothing is pending."""
    peers = net.peers.values()
    written = {mid: (peer.sender, text) for peer in peers for mid, text in peer.written.items()}
    for peer in peers:
        shown = [event.mid for event in peer.shown_events()]
        assert len(set(shown)) == len(shown), "shown twice"
        last: dict[bytes, int] = {}
        for event in peer.shown_events():
            sender, text = written[event.mid]
            assert (event.sender.fp, event.text) == (sender.fp, text)
            assert text.endswith(peer.session.hex()), "shown to another than it was written to"
            msg = decode_envelope(event.env)
            assert isinstance(msg, Msg)
            assert last.get(msg.sid, -1) < msg.n, "out of order"
            last[msg.sid] = msg.n
    everywhere = {event.mid for peer in peers for event in peer.shown_events()}
    for peer in peers:
        final = [*peer.delivered(), *peer.undelivered()]
        assert sorted(final) == sorted(peer.written), "neither delivered nor undelivered, or both"
        assert set(peer.delivered()) <= everywhere, "delivered, but never shown"
        assert peer.end.unfinished() == []


@given(st.integers(0, 1 << 32))
@settings(deadline=None, max_examples=8)
def test_an_evil_relay_never_makes_a_lie_shown(seed: int) -> None:
    net, _ = hostile_run(seed)
    check_truth(net)


@pytest.mark.slow
def test_every_fault_took_place() -> None:
    counts: Counter[str] = Counter()
    for seed in range(24):
        net, seen = hostile_run(seed)
        check_truth(net)
        counts += seen
    print(dict(counts))
    assert {*FAULTS, *BUNDLE_FAULTS, "backlog"} == {fault for fault in counts if counts[fault]}


def test_once_the_relay_behaves_everything_new_is_delivered() -> None:
    net, _ = hostile_run(4711)
    alice, bob, *_ = net.peers.values()
    mid = alice.write(bob, f"at last {bob.session.hex()}")
    net.advance(30)
    assert mid in alice.delivered()


def test_the_server_sees_what_the_protocol_says_it_sees() -> None:
    """Sizes in steps of 128, numbers and sids; neither body nor mid stands in an envelope."""
    net, alice, bob = duo()
    mid = alice.write(bob, "CANARY" * 10)
    net.advance(1)
    everything = b"".join(hop.env for hop in net.routed)
    assert b"CANARY" not in everything
    assert mid not in everything
    init = decode_envelope(net.routed[0].env)
    assert isinstance(init, Init)
    assert init.server_fp == SERVER_FP


def test_refs_rise_in_the_order_of_sending() -> None:
    net, alice, bob = duo()
    (ask,) = alice.end.write(bob.recipient, bytes(16), "one")
    assert isinstance(ask, PrekeyGet)
    outputs = alice.end.receive(Prekey(ask.ref, net.bundles[bob.session]))
    refs = [output.ref for output in outputs if isinstance(output, ChatSend)]
    assert [ask.ref, *refs] == [1, 2, 3]
