"""Newcomers at the server: what role 2 is told, what one JOIN brings, what a wrong one costs."""

from __future__ import annotations

import dataclasses

import pytest

from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.invitation import hashed_secret
from rsachat.server import notices as n
from rsachat.server.events import KeyRing
from rsachat.settings import AdmissionLimits, ServerSettings
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Hub

FAR = "192.0.2.7"
SECRET = bytes(range(16))


def joiner(hub: Hub, name: str = "alice", address: str | None = None) -> Bare:
    return Bare(hub, role=Role.JOIN, wish=name, address=address)


def invited(name: str = "alice", **limits: int) -> Hub:
    admission = dataclasses.replace(AdmissionLimits(), **limits)  # type: ignore[arg-type]
    hub = Hub(authorized=("bob",), settings=ServerSettings(admission=admission, motd="be kind"))
    hub.invited[hashed_secret(SECRET)] = name
    return hub


def refusals(hub: Hub) -> list[str]:
    return [notice.line.plain for notice in hub.notices if isinstance(notice, n.RefusedPeer)]


def test_a_newcomer_is_welcomed_and_told_nothing() -> None:
    hub = invited()
    hub.join("bob")
    alice = joiner(hub)
    assert alice.welcome is not None
    welcome = alice.welcome
    assert welcome.server_fp == keys.public("server").fingerprint
    assert (welcome.session, welcome.name) == (bytes(8), "alice")
    assert (welcome.online, welcome.address, welcome.motd) == (0, "", "")
    assert alice.received == []


def test_an_invited_key_is_let_in_and_can_log_in_at_once() -> None:
    hub = invited()
    alice = joiner(hub)
    alice.say(m.Join(SECRET))
    assert alice.received == [m.Joined(0)]
    assert alice.end == le.PeerClosed()
    assert alice.conn in hub.closed
    assert hub.invited == {}
    assert [notice for notice in hub.notices if not isinstance(notice, n.RefusedPeer)] == [
        n.Authorized("alice", alice.address)
    ]
    assert Bare(hub).welcome is not None
    assert refusals(hub) == []


@pytest.mark.parametrize(
    ("secret", "name"), [(bytes(16), "alice"), (SECRET, "carol")], ids=["secret", "name"]
)
def test_a_wrong_invitation_is_refused_and_spends_nothing(secret: bytes, name: str) -> None:
    hub = invited()
    newcomer = joiner(hub, name)
    newcomer.say(m.Join(secret))
    assert newcomer.received == [m.Joined(AlertCode.NOT_AUTHORIZED)]
    assert newcomer.end == le.PeerClosed()
    assert len(hub.invited) == 1
    assert len(hub.ring.authorized) == 1
    assert refusals(hub) == [f"refused {name} {newcomer.address}: it has no valid invitation"]


def test_wrong_invitations_shut_their_address_out() -> None:
    hub = invited(failures=3)
    for port in range(4000, 4003):
        joiner(hub, address=f"{FAR}:{port}").say(m.Join(bytes(16)))
    assert joiner(hub, address=f"{FAR}:5000").alert == AlertCode.RATE
    other = joiner(hub, address="192.0.2.8:5000")
    other.say(m.Join(SECRET))
    assert other.received == [m.Joined(0)]


@pytest.mark.parametrize("spoken", [m.Ping(bytes(8)), m.PrekeyPut(bytes(2000)), m.Find(1, 0, "b")])
def test_whatever_is_no_join_ends_it_and_counts(spoken: m.Message) -> None:
    hub = invited(failures=1)
    newcomer = joiner(hub, address=f"{FAR}:4000")
    newcomer.say(spoken)
    assert newcomer.alert == AlertCode.UNEXPECTED
    assert joiner(hub, address=f"{FAR}:4001").alert == AlertCode.RATE


def test_a_second_join_is_out_of_place() -> None:
    hub = invited()
    newcomer = joiner(hub)
    newcomer.say(m.Join(SECRET), m.Join(SECRET))
    assert newcomer.alert == AlertCode.UNEXPECTED
    assert len(hub.invited) == 1


def test_a_newcomer_counts_as_a_stranger_until_it_is_gone() -> None:
    hub = invited(strangers_each=2)
    newcomers = [joiner(hub, address=f"{FAR}:{port}") for port in (4000, 4001)]
    assert Bare(hub, "bob", address=f"{FAR}:4002").alert == AlertCode.BUSY
    newcomers[0].say(m.Join(bytes(16)))
    assert Bare(hub, "bob", address=f"{FAR}:4003").welcome is not None


def test_a_newcomer_has_the_time_of_a_handshake() -> None:
    hub = invited()
    newcomer = joiner(hub)
    hub.advance(9, step=1)
    assert newcomer.end is None
    hub.advance(2, step=1)
    assert newcomer.alert == AlertCode.IDLE


def test_a_newcomer_makes_the_server_hold_no_more_than_a_stranger() -> None:
    hub = invited()
    newcomer = joiner(hub)
    hub.feed(io.BytesReceived(newcomer.conn, (8193).to_bytes(4, "big")))
    assert newcomer.alert == AlertCode.DECODE


def test_a_newcomer_is_no_session() -> None:
    hub = invited()
    newcomer = joiner(hub)
    assert hub.server.clients == 0
    hub.load_keys(KeyRing())
    assert newcomer.end is None


@pytest.mark.parametrize("last", [m.Close(), m.Alert(AlertCode.IDLE), m.Ping(bytes(8))])
def test_whom_an_invitation_let_in_is_told_though_it_left_at_once(last: m.Message) -> None:
    hub = invited()
    newcomer = joiner(hub)
    newcomer.link.send([codec.encode(m.Join(SECRET))])
    newcomer.say(last)
    assert newcomer.conn in hub.closed
    assert n.Authorized("alice", newcomer.address) in hub.notices


def test_a_wrong_invitation_counts_though_its_newcomer_left_at_once() -> None:
    hub = invited(failures=1)
    newcomer = joiner(hub, address=f"{FAR}:4000")
    newcomer.link.send([codec.encode(m.Join(bytes(16)))])
    newcomer.say(m.Close())
    assert joiner(hub, address=f"{FAR}:5000").alert == AlertCode.RATE


def test_the_servers_own_trouble_is_no_fault_of_the_newcomers() -> None:
    hub = invited(failures=1)
    hub.keys_trouble = True
    newcomer = joiner(hub, address=f"{FAR}:4000")
    newcomer.say(m.Join(SECRET))
    assert newcomer.received == []
    assert newcomer.alert == AlertCode.INTERNAL
    why = "its invitation could not be looked up"
    assert refusals(hub) == [f"refused alice {newcomer.address}: {why}"]
    hub.keys_trouble = False
    again = joiner(hub, address=f"{FAR}:4001")
    again.say(m.Join(SECRET))
    assert again.received == [m.Joined(0)]


def test_a_newcomer_that_left_is_not_told_of_the_servers_trouble() -> None:
    hub = invited()
    hub.keys_trouble = True
    newcomer = joiner(hub)
    newcomer.link.send([codec.encode(m.Join(SECRET))])
    newcomer.say(m.Close())
    assert newcomer.conn in hub.closed
    why = [notice.reason for notice in hub.notices if isinstance(notice, n.RefusedPeer)]
    assert why == ["quit"]
