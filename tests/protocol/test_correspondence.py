"""One addressed session: windows, restarts and deadlines, without a relay between."""

from itertools import count

from rsachat.protocol.chat_events import (
    BundleRefused,
    Delivered,
    Failure,
    Output,
    Recipient,
    SentOn,
    Undelivered,
)
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.correspondence import Correspondence
from rsachat.protocol.envelope import Kind, Msg, Receipt, decode_envelope
from rsachat.protocol.messages import ChatSend, PrekeyGet
from rsachat.protocol.prekeys import Prekeys
from tests.support.peers import Clock, Pins, chat_context


class Dialogue:
    """Alice writes to Bob; the test answers for the server and for Bob."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.context = chat_context(self.clock, "alice", 1)
        bob = chat_context(self.clock, "bob", 2)
        self.to = Recipient(bob.session, "bob", bob.key.public.fingerprint)
        self.bundle = Prekeys(bob).renew().encode()
        refs = count(1)
        self.c = Correspondence(self.context, self.to, lambda: next(refs), lambda: next(refs))
        self.mids = count()

    def write(self) -> list[Output]:
        return self.c.write(next(self.mids).to_bytes(16, "big"), "text")

    def opened(self) -> list[ChatSend]:
        """A text is written and the bundle comes: the INIT and the first MSG."""
        (ask,) = self.write()
        assert isinstance(ask, PrekeyGet)
        return self.answer(ask)

    def answer(self, ask: Output) -> list[ChatSend]:
        assert isinstance(ask, PrekeyGet)
        outputs = self.c.bundle(ask.ref, self.bundle)
        assert all(isinstance(output, ChatSend) for output in outputs)
        return [output for output in outputs if isinstance(output, ChatSend)]


def sid_of(init: ChatSend) -> bytes:
    assert init.env[0] == Kind.INIT
    return init.env[2:18]


def number_of(post: ChatSend) -> int:
    msg = decode_envelope(post.env)
    assert isinstance(msg, Msg)
    return msg.n


def test_asks_once_and_seals_what_waits() -> None:
    d = Dialogue()
    (ask,) = d.write()
    assert d.write() == d.write() == []
    assert d.c.waiting == 3
    init, *msgs = d.answer(ask)
    assert init.env[0] == Kind.INIT
    assert [number_of(msg) for msg in msgs] == [0, 1, 2]
    assert {post.to for post in (init, *msgs)} == {d.to.session}
    assert d.c.waiting == 0
    assert len(list(d.c.letters)) == 3


def test_stale_answers_are_ignored() -> None:
    d = Dialogue()
    (ask,) = d.write()
    assert isinstance(ask, PrekeyGet)
    assert d.c.bundle(ask.ref + 1, d.bundle) == []
    d.answer(ask)
    assert d.c.bundle(ask.ref, d.bundle) == []
    assert d.c.error(999, ErrorCode.OFFLINE) == []


def test_sent_is_said_once() -> None:
    d = Dialogue()
    init, msg = d.opened()
    assert d.c.sent(init.ref) == []
    assert d.c.sent(msg.ref) == [SentOn(d.to, (bytes(16),))]
    assert d.c.sent(msg.ref + 5) == []
    d.c.error(msg.ref, ErrorCode.BACKLOG)
    assert d.c.sent(msg.ref) == []


def test_a_bundle_that_fails_ends_what_waits() -> None:
    d = Dialogue()
    (ask,) = d.write()
    assert isinstance(ask, PrekeyGet)
    refused, undelivered = d.c.bundle(ask.ref, d.bundle[:-1] + b"\0")
    assert isinstance(refused, BundleRefused)
    assert undelivered == Undelivered(d.to, bytes(16), "text", Failure.BAD_BUNDLE)
    assert d.c.is_idle


def test_pins_have_the_last_word() -> None:
    d = Dialogue()
    assert isinstance(d.context.pins, Pins)
    d.context.pins.refused.add(d.to.fp)
    (ask,) = d.write()
    assert isinstance(ask, PrekeyGet)
    assert d.c.bundle(ask.ref, d.bundle) == [
        Undelivered(d.to, bytes(16), "text", Failure.NOT_TRUSTED)
    ]


def test_thirty_seconds_after_sent_ninety_after_sending() -> None:
    d = Dialogue()
    start = d.clock.now
    _, msg = d.opened()
    assert d.c.next_deadline() == start + 90
    d.clock.now = start + 20
    d.c.sent(msg.ref)
    assert d.c.next_deadline() == start + 50
    d.clock.now = start + 49
    assert d.c.tick() == []
    d.clock.now = start + 50
    (ask,) = d.c.tick()
    _, again = d.answer(ask)
    assert number_of(again) == 0


def test_at_most_one_restart_in_ten_seconds() -> None:
    d = Dialogue()
    init, _ = d.opened()
    (ask,) = d.c.reset(sid_of(init)) or []
    init, _ = d.answer(ask)
    assert d.c.reset(sid_of(init)) == []
    assert d.c.reset(sid_of(init)) == []
    assert d.c.next_deadline() == d.clock.now + 10
    d.clock.now += 10
    (ask,) = d.c.tick()
    assert isinstance(ask, PrekeyGet)


def test_three_restarts_without_progress() -> None:
    d = Dialogue()
    posts = d.opened()
    for _ in range(3):
        (ask,) = d.c.reset(sid_of(posts[0])) or d.c.tick()
        posts = d.answer(ask)
        d.clock.now += 10
    assert d.c.reset(sid_of(posts[0])) == [Undelivered(d.to, bytes(16), "text", Failure.NO_RECEIPT)]
    assert d.c.next_deadline() is None
    assert not d.c.is_idle, "its restarts are remembered"


def test_reset_of_another_session_means_nothing() -> None:
    d = Dialogue()
    d.opened()
    assert d.c.reset(bytes(16)) is None
    assert d.c.receipt(Receipt(bytes(16), 0, 1, 1, bytes(32))) is None


def test_a_backlog_keeps_the_session_from_sealing_on() -> None:
    d = Dialogue()
    init, msg = d.opened()
    (ask,) = d.c.error(msg.ref, ErrorCode.BACKLOG)
    init, msg = d.answer(ask)
    assert d.c.error(init.ref, ErrorCode.BACKLOG) == []
    assert d.write() == []
    assert d.c.waiting == 1
    d.clock.now += 10
    (ask,) = d.c.tick()
    assert [number_of(post) for post in d.answer(ask)[1:]] == [0, 1]


def test_offline_ends_it_and_the_next_text_begins_anew() -> None:
    d = Dialogue()
    _, msg = d.opened()
    assert d.c.error(msg.ref, ErrorCode.OFFLINE) == [
        Undelivered(d.to, bytes(16), "text", Failure.OFFLINE)
    ]
    assert d.c.is_idle
    (ask,) = d.write()
    assert isinstance(ask, PrekeyGet)


def test_given_up_by_the_caller() -> None:
    d = Dialogue()
    d.opened()
    d.write()
    lost = d.c.give_up(Failure.LEFT)
    assert [type(output) for output in lost] == [Undelivered, Undelivered]
    assert list(d.c.letters) == []
    assert not any(isinstance(output, Delivered) for output in lost)
