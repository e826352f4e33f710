"""What leaves the server's core, and how much of it while a socket is slow."""

import dataclasses

from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.server.events import StopRequested
from rsachat.settings import KIB, RelayLimits, ServerSettings
from tests.support.bare import Bare
from tests.support.hub import Hub


def sealed_for(hub: Hub, peer: Bare) -> int:
    return len(hub.raw[peer.conn])


def test_what_waits_for_one_peer_leaves_in_one_record() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    records = 0

    def count(conn: int, data: bytes) -> bytes:
        nonlocal records
        records += conn == bob.conn
        return data

    hub.to_client = count
    alice.say(*(m.ChatSend(ref, bob.session, b"x") for ref in range(1, 101)))
    assert len(bob.got(m.ChatDeliver)) == 100
    assert records == 1


def test_a_socket_that_takes_nothing_is_given_nothing_more() -> None:
    """Whatever it is behind by: what is sealed is out of reach of the queue's limits."""
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    before = sealed_for(hub, bob)
    hub.feed(io.Backlog(bob.conn, 10))
    for ref in range(1, 35):
        alice.say(m.ChatSend(ref, bob.session, bytes(61_000)))
    assert sealed_for(hub, bob) - before <= 256 * KIB + 64 * KIB
    assert not alice.got(m.Error)[1:]


def test_a_slow_socket_gets_more_as_it_takes_more() -> None:
    hub = Hub(settings=ServerSettings(relay=dataclasses.replace(RelayLimits(), in_flight=4000)))
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(bob.conn, 5000))
    alice.say(*(m.ChatSend(ref, bob.session, bytes(1500)) for ref in range(1, 9)))
    assert not bob.got(m.ChatDeliver)
    hub.feed(io.Backlog(bob.conn, 1001))
    assert not bob.got(m.ChatDeliver)
    hub.feed(io.Backlog(bob.conn, 1000))
    assert len(bob.got(m.ChatDeliver)) == 2
    hub.feed(io.Backlog(bob.conn, 900))
    assert len(bob.got(m.ChatDeliver)) == 4
    hub.feed(io.Backlog(bob.conn, 0))
    assert len(bob.got(m.ChatDeliver)) == 8


def test_slow_recipients_together_hold_a_bounded_memory_and_no_other_is_refused() -> None:
    """One key has 64 sessions: with 16 MiB for each it would hold a gibibyte."""
    small = dataclasses.replace(RelayLimits(), queue_everybody=100 * KIB, queue_least=10 * KIB)
    hub = Hub(settings=ServerSettings(relay=small))
    alice, carol = Bare(hub), Bare(hub, "carol")
    slow = [Bare(hub, "bob") for _ in range(8)]
    for bob in slow:
        hub.feed(io.Backlog(bob.conn, 300 * KIB))
    refs = iter(range(1, 10_000))

    def send(to: Bare, count: int) -> int:
        """How many of so many messages of 1 KiB were refused."""
        before = len(alice.got(m.Error))
        alice.say(*(m.ChatSend(next(refs), to.session, bytes(978)) for _ in range(count)))
        return len(alice.got(m.Error)) - before

    assert [send(bob, 60) for bob in slow] == [0, 19, 50, 50, 50, 50, 50, 50]
    assert hub.server.overview.metrics().queued_chat == (101 + 6 * 10) * KIB
    assert [send(carol, 10), send(carol, 10)] == [0, 0], "what leaves at once waits for nobody"
    hub.feed(io.Backlog(slow[1].conn, 0))
    hub.cut(hub.clients[slow[0].conn])
    assert send(slow[2], 40) == 0
    hub.cut(hub.clients[slow[2].conn])
    for bob in slow[3:]:
        hub.feed(io.Backlog(bob.conn, 0))
    assert hub.server.overview.metrics().queued_chat == 0
    assert hub.server._out._queued == 0


def test_a_full_socket_costs_no_ticks() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(bob.conn, 300 * KIB))
    alice.say(m.ChatSend(1, bob.session, b"x"))
    hub.advance(1)
    deadline = hub.server.next_deadline()
    assert deadline is not None
    assert deadline > hub.clock.now + 1


def test_a_conversation_costs_a_tick_now_and_then_and_none_a_message() -> None:
    """Each SENT has left with an answer, so that few of them have to be looked for."""
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    for ref in range(1, 16):
        hub.clock.now += 0.001
        alice.say(m.ChatSend(ref, bob.session, b"x"))
        bob.say(m.ChatSend(ref, alice.session, b"y"))
    ticks, soon = 0, hub.clock.now + 0.1
    while (due := hub.server.next_deadline()) is not None and due <= soon:
        hub.clock.now = due
        hub.feed(io.Tick())
        ticks += 1
    assert ticks <= 4
    assert alice.got(m.Sent)[-1] == bob.got(m.Sent)[-1] == m.Sent(15)


def test_a_socket_that_takes_nothing_for_thirty_seconds_is_closed_alone() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(bob.conn, 1000))
    hub.advance(20, step=1)
    hub.feed(io.Backlog(bob.conn, 999))
    hub.advance(20, step=1)
    hub.feed(io.Backlog(bob.conn, 999))  # an attempt that moved nothing is no progress
    assert bob.conn not in hub.closed
    hub.advance(10.5, step=0.5)
    assert bob.conn in hub.closed
    assert alice.conn not in hub.closed
    assert "it takes no bytes" in hub.notices[-1].line.plain


def test_goodbyes_come_after_what_was_routed() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    alice.link.send([codec.encode(m.ChatSend(1, bob.session, b"last words"))])
    (action,) = alice.flush()
    hub._server(io.BytesReceived(alice.conn, action.data))  # type: ignore[attr-defined]
    hub._server(StopRequested())
    hub.settle()
    assert [x.env for x in bob.got(m.ChatDeliver)] == [b"last words"]  # type: ignore[attr-defined]
    assert bob.alert == alice.alert == 11
    assert alice.got(m.Sent) == [m.Sent(1)]


def test_close_is_answered_by_close() -> None:
    hub = Hub()
    alice = Bare(hub)
    alice.link.close()
    hub.settle()
    assert type(alice.end).__name__ == "PeerClosed"
    assert alice.conn in hub.closed
