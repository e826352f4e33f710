"""The server's core as its peers see it: who comes in, who is told what, who is sent away."""

import dataclasses
from pkgutil import resolve_name
from typing import Any

import pytest

from rsachat.client import views as v
from rsachat.client.probe import ProbeCore
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.link import ServerLink
from rsachat.server import notices as n
from rsachat.server.events import KeyRing, StopRequested
from rsachat.settings import ClientSettings, ServerSettings, SessionLimits
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Client, Hub


def kinds(hub: Hub) -> list[str]:
    return [type(notice).__name__ for notice in hub.notices]


def told_name(client: Client) -> str:
    """Under which name the server knows it."""
    return next(view.name for view in client.views if isinstance(view, v.Connected))


def settings(**session: object) -> ServerSettings:
    return ServerSettings(session=dataclasses.replace(SessionLimits(), **session))  # type: ignore[arg-type]


def test_connecting_and_leaving_is_announced_with_the_exact_count() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.join("bob")
    assert hub.server.clients == 2
    hub.advance(5)
    hub.type(alice, "quit")
    assert [notice.line.plain for notice in hub.notices] == [
        f"connected alice {alice.address} (clients: 1)",
        "connected bob 127.0.0.1:50002 (clients: 2)",
        f"disconnected alice {alice.address} after 5s: quit (clients: 1)",
    ]
    assert hub.server.clients == 1


def test_clients_see_others_come_and_go_with_the_count() -> None:
    hub = Hub()
    alice = hub.join("alice")
    bob = hub.join("bob")
    assert alice.seen(v.Joined) == [v.Joined("bob", bob.address, 2)]
    hub.type(bob, "quit")
    assert alice.seen(v.Left) == [v.Left("bob", bob.address, 1)]


def test_an_unknown_key_is_refused_after_its_proof_only() -> None:
    hub = Hub(authorized=("alice",))
    bob = hub.join("bob")
    assert bob.finished
    assert bob.error is not None
    assert bob.error.exit_code == 4
    assert "not authorized" in bob.error.why
    assert kinds(hub) == ["RefusedPeer"]
    assert hub.server.clients == 0


@pytest.mark.parametrize("shown", ["alice", "bob"])
def test_hop_unknown_key_only_after_proof(shown: str) -> None:
    """Who shows a key without owning it is not told whether it is authorized: alice's is."""
    hub = Hub(authorized=("alice",))
    stranger = Bare(hub, shown, signer="carol")
    assert stranger.alert == AlertCode.AUTH
    assert stranger.welcome is None
    assert hub.server.clients == 0
    assert Bare(hub, "bob").alert == AlertCode.NOT_AUTHORIZED


def test_an_open_server_gives_free_names_first_come() -> None:
    hub = Hub(authorized=("alice",), settings=ServerSettings(open=True))
    bob = hub.join("bob", wish="bobby")
    assert told_name(bob) == "bobby"
    assert [(guest.name, guest.spki) for guest in hub.guests] == [
        ("bobby", keys.public("bob").spki)
    ]


@pytest.mark.parametrize("name", ["alice", "bobby", "server", "all", "system"])
def test_hop_open_name_taken(name: str) -> None:
    hub = Hub(authorized=("alice",), settings=ServerSettings(open=True))
    hub.join("bob", wish="bobby")
    carol = hub.join("carol", wish=name)
    assert carol.error is not None
    assert carol.error.exit_code == 4


def test_hop_open_revoked_key() -> None:
    hub = Hub(authorized=(), settings=ServerSettings(open=True))
    hub.load_keys(KeyRing(revoked=frozenset({keys.public("bob").fingerprint})))
    bob = hub.join("bob", wish="bob")
    assert bob.error is not None
    assert bob.error.exit_code == 4


def test_a_guest_is_known_by_its_first_name() -> None:
    hub = Hub(authorized=(), settings=ServerSettings(open=True))
    hub.load_keys(KeyRing(guests={keys.public("bob").fingerprint: "robert"}))
    bob = hub.join("bob", wish="somebody")
    assert told_name(bob) == "robert"


def test_a_guest_that_is_here_counts_as_seen_for_as_long_as_it_stays() -> None:
    hub = Hub(authorized=("alice",), settings=ServerSettings(open=True))
    hub.join("alice")
    assert not hub.guests_seen
    hub.join("bob", wish="gus")
    assert hub.guests_seen == ["gus"]
    both = KeyRing(hub.ring.authorized, {keys.public("bob").fingerprint: "gus"})
    hub.load_keys(both)
    assert hub.guests_seen == ["gus", "gus"], "the keys are loaded once a day at least"
    hub.load_keys(both)
    assert hub.guests_seen == ["gus", "gus"], "nobody is looked up again where nothing changed"


def test_a_key_authorized_a_moment_ago_comes_in() -> None:
    """Before a key is refused, the keys folder is looked at once more."""
    hub = Hub(authorized=())
    hub.ring = KeyRing({keys.public("bob").fingerprint: "bob"})
    assert hub.join("bob").seen(v.Connected)


def test_a_revoked_key_loses_its_sessions() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.load_keys(KeyRing({keys.public("alice").fingerprint: "alice"}))
    assert bob.finished
    assert bob.error is not None
    assert bob.error.exit_code == 4
    assert not alice.finished
    assert hub.server.clients == 1


@pytest.mark.parametrize("role", [Role.CHAT, Role.UPLOAD])
def test_a_key_under_another_name_and_another_key_under_a_name_lose_their_sessions(
    role: Role,
) -> None:
    """Whoever is here goes by the name it came in with: what it says must not be another's."""
    hub = Hub()
    alice, bob, carol = (Bare(hub, name, role=role) for name in ("alice", "bob", "carol"))
    alices, carols = (keys.public(name).fingerprint for name in ("alice", "carol"))
    hub.load_keys(KeyRing({alices: "alicia", bytes(32): "bob", carols: "carol"}))
    assert (alice.alert, bob.alert) == (AlertCode.REVOKED, AlertCode.REVOKED)
    assert carol.end is None


def test_sessions_of_one_key_are_limited() -> None:
    hub = Hub(settings=settings(sessions_per_key=2))
    clients = [hub.join("alice") for _ in range(3)]
    assert [client.finished for client in clients] == [False, False, True]
    assert clients[2].error is not None
    assert clients[2].error.exit_code == 3


def test_stopping_says_goodbye_to_everybody() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    stranger, _ = hub.accept()
    hub.feed(StopRequested())
    for client in (alice, bob):
        assert client.finished
        assert client.error is None
        assert client.views[-1] == v.Closed("server closed the chat", orderly=True)
    assert stranger in hub.closed
    assert hub.stopped
    newcomer, _ = hub.accept()
    hub.settle()
    assert newcomer in hub.closed


def test_the_server_never_relays_in_clear() -> None:
    hub = Hub()
    captured = bytearray()

    def tap(_conn: int, data: bytes) -> bytes:
        captured.extend(data)
        return data

    hub.to_client = hub.to_server = tap
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob the canary sings")
    assert bob.texts() == ["the canary sings"]
    assert b"canary" not in captured
    assert b"alice" not in captured


def test_hop_slow_hello_deadline() -> None:
    hub = Hub()
    conn, _ = hub.accept()
    hub.feed(io.BytesReceived(conn, PREAMBLE))
    hub.advance(9)
    assert conn not in hub.closed
    hub.advance(2)
    assert conn in hub.closed
    assert kinds(hub) == ["RefusedPeer"]


def test_hop_no_prekey_closed() -> None:
    """A session that never shows its prekeys is neither counted nor kept."""
    hub = Hub()
    count = 0

    def swallow(_conn: int, data: bytes) -> bytes:
        nonlocal count
        count += 1
        return data if count <= 2 else b""

    hub.to_server = swallow
    alice = hub.join("alice")
    hub.advance(4)
    assert hub.server.clients == 0
    assert alice.conn in hub.closed
    assert kinds(hub) == ["RefusedPeer"]


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + bytes(200), bytes(64)],
)
def test_foreign_bytes_cost_one_line_and_get_no_answer(garbage: bytes) -> None:
    hub = Hub()
    alice = hub.join("alice")
    conn, address = hub.accept()
    hub.feed(io.BytesReceived(conn, garbage))
    assert conn in hub.closed
    assert not hub.raw[conn]
    assert [x.address for x in hub.notices if isinstance(x, n.RefusedPeer)] == [address]
    assert not alice.finished


def test_another_version_is_told_which_versions_there_are() -> None:
    hub = Hub()
    conn, _ = hub.accept()
    hub.feed(io.BytesReceived(conn, b"RSACHAT\x07"))
    said = m.Alert(AlertCode.VERSION, (1,))
    assert bytes(hub.raw[conn][4:]) == b"\x0f" + codec.encode_payload(said)
    assert conn in hub.closed


def test_an_idle_peer_is_pinged_and_a_dead_one_dropped() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.advance(200, step=1)
    assert not alice.finished  # it answers PING
    hub.to_server = lambda _conn, _data: b""
    hub.advance(100, step=1)
    assert hub.server.clients == 0


def test_a_cut_connection_is_not_a_normal_leave() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.cut(alice)
    assert hub.notices[-1].line.plain.endswith("connection reset (clients: 0)")
    assert alice.error is not None
    assert alice.error.exit_code == 3


def lines(hub: Hub) -> list[str]:
    return [notice.line.plain for notice in hub.notices]


def test_who_looks_at_the_key_and_leaves_is_not_refused() -> None:
    """A first contact: the fingerprint is shown to a person, who may take a minute."""
    hub = Hub()
    conn, address = hub.accept()
    look = ProbeCore(keys.private("bob"), "127.0.0.1:8000", hub.ambient, ClientSettings())
    # The hub drives a probe as it drives a chat: by events and actions alone.
    hub.clients[conn] = Client(look, conn, address)  # type: ignore[arg-type]
    hub.settle()
    assert look.key == keys.public("server")
    assert lines(hub) == [f"key shown to {address}, which left without logging in"]
    assert sum(hub.server.overview.metrics().refusals.values()) == 0
    assert hub.server.overview.metrics().handshakes == 1


def test_a_cut_before_the_key_is_shown_is_a_refusal() -> None:
    hub = Hub()
    hub.hold_jobs = True
    bob = hub.join("bob")
    hub.feed(io.EofReceived(bob.conn))
    assert lines(hub) == [f"refused {bob.address}: connection cut"]


def test_a_cut_after_a_proof_is_a_refusal() -> None:
    """The keys are being looked at again for one that is not authorized."""
    hub = Hub(authorized=())
    hub.hold_keys = True
    bob = hub.join("bob")
    hub.feed(io.EofReceived(bob.conn))
    assert lines(hub) == [f"refused {bob.address}: connection cut"]


def test_signatures_waiting_are_bounded() -> None:
    base = ServerSettings()
    few = dataclasses.replace(
        base, admission=dataclasses.replace(base.admission, signatures_waiting=2)
    )
    hub = Hub(settings=few)
    hub.hold_jobs = True
    clients = [hub.join("alice") for _ in range(3)]
    assert [client.finished for client in clients] == [False, False, True]
    assert clients[2].error is not None
    assert clients[2].error.exit_code == 3
    hub.hold_jobs = False
    hub.run_jobs()
    hub.settle()
    assert [bool(client.seen(v.Connected)) for client in clients] == [True, True, False]


def test_the_snapshot_shows_who_is_there() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, f"{bob.address}/one", "@bob two")
    snapshot = hub.server.overview.snapshot("127.0.0.1:8000", "openssl")
    assert snapshot.clients == 2
    assert {row.name: row.messages for row in snapshot.rows}["alice"] >= 3  # INIT and two texts
    assert (snapshot.address, snapshot.engine) == ("127.0.0.1:8000", "openssl")


def test_many_sessions_are_told_the_count_only() -> None:
    hub = Hub(settings=settings(roster=2, roster_again=1))
    first = hub.join("alice")
    others = [hub.join("bob") for _ in range(3)]
    hub.advance(2)
    assert first.seen(v.Count)[-1] == v.Count(4)
    assert len(first.seen(v.Joined)) == 1
    for other in others:
        hub.type(other, "quit")
    hub.advance(2)
    assert len(first.seen(v.Roster)) == 2  # the list comes back when the crowd has gone
    assert hub.server.clients == 1


def test_a_bug_met_by_one_peer_costs_that_peer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    hub.tolerant = True
    alice, bob = hub.join("alice"), hub.join("bob")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(hub.server._link_handlers, m.Find, broken)
    hub.type(alice, "@bob hi")
    assert alice.finished
    assert alice.error is not None
    assert alice.error.exit_code == 3
    assert not bob.finished
    assert hub.server.clients == 1
    assert any("internal error" in notice.line.plain for notice in hub.notices)


@pytest.mark.parametrize("reading", ["receive_data", "receive_eof", "signature_ready"])
def test_a_bug_in_reading_one_peer_costs_that_peer_alone(
    reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    hub.tolerant = True
    bob = hub.join("bob")
    hub.hold_jobs = True
    alice = hub.join("alice")

    def broken(*_: object) -> None:
        raise IndexError

    with monkeypatch.context() as patched:
        patched.setattr(ServerLink, reading, broken)
        hub.run_jobs()
        hub.feed(io.BytesReceived(alice.conn, b""))
        hub.feed(io.EofReceived(alice.conn))
    hub.settle()
    assert alice.conn in hub.closed
    assert bob.conn not in hub.closed
    assert "internal error" in hub.notices[-1].line.plain


@pytest.mark.parametrize(
    "place",
    [
        "rsachat.server.outgoing.Outgoing._flush",
        "rsachat.server.outgoing.Outgoing.backlog",
        "rsachat.server.core.look",
    ],
    ids=["when it is sealed for", "when its socket is behind", "when its time has come"],
)
def test_a_bug_met_outside_of_reading_costs_that_peer_alone(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    hub.tolerant = True
    alice, bob = hub.join("alice"), hub.join("bob")
    true = resolve_name(place)

    def broken_for_alice(*args: Any) -> object:
        if any(getattr(arg, "name", "") == "alice" for arg in args):
            raise IndexError
        return true(*args)

    monkeypatch.setattr(place, broken_for_alice)
    hub.feed(io.Backlog(alice.conn, 9))
    hub.feed(io.Backlog(alice.conn, 0))
    hub.advance(40)
    assert alice.conn in hub.closed
    assert bob.conn not in hub.closed
    assert hub.server.clients == 1
    assert any("internal error" in notice.line.plain for notice in hub.notices)
