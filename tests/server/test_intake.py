"""The two brakes on what comes in: rates, and the server's own output that piles up."""

import dataclasses
from collections.abc import Callable

import pytest

from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.codes import FindBy, Role
from rsachat.protocol.link import ClientLink
from rsachat.settings import KIB, MIB, RelayLimits, ServerSettings
from tests.support.bare import Bare
from tests.support.hub import Hub


def waiting(hub: Hub, peer: Bare) -> int:
    return hub.server._conns[peer.conn].outbox.other


def pings(count: int) -> list[m.Message]:
    return [m.Ping(number.to_bytes(8, "big")) for number in range(count)]


def test_hop_ping_flood_bounded() -> None:
    """A peer that asks and never reads makes the server hold a bounded amount, and no more."""
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(alice.conn, 300 * KIB))  # its socket takes nothing
    for _ in range(60):
        alice.say(*pings(5000))
        assert waiting(hub, alice) <= 256 * KIB + 12
    assert alice.conn in hub.paused
    bob.say(m.Find(1, FindBy.NAME, "bob"))
    assert bob.got(m.Found)
    hub.advance(31, step=1)
    assert alice.conn in hub.closed
    assert bob.end is None


def key_updates(link: ClientLink, count: int) -> None:
    assert link._sealer is not None
    link._out += [link._sealer._step(0.0) for _ in range(count)]


def extensions(link: ClientLink, count: int) -> None:
    link.send([b"\x80\0\0\0"] * count)


@pytest.mark.parametrize("role", [Role.CHAT, Role.UPLOAD])
@pytest.mark.parametrize("flood", [key_updates, extensions])
def test_a_flood_of_what_nobody_hears_of_is_not_read_further(
    flood: Callable[[ClientLink, int], None], role: Role
) -> None:
    hub = Hub()
    alice, bob = Bare(hub, role=role), Bare(hub, "bob")
    flood(alice.link, 2)
    hub.settle()
    assert not hub.paused
    flood(alice.link, 2000)
    hub.settle()
    assert hub.paused == {alice.conn}
    hub.advance(74, step=1)
    assert hub.paused == {alice.conn}
    hub.advance(2, step=1)
    assert not hub.paused
    assert alice.end is None
    assert bob.end is None


def test_a_newcomers_flood_is_not_read_further() -> None:
    hub = Hub()
    stranger = Bare(hub, role=Role.JOIN, wish="dave")
    extensions(stranger.link, 2000)
    hub.settle()
    assert hub.paused == {stranger.conn}


def test_what_is_held_is_handled_in_order_when_the_output_has_left() -> None:
    unhurried = dataclasses.replace(RelayLimits(), asks_burst=100_000)
    hub = Hub(settings=ServerSettings(relay=unhurried))
    alice = Bare(hub)
    hub.feed(io.Backlog(alice.conn, 300 * KIB))
    alice.say(*pings(30_000))
    assert alice.conn in hub.paused
    assert not alice.got(m.Pong)
    hub.feed(io.Backlog(alice.conn, 0))
    hub.advance(1)
    assert [x.data for x in alice.got(m.Pong)] == [x.data for x in pings(30_000)]  # type: ignore[attr-defined]
    assert not hub.paused


def test_messages_of_one_record_are_held_in_its_middle() -> None:
    small = dataclasses.replace(RelayLimits(), other_pause=120)
    hub = Hub(settings=ServerSettings(relay=small))
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(alice.conn, 300 * KIB))
    record = [*pings(20), m.ChatSend(1, bob.session, b"after the pings")]
    alice.say(*record)
    assert 120 < waiting(hub, alice) <= 132
    assert not bob.got(m.ChatDeliver)
    hub.feed(io.Backlog(alice.conn, 0))
    assert [x.env for x in bob.got(m.ChatDeliver)] == [b"after the pings"]  # type: ignore[attr-defined]


def test_a_session_held_and_then_over_its_rate_is_read_again_when_the_debt_is_paid() -> None:
    limits = dataclasses.replace(
        RelayLimits(), other_pause=120, envelopes_per_second=10.0, envelopes_burst=1.0
    )
    hub = Hub(settings=ServerSettings(relay=limits))
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(alice.conn, 300 * KIB))
    alice.say(*pings(20), *(m.ChatSend(ref, bob.session, b"x") for ref in range(1, 12)))
    hub.feed(io.Backlog(alice.conn, 0))
    assert len(bob.got(m.ChatDeliver)) == 11
    assert hub.paused == {alice.conn}
    hub.advance(1.1)
    assert not hub.paused


def test_a_goodbye_among_what_is_held_is_a_goodbye() -> None:
    hub = Hub()
    alice = Bare(hub)
    hub.feed(io.Backlog(alice.conn, 300 * KIB))
    alice.say(*pings(30_000))
    alice.link.close()
    hub.settle()
    assert hub.server.clients == 1
    hub.feed(io.Backlog(alice.conn, 0))
    hub.advance(0.2)
    assert hub.server.clients == 0
    assert hub.notices[-1].line.plain.endswith("quit (clients: 0)")


def test_who_ends_in_debt_among_what_was_held_is_not_looked_for_any_more() -> None:
    """Its deadline, set after its end, took the whole server along (found by the simulation)."""
    small = dataclasses.replace(RelayLimits(), other_pause=120, asks_burst=1.0)
    hub = Hub(settings=ServerSettings(relay=small))
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(alice.conn, 300 * KIB))
    alice.say(*pings(60))
    alice.link.close()
    hub.settle()
    hub.feed(io.Backlog(alice.conn, 0))
    assert alice.conn in hub.closed
    hub.advance(5)
    bob.say(m.Find(1, FindBy.NAME, "bob"))
    assert bob.got(m.Found)


def test_at_one_mib_of_the_servers_own_messages_the_connection_is_closed() -> None:
    hub = Hub()
    slow, other = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(slow.conn, 300 * KIB))
    conn = hub.server._conns[slow.conn]
    hub.server._out.say_encoded(conn, bytes(1 * MIB))
    hub.settle()
    assert other.end is None
    assert slow.conn not in hub.closed
    other.say(m.Ping(bytes(8)))
    hub.server._out.say_encoded(conn, bytes(1))
    hub.settle()
    assert slow.conn in hub.closed
    assert hub.server.clients == 1
    assert other.received[-1] == m.Notice(
        2, 1, m.Entry(slow.session, "alice", conn.fp, slow.address)
    )
