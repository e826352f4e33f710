"""What arrives from others: first contact, waiting envelopes, refusals and their answers."""

from dataclasses import replace

import pytest

from rsachat.protocol.chat_events import BundleRefused, Dropped, DropReason, Output, Sender
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.protocol.envelope import Kind, Reset, decode_envelope
from rsachat.protocol.messages import ChatDeliver, ChatSend, Error, Prekey, PrekeyGet
from rsachat.protocol.ratchet import Content, Sealed, seal
from rsachat.settings import ChatLimits
from tests.support import keys
from tests.support.peers import Clock, Hop, Net, chat_context


class Contact:
    """Alice's envelopes for Bob, who knows nobody, fed to him by hand."""

    def __init__(self, texts: int = 2, limits: ChatLimits | None = None) -> None:
        self.net = Net("alice", "bob", limits=limits)
        self.alice, self.bob = self.net.peers.values()
        held: list[Hop] = []

        def keep(hop: Hop) -> list[Hop]:
            held.append(hop)
            return []

        self.net.rule = keep
        for number in range(texts):
            self.alice.write(self.bob, str(number))
        self.net.run()
        self.hops = held
        self.bundle = self.net.bundles[self.alice.session]

    def feed(self, hop: Hop, sender: Sender | None = None) -> list[Output]:
        who = sender or hop.sender
        return self.bob.end.receive(ChatDeliver(who.session, who.fp, hop.env))


def test_first_contact_waits_for_the_bundle() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    assert ask.session == c.alice.session
    assert c.feed(c.hops[1]) == c.feed(c.hops[2]) == []
    c.net.take(c.bob, c.bob.end.receive(Prekey(ask.ref, c.bundle)))
    assert c.bob.shown() == ["0", "1"]
    assert c.bob.pins.names == {"alice": c.alice.recipient.fp}


def test_a_known_sender_does_not_wait() -> None:
    c = Contact()
    c.bob.pins.admit("alice", c.alice.recipient.fp)
    assert c.feed(c.hops[0]) == []
    c.net.take(c.bob, c.feed(c.hops[1]))
    assert c.bob.shown() == ["0"]


def test_a_refused_sender_is_dropped_with_one_warning() -> None:
    c = Contact()
    c.bob.pins.refused.add(c.alice.recipient.fp)
    assert c.feed(c.hops[0]) == [Dropped(c.alice.sender, DropReason.NOT_TRUSTED, warn=True)]
    assert c.feed(c.hops[0]) == [Dropped(c.alice.sender, DropReason.NOT_TRUSTED, warn=False)]


def test_a_sender_pinned_meanwhile_is_accepted_whatever_the_answer() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    c.bob.pins.admit("alice", c.alice.recipient.fp)
    assert c.bob.end.receive(Prekey(ask.ref, b"nonsense")) == []
    c.net.take(c.bob, c.feed(c.hops[1]))
    assert c.bob.shown() == ["0"]


def test_a_wrong_bundle_ends_the_waiting() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    refused, dropped = c.bob.end.receive(Prekey(ask.ref, c.net.bundles[c.bob.session]))
    assert isinstance(refused, BundleRefused)
    assert refused.fault.name == "REFLECTED"
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.NO_BUNDLE
    assert c.bob.pins.names == {}


def test_an_error_instead_of_the_bundle() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    (dropped,) = c.bob.end.receive(Error(ask.ref, 100))
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.NO_BUNDLE


def test_held_for_five_seconds() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    c.net.clock.now += 4.9
    assert c.bob.end.tick() == []
    c.net.clock.now += 0.1
    (dropped,) = c.bob.end.tick()
    assert isinstance(dropped, Dropped)
    assert c.bob.end.receive(Prekey(ask.ref, c.bundle)) == []
    (again,) = c.feed(c.hops[0])
    assert isinstance(again, PrekeyGet), "not remembered: nothing was accepted"


def test_a_late_answer_serves_the_init_that_came_after_the_first() -> None:
    """The first has waited in vain; the one that is still held is not forgotten with it."""
    c = Contact(texts=1)
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    reset = Reset(decode_envelope(c.hops[0].env).sid).encode()
    bob = c.bob.sender
    c.net.clock.now += 3
    c.net.take(c.alice, c.alice.end.receive(ChatDeliver(bob.session, bob.fp, reset)))
    c.net.run()
    again = c.hops[2:]
    for hop in again:
        assert c.feed(hop) == []
    c.net.clock.now += 3
    (dropped,) = c.bob.end.tick()
    assert isinstance(dropped, Dropped)
    c.net.take(c.bob, c.bob.end.receive(Prekey(ask.ref, c.bundle)))
    assert c.bob.shown() == ["0"]


def test_one_question_for_all_inits_of_a_sender() -> None:
    c = Contact()
    assert len(c.feed(c.hops[0])) == 1
    c.alice.end.tick()
    fresh = Contact().hops[0]
    assert not any(isinstance(o, PrekeyGet) for o in c.feed(c.hops[0]) + c.feed(fresh))


def test_twenty_new_pins_at_once() -> None:
    c = Contact(limits=ChatLimits(pins_burst=0))
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    (dropped,) = c.bob.end.receive(Prekey(ask.ref, c.bundle))
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.NOT_TRUSTED
    assert c.bob.pins.names == {}


def test_only_the_senders_own_messages_wait_behind_its_init() -> None:
    c = Contact()
    c.feed(c.hops[0])
    stranger = Sender(b"stranger", c.alice.recipient.fp)
    (dropped,) = c.feed(c.hops[1], stranger)
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.OTHER_SENDER


def test_too_much_behind_an_init() -> None:
    c = Contact(limits=ChatLimits(behind_messages=1))
    c.feed(c.hops[0])
    assert c.feed(c.hops[1]) == []
    (dropped,) = c.feed(c.hops[2])
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.TOO_MANY_HELD


def test_too_many_held() -> None:
    c = Contact(limits=ChatLimits(held_inits=0))
    (dropped,) = c.feed(c.hops[0])
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.TOO_MANY_HELD


def test_a_prekey_that_died_while_it_waited() -> None:
    c = Contact(limits=ChatLimits(prekey_grace=1))
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    c.bob.end.start()
    c.net.clock.now += 2
    dropped, reset = c.bob.end.receive(Prekey(ask.ref, c.bundle))
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.OLD_PREKEY
    assert isinstance(reset, ChatSend)
    assert reset.env[0] == Kind.RESET


def test_a_sender_that_left_is_forgotten() -> None:
    c = Contact()
    (ask,) = c.feed(c.hops[0])
    assert isinstance(ask, PrekeyGet)
    assert c.bob.end.left(c.alice.session) == []
    assert c.bob.end.receive(Prekey(ask.ref, c.bundle)) == []
    assert c.bob.end.tick() == []


def test_other_types_are_unsupported_and_receipted(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net("alice", "bob")
    alice, bob = net.peers.values()

    def other_type(chain: bytes, sid: bytes, n: int, content: Content) -> Sealed:
        return seal(chain, sid, n, replace(content, ctype=2))

    monkeypatch.setattr("rsachat.protocol.outgoing.seal", other_type)
    mid = alice.write(bob, "a room")
    net.advance(1)
    assert bob.shown() == []
    assert bob.unsupported() == [2]
    assert alice.delivered() == [mid]


def test_a_third_session_of_one_sender_pushes_the_oldest_out() -> None:
    net = Net("alice", "bob")
    alice, bob = net.peers.values()
    alice.write(bob, "one")
    net.advance(1)
    first = next(hop for hop in net.routed if hop.kind == Kind.MSG)
    for text in ("two", "three"):
        sid = [hop for hop in net.routed if hop.kind == Kind.INIT][-1].env[2:18]
        net.deliver(Hop(bob.sender, alice.session, b"\x04" + sid))
        net.run()
        alice.write(bob, text)
        net.advance(11)
    assert bob.shown() == ["one", "two", "three"]
    net.deliver(first)
    net.run()
    assert bob.dropped() == [DropReason.UNKNOWN_SESSION]


def test_bytes_that_are_no_utf8_are_shown_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net("alice", "bob")
    alice, bob = net.peers.values()

    def raw(chain: bytes, sid: bytes, n: int, content: Content) -> Sealed:
        return seal(chain, sid, n, replace(content, body=b"a\xff\xc3b"))

    monkeypatch.setattr("rsachat.protocol.outgoing.seal", raw)
    alice.write(bob, "x")
    net.run()
    assert bob.shown() == ["a\ufffd\ufffdb"]


def test_the_context_names_who_we_are() -> None:
    context = chat_context(Clock(), "bob", 2)
    end = EndToEnd(context, iter(range(1, 99)).__next__)
    own = ChatDeliver(context.session, keys.public("bob").fingerprint, b"\x09")
    (dropped,) = end.receive(own)
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.MALFORMED
