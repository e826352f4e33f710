"""What a server counts: each thing once, under the right name, and nothing about who."""

import dataclasses

from rsachat.crypto.kem import HybridKem
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.invitation import hashed_secret
from rsachat.protocol.link import ServerLink
from rsachat.server.connection import Connection, Phase
from rsachat.server.metrics import OTHER, Metrics, Tally, crowd_of
from rsachat.server.notices import Stopping, UploadDone, UploadFailed, UploadStarted
from rsachat.settings import RelayLimits
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Hub


def metrics(hub: Hub) -> Metrics:
    return hub.server.overview.metrics()


def test_a_dialogue_in_numbers() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    before = metrics(hub)
    hub.type(alice, "@bob one", "@bob two")
    after = metrics(hub)
    assert (after.clients, after.authorized, after.accepted, after.handshakes) == (2, 3, 2, 2)
    assert after.logins == {"chat": 2, "upload": 0, "join": 0}
    assert after.connections == {"stranger": 0, "chat": 2, "upload": 0}
    assert after.messages_routed >= before.messages_routed + 3  # an INIT and two texts
    assert after.messages_refused == 0
    assert after.received > before.received
    assert after.sent > before.sent
    assert (after.queued_chat, after.queued_other, after.backlog) == (0, 0, 0)
    assert sum(after.refusals.values()) == 0
    assert bob.texts() == ["one", "two"]


def test_bytes_are_those_of_the_wire() -> None:
    hub = Hub()
    seen = {"received": 0, "sent": 0}

    def count(way: str, data: bytes) -> bytes:
        seen[way] += len(data)
        return data

    hub.to_server = lambda _conn, data: count("received", data)
    hub.to_client = lambda _conn, data: count("sent", data)
    alice = hub.join("alice")
    hub.join("bob")
    hub.type(alice, "@bob hello")
    assert (metrics(hub).received, metrics(hub).sent) == (seen["received"], seen["sent"])


def test_a_refusal_has_the_name_of_its_alert() -> None:
    hub = Hub(authorized=("alice",))
    Bare(hub, "bob")
    Bare(hub, "alice", signer="bob")
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"RSACHAT\x07"):
        conn, _ = hub.accept()
        hub.feed(io.BytesReceived(conn, garbage))
    told = {reason: count for reason, count in metrics(hub).refusals.items() if count}
    assert told == {"not_authorized": 1, "auth": 1, OTHER: 1, "version": 1}
    assert metrics(hub).clients == 0


def test_who_waits_for_a_signature_is_counted() -> None:
    hub = Hub()
    hub.hold_jobs = True
    hub.join("alice")
    assert (metrics(hub).handshakes_waiting, metrics(hub).connections["stranger"]) == (1, 1)
    hub.hold_jobs = False
    hub.run_jobs()
    hub.settle()
    assert (metrics(hub).handshakes_waiting, metrics(hub).connections["stranger"]) == (0, 0)


def test_a_session_that_ends_was_not_refused() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.type(alice, "quit")
    assert metrics(hub).clients == 0
    assert sum(metrics(hub).refusals.values()) == 0


def test_who_was_let_in_and_left_before_its_prekeys_was_not_refused() -> None:
    hub = Hub()
    early = Bare(hub, listed=False)
    early.say(m.Close())  # as who only looks a key up
    assert not hub.notices
    Bare(hub, listed=False)
    hub.advance(4, step=1)  # nothing comes of it
    assert metrics(hub).logins["chat"] == 2
    assert metrics(hub).connections == {"stranger": 0, "chat": 0, "upload": 0}
    assert sum(metrics(hub).refusals.values()) == 0


def test_a_newcomer_is_let_in_or_turned_away_and_never_both() -> None:
    hub = Hub(authorized=())
    hub.invited[hashed_secret(bytes(16))] = "alice"
    for secret in (b"\1" * 16, bytes(16)):
        newcomer = Bare(hub, role=Role.JOIN, wish="alice")
        assert metrics(hub).connections["stranger"] == 1
        newcomer.say(m.Join(secret))
    told = {reason: count for reason, count in metrics(hub).refusals.items() if count}
    assert told == {"not_authorized": 1}
    assert metrics(hub).logins == {"chat": 0, "upload": 0, "join": 1}


def test_uploads_are_counted_by_what_is_announced() -> None:
    tally = Tally()
    file = ("alice", "127.0.0.1:5", "a.txt")
    for notice in (
        UploadStarted(*file, 10),
        UploadStarted(*file, 7),
        UploadDone(*file, 10, "00", 1),
        UploadFailed(*file, "cut"),
        Stopping(0),
    ):
        tally.note(notice)
    assert tally.uploads == {"started": 2, "stored": 1, "failed": 1}
    assert tally.stored == 10


def test_every_alert_has_its_counter_from_the_start() -> None:
    tally = Tally()
    for code in (*AlertCode, None, 99):
        if code != AlertCode.ACCEPTED:
            tally.refused(code)
    assert tally.refusals.pop(OTHER) == 2
    assert set(tally.refusals.values()) == {1}
    for role in Role:
        tally.logged_in(role)
    assert set(tally.logins.values()) == {1}


def test_what_waits_is_summed_over_everybody() -> None:
    ambient = Ambient(lambda: 0.0, lambda: 0, bytes, HybridKem())
    conns = []
    for number, phase in enumerate((Phase.STRANGER, Phase.LISTED, Phase.UNLISTED, Phase.UPLOADING)):
        link = ServerLink(keys.public("server"), ambient)
        conn = Connection(number, "127.0.0.1:5", link, 0.0, 0.0, phase)
        conn.outbox.put(bytes(10))
        conn.outbox.put_chat(bytes(100), b"s", RelayLimits())
        conn.backlog = 1000
        conns.append(conn)
    crowd = crowd_of(conns)
    assert crowd.states == {"stranger": 1, "chat": 2, "upload": 1}
    assert (crowd.queued_other, crowd.queued_chat, crowd.backlog) == (40, 400, 4000)


def test_no_number_has_room_for_a_name() -> None:
    """S31 for the metrics: numbers, and tables whose keys are words of this program."""
    kinds = {field.name: field.type for field in dataclasses.fields(Metrics)}
    words = {name for name, kind in kinds.items() if kind not in (int, float)}
    assert words == {"connections", "logins", "refusals", "uploads"}
