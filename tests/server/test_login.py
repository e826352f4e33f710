"""From a stranger to a session, and who is turned away on that way."""

import dataclasses

import pytest

from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.frames import PREAMBLE
from rsachat.server import notices as n
from rsachat.server.events import KeyRing
from rsachat.settings import AdmissionLimits, ServerSettings, SessionLimits
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import WALL_MS, Hub

FAR = "192.0.2.7"


def admission(**changes: float | bool) -> ServerSettings:
    return ServerSettings(admission=dataclasses.replace(AdmissionLimits(), **changes))  # type: ignore[arg-type]


def test_welcome_says_all_that_a_client_needs() -> None:
    hub = Hub(settings=ServerSettings(motd="be kind"))
    hub.join("bob")
    alice = Bare(hub)
    welcome = alice.welcome
    assert welcome is not None
    assert welcome.server_fp == keys.public("server").fingerprint
    assert (welcome.name, welcome.address, welcome.online) == ("alice", alice.address, 1)
    assert (welcome.time_ms, welcome.motd) == (WALL_MS, "be kind")
    assert len(welcome.session) == 8
    assert isinstance(alice.received[0], m.Roster)


def test_an_upload_is_no_chat_session() -> None:
    hub = Hub()
    alice = Bare(hub, role=Role.UPLOAD)
    assert alice.welcome is not None
    assert not alice.received
    hub.advance(10, step=1)
    assert alice.end is None
    assert hub.server.clients == 0


def test_uploads_of_a_key_are_limited_apart_from_its_sessions() -> None:
    limits = dataclasses.replace(SessionLimits(), uploads_per_key=1, sessions_per_key=1)
    hub = Hub(settings=ServerSettings(session=limits))
    roles = [Role.UPLOAD, Role.CHAT, Role.UPLOAD, Role.CHAT]
    peers = [Bare(hub, role=role) for role in roles]
    assert [peer.alert for peer in peers] == [None, None, AlertCode.RATE, AlertCode.RATE]


def test_who_left_makes_room_for_another_of_its_key() -> None:
    limits = dataclasses.replace(SessionLimits(), sessions_per_key=2)
    hub = Hub(settings=ServerSettings(session=limits))
    first, unlisted, late = Bare(hub), Bare(hub, listed=False), Bare(hub)
    assert late.alert == AlertCode.RATE
    for gone in (first, unlisted):
        hub.feed(io.ConnectionLost(gone.conn, "gone"))
        assert Bare(hub).welcome is not None
        assert Bare(hub).alert == AlertCode.RATE


def test_strangers_of_an_address_make_room_for_a_newcomer() -> None:
    hub = Hub()
    strangers = [hub.accept(f"{FAR}:{4000 + number}")[0] for number in range(32)]
    alice = Bare(hub, address=f"{FAR}:5000")
    assert alice.welcome is not None
    assert hub.closed == {strangers[0]}
    assert codec.encode_payload(m.Alert(AlertCode.BUSY)) in bytes(hub.raw[strangers[0]])


def test_hellos_that_wait_for_their_signature_do_not_make_room() -> None:
    hub = Hub(settings=admission(strangers_all=3))
    hub.hold_jobs = True
    waiting = [Bare(hub) for _ in range(3)]
    late = Bare(hub)
    assert late.alert == AlertCode.BUSY
    assert all(peer.end is None for peer in waiting)
    hub.run_jobs()
    hub.settle()
    assert all(peer.welcome is not None for peer in waiting)


def test_who_has_logged_in_is_no_stranger_any_more() -> None:
    hub = Hub(settings=admission(strangers_all=2))
    peers = [Bare(hub) for _ in range(5)]
    assert all(peer.welcome is not None for peer in peers)


def test_an_address_that_connects_too_fast_hears_it() -> None:
    hub = Hub(settings=admission(connects_burst=3))
    peers = [Bare(hub, address=f"{FAR}:{port}") for port in range(4000, 4005)]
    assert [peer.alert for peer in peers] == [None, None, None, AlertCode.RATE, AlertCode.RATE]
    hub.advance(0.1)
    assert Bare(hub, address=f"{FAR}:4010").welcome is not None
    assert all(Bare(hub).welcome is not None for _ in range(5))  # loopback is exempt


def test_refused_keys_shut_their_address_out_for_a_minute() -> None:
    hub = Hub(authorized=("bob",), settings=admission(failures=3))
    for port in range(4000, 4003):
        assert Bare(hub, address=f"{FAR}:{port}").alert == AlertCode.NOT_AUTHORIZED
    assert Bare(hub, "bob", address=f"{FAR}:5000").alert == AlertCode.RATE
    assert Bare(hub, "bob", address="192.0.2.8:5000").welcome is not None
    hub.advance(61, step=1)
    assert Bare(hub, "bob", address=f"{FAR}:5000").welcome is not None


def test_leaving_early_garbage_and_timeouts_are_no_failed_proofs() -> None:
    hub = Hub(settings=admission(failures=1))
    for what in (b"", PREAMBLE, b"GET / HTTP/1.1\r\n\r\n", PREAMBLE + bytes(4)):
        conn, _ = hub.accept(f"{FAR}:4000")
        if what:
            hub.feed(io.BytesReceived(conn, what))
        hub.feed(io.EofReceived(conn))
    hub.accept(f"{FAR}:4001")
    hub.advance(11, step=1)
    assert Bare(hub, address=f"{FAR}:5000").welcome is not None


def test_a_key_authorized_while_it_knocks_comes_in_at_once() -> None:
    hub = Hub(authorized=())
    hub.ring = KeyRing({keys.public("alice").fingerprint: "alice"})
    assert Bare(hub).welcome is not None


def test_one_key_of_an_open_server_keeps_one_name() -> None:
    hub = Hub(authorized=(), settings=ServerSettings(open=True))
    first, second = (Bare(hub, wish=wish, listed=False) for wish in ("ann", "ben"))
    assert [peer.welcome and peer.welcome.name for peer in (first, second)] == ["ann", "ann"]
    assert len(hub.guests) == 1


def test_a_signature_that_comes_too_late_is_dropped() -> None:
    hub = Hub()
    hub.hold_jobs = True
    alice = Bare(hub)
    hub.advance(11, step=1)
    assert alice.alert == AlertCode.IDLE
    hub.run_jobs()
    hub.settle()
    assert alice.welcome is None


def test_a_pool_that_fails_ends_the_one_handshake() -> None:
    hub = Hub()
    hub.hold_jobs = True
    alice = Bare(hub)
    job = hub._jobs.popleft()
    hub.feed(io.JobFailed(job.job_id, "the worker died"))
    assert alice.alert == AlertCode.INTERNAL
    assert [x.reason for x in hub.notices if isinstance(x, n.RefusedPeer)] == ["the worker died"]


@pytest.mark.parametrize("size", [8193, 1 << 31])
def test_a_strangers_length_is_looked_at_before_anything_is_kept(size: int) -> None:
    hub = Hub()
    conn, _ = hub.accept()
    hub.feed(io.BytesReceived(conn, PREAMBLE + size.to_bytes(4, "big")))
    assert conn in hub.closed
