"""A client's one connection against a server's real link: login, upkeep, and every end."""

import pytest

from rsachat.client.channel import Channel, ChannelEvent, End, Ended, LoggedIn
from rsachat.crypto.kem import HybridKem
from rsachat.protocol import codec
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link import ServerLink
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.peers import Clock, ambient

PIN = keys.public("server").fingerprint


class Wire:
    """A channel and the server's link, joined; the server does what a test says."""

    def __init__(self, pin: bytes | None = PIN, server: str = "server") -> None:
        self.clock = Clock()
        tools = ambient(self.clock)
        self.channel = Channel(
            keys.private("alice"), tools, ClientSettings(), Role.CHAT, "alice", pin
        )
        self._server_key = keys.private(server)
        self.link = ServerLink(keys.public(server), tools)
        self.heard: list[m.Message] = []
        self.refusal: int | None = None
        self.silent = False

    def run(self) -> list[ChannelEvent]:
        """Pass bytes until both are silent; what the channel has said."""
        said: list[ChannelEvent] = []
        while True:
            to_server = self.channel.flush()
            if to_server and not self.silent:
                self._serve(self.link.receive_data(to_server))
            to_client = self.link.data_to_send()
            if to_client:
                said += self.channel.receive(to_client)
            if not to_server and not to_client:
                return said

    def _serve(self, events: list[le.LinkEvent]) -> None:
        for event in events:
            match event:
                case le.SignatureNeeded(label=label, message=message):
                    self._serve(self.link.signature_ready(self._server_key.sign(label, message)))
                case le.ClientProven() if self.refusal is not None:
                    self.link.refuse(self.refusal)
                case le.ClientProven():
                    self.link.accept(self.welcome())
                case m.Message() as message:
                    self.heard.append(message)

    def welcome(self) -> m.Welcome:
        return m.Welcome(PIN, bytes(8), "alice", "127.0.0.1:5", 0, 0, 0, 0)

    def logged_in(self) -> "Wire":
        (event,) = self.run()
        assert isinstance(event, LoggedIn)
        return self


def ending(events: list[ChannelEvent]) -> Ended:
    (event,) = events
    assert isinstance(event, Ended)
    return event


def test_a_login_ends_in_welcome_and_a_proven_key() -> None:
    wire = Wire()
    assert wire.channel.server is None
    assert wire.run() == [LoggedIn(wire.welcome())]
    assert wire.channel.server == keys.public("server")


def test_half_a_fingerprint_is_pin_enough() -> None:
    assert Wire(PIN[:16]).logged_in().channel.server is not None


def test_without_a_pin_the_key_is_learnt_and_nothing_is_said_about_oneself() -> None:
    wire = Wire(pin=None)
    assert ending(wire.run()) == Ended(End.UNPINNED, False, keys.public("server"))
    assert wire.link.peer is None
    assert wire.channel.flush() == b""


def test_another_key_than_the_pinned_one_is_the_end() -> None:
    wire = Wire(server="bob")
    assert ending(wire.run()) == Ended(End.CHANGED, False, keys.public("bob"))
    assert wire.link.peer is None


def test_a_refusal_is_told_with_its_code() -> None:
    wire = Wire()
    wire.refusal = AlertCode.NOT_AUTHORIZED
    assert ending(wire.run()) == Ended(End.REFUSED, False, code=AlertCode.NOT_AUTHORIZED)


def test_messages_go_both_ways_and_pings_are_answered() -> None:
    wire = Wire().logged_in()
    wire.channel.send(m.Find(1, 0, "bob"))
    sent = [m.Ping(b"12345678"), m.Sent(3), m.Pong(bytes(8))]
    wire.link.send([codec.encode(message) for message in sent])
    assert wire.run() == [m.Sent(3)]
    assert wire.heard == [m.Find(1, 0, "bob"), m.Pong(b"12345678")]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda link: link.close(), Ended(End.CLOSED, True)),
        (lambda link: link.alert(AlertCode.SHUTDOWN), Ended(End.ALERT, True, code=11)),
    ],
)
def test_what_the_server_says_last_is_the_end(act, expected: Ended) -> None:  # type: ignore[no-untyped-def]
    wire = Wire().logged_in()
    act(wire.link)
    assert ending(wire.run()) == expected
    assert wire.channel.ended
    assert wire.channel.next_deadline() is None
    assert wire.channel.lost("later") == wire.channel.tick() == []


def test_the_end_of_input_without_a_goodbye_is_a_cut() -> None:
    wire = Wire().logged_in()
    assert ending(wire.channel.eof()) == Ended(End.CUT, True)
    wire = Wire()
    assert ending(wire.channel.lost("reset by peer")) == Ended(
        End.CUT, False, detail="reset by peer"
    )


def test_garbage_breaks_the_protocol() -> None:
    wire = Wire()
    end = ending(wire.channel.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert (end.end, end.logged_in) == (End.BROKEN, False)
    assert end.detail


def test_a_login_has_ten_seconds() -> None:
    wire = Wire()
    wire.channel.flush()
    assert wire.channel.next_deadline() == wire.clock.now + 10
    wire.clock.now += 9.9
    assert wire.channel.tick() == []
    wire.clock.now += 0.1
    assert ending(wire.channel.tick()) == Ended(End.TIMED_OUT, False)


def test_a_quiet_server_is_asked_each_half_minute_and_given_up_after_three() -> None:
    wire = Wire().logged_in()
    start = wire.clock.now
    for second in (30, 60):
        assert wire.channel.next_deadline() == start + second
        wire.clock.now = start + second
        assert wire.channel.tick() == []
        wire.silent = True
        assert wire.channel.flush()
    wire.clock.now = start + 90
    assert ending(wire.channel.tick()) == Ended(End.TIMED_OUT, True)


def test_any_input_is_a_sign_of_life() -> None:
    wire = Wire().logged_in()
    wire.clock.now += 85
    wire.link.send([codec.encode(m.Sent(1))])
    wire.run()
    assert wire.channel.tick() == []
    assert wire.channel.next_deadline() == wire.clock.now + 30


def test_a_goodbye_waits_for_the_servers_and_nothing_follows_it() -> None:
    wire = Wire().logged_in()
    wire.channel.send(m.Find(1, 0, "bob"))
    wire.channel.close()
    wire.channel.send(m.Find(2, 0, "eve"))
    assert wire.run() == []
    assert wire.heard == [m.Find(1, 0, "bob")]
    wire.link.close()
    assert ending(wire.run()).end is End.CLOSED


def test_a_client_that_signs_never_needs_a_kem_of_its_own() -> None:
    """The key encapsulation comes with the ambient, so that tests can replace it."""
    tools = Ambient(lambda: 0.0, lambda: 0, bytes, HybridKem())
    assert not Channel(keys.private("alice"), tools, ClientSettings(), Role.CHAT, "", PIN).ended
