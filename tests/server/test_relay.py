"""What a chat session may ask of the server, as its peers see it on the wire."""

import dataclasses

import pytest

from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, ErrorCode, FindBy, Role
from rsachat.settings import MIB, RelayLimits, ServerSettings
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Hub
from tests.support.uploads import make_manifest

BIG = 61_696


def relay(**changes: float) -> ServerSettings:
    return ServerSettings(relay=dataclasses.replace(RelayLimits(), **changes))  # type: ignore[arg-type]


def errors(peer: Bare) -> list[tuple[int, int]]:
    return [(x.ref, x.code) for x in peer.received if isinstance(x, m.Error)]


def test_an_envelope_arrives_as_it_was_sent_and_names_its_sender() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    alice.say(m.ChatSend(1, bob.session, b"opaque"))
    fp = keys.public("alice").fingerprint
    assert bob.got(m.ChatDeliver) == [m.ChatDeliver(alice.session, fp, b"opaque")]


def test_sent_is_cumulative_and_comes_within_twenty_milliseconds() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    alice.say(*(m.ChatSend(ref, bob.session, b"x") for ref in (1, 2, 7)))
    assert len(bob.got(m.ChatDeliver)) == 3
    hub.advance(0.02, step=0.005)
    assert alice.got(m.Sent) == [m.Sent(7)]
    hub.advance(1)
    assert alice.got(m.Sent) == [m.Sent(7)]


def test_sent_rides_in_the_next_record_behind_its_errors() -> None:
    hub = Hub()
    alice = Bare(hub)
    alice.say(m.ChatSend(1, b"nobody!!", b"x"))
    assert alice.received[-2:] == [m.Error(1, ErrorCode.OFFLINE), m.Sent(1)]


def test_an_error_comes_before_its_sent_however_much_waits() -> None:
    """The queue to Alice is longer than what is sealed at a time; SENT waits its turn in it."""
    hub = Hub(settings=relay(in_flight=4096))
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.feed(io.Backlog(alice.conn, 1 << 20))
    for ref in range(1, 6):
        bob.say(m.ChatSend(ref, alice.session, bytes(3000)))
    alice.say(m.ChatSend(1, b"nobody!!", b"x"))
    hub.feed(io.Backlog(alice.conn, 0))
    hub.advance(0.1)
    order = [type(x) for x in alice.received if isinstance(x, m.Error | m.Sent)]
    assert order == [m.Error, m.Sent]
    assert len(alice.got(m.ChatDeliver)) == 5


@pytest.mark.parametrize(
    "again", [m.ChatSend(5, b"nobody!!", b"x"), m.PrekeyGet(4, b"nobody!!"), m.Find(5, 0, "bob")]
)
def test_refs_rise_over_all_three_kinds_or_the_session_ends(again: m.Message) -> None:
    hub = Hub()
    alice = Bare(hub)
    alice.say(m.Find(1, FindBy.NAME, "bob"), m.PrekeyGet(3, b"nobody!!"))
    alice.say(m.ChatSend(5, b"nobody!!", b"x"))
    assert alice.end is None
    alice.say(again)
    assert alice.alert == AlertCode.UNEXPECTED


def test_a_ref_of_zero_is_none() -> None:
    hub = Hub()
    alice = Bare(hub)
    alice.say(m.Find(0, FindBy.NAME, "bob"))
    assert alice.alert == AlertCode.UNEXPECTED


def test_prekeys_are_put_once_in_ten_seconds() -> None:
    hub = Hub()
    alice = Bare(hub)
    hub.advance(10.1, step=1)
    alice.say(m.PrekeyPut(alice.bundle()))
    assert alice.end is None
    hub.advance(9, step=1)
    alice.say(m.PrekeyPut(alice.bundle()))
    assert alice.alert == AlertCode.RATE
    assert hub.server.clients == 0


def test_the_newest_prekeys_are_given_out() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    hub.advance(11, step=1)
    newest = bob.bundle()
    bob.say(m.PrekeyPut(newest))
    alice.say(m.PrekeyGet(1, bob.session))
    assert alice.got(m.Prekey) == [m.Prekey(1, newest)]


@pytest.mark.parametrize("fault", ["name", "server", "signature", "other key", "garbage"])
def test_prekeys_of_somebody_else_are_refused(fault: str) -> None:
    hub = Hub()
    alice = Bare(hub, listed=False)
    good = alice.bundle()
    bundles = {
        "name": alice.bundle(name="bob"),
        "server": alice.bundle(server_fp=bytes(32)),
        "signature": good[:-1] + bytes([good[-1] ^ 1]),
        "other key": Bare(hub, "bob").bundle(name="alice"),
        "garbage": bytes(500),
    }
    before = hub.server.clients
    alice.say(m.PrekeyPut(bundles[fault]))
    assert hub.server.clients == before
    assert alice.alert in (AlertCode.AUTH, AlertCode.DECODE)


def test_before_its_first_prekeys_a_session_is_offline_and_nobody() -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob", listed=False)
    assert hub.server.clients == 1
    alice.say(
        m.PrekeyGet(1, bob.session),
        m.ChatSend(2, bob.session, b"x"),
        m.Find(3, FindBy.NAME, "bob"),
        m.Find(4, FindBy.ADDRESS, bob.address),
    )
    assert errors(alice) == [(1, 100), (2, 100)]
    assert alice.got(m.Found) == [m.Found(3, ()), m.Found(4, ())]
    assert not alice.got(m.Notice)[1:]


def test_people_are_found_by_name_and_by_address() -> None:
    hub = Hub()
    alice, bob, second = Bare(hub), Bare(hub, "bob"), Bare(hub, "bob")
    alice.say(m.Find(1, FindBy.NAME, "bob"), m.Find(2, FindBy.ADDRESS, second.address))
    alice.say(m.Find(3, FindBy.NAME, "127.0.0.1:50002"), m.Find(4, FindBy.ADDRESS, "bob"))
    fp = keys.public("bob").fingerprint
    first_entry = m.Entry(bob.session, "bob", fp, bob.address)
    second_entry = m.Entry(second.session, "bob", fp, second.address)
    assert alice.got(m.Found) == [
        m.Found(1, (first_entry, second_entry)),
        m.Found(2, (second_entry,)),
        m.Found(3, ()),
        m.Found(4, ()),
    ]


def test_one_sender_may_leave_two_mib_waiting_for_one_recipient() -> None:
    hub = Hub()
    alice, bob, carol = Bare(hub), Bare(hub, "bob"), Bare(hub, "carol")
    hub.feed(io.Backlog(bob.conn, 1 << 20))
    for ref in range(1, 41):
        alice.say(m.ChatSend(ref, bob.session, bytes(BIG)))
    refused = errors(alice)
    kept = 2 * MIB // (BIG + 46)
    assert [code for _, code in refused] == [ErrorCode.BACKLOG] * (40 - kept)
    assert refused[0][0] == kept + 1
    carol.say(m.ChatSend(1, bob.session, b"another sender"))
    assert errors(carol) == []
    assert bob.end is None
    hub.feed(io.Backlog(bob.conn, 0))
    assert len(bob.got(m.ChatDeliver)) == kept + 1
    alice.say(m.ChatSend(50, bob.session, b"room again"))
    assert len(errors(alice)) == 40 - kept


def test_all_senders_together_may_leave_sixteen_mib() -> None:
    hub = Hub(settings=relay(queue_all=4 * MIB))
    bob = Bare(hub, "bob")
    hub.feed(io.Backlog(bob.conn, 1 << 20))
    senders = [Bare(hub) for _ in range(3)]
    for sender in senders:
        for ref in range(1, 33):
            sender.say(m.ChatSend(ref, bob.session, bytes(BIG)))
    assert [len(errors(sender)) for sender in senders] == [0, 0, 32 - (4 * MIB // (BIG + 46) - 64)]
    assert RelayLimits().queue_all == 16 * MIB
    assert bob.end is None


@pytest.mark.parametrize(
    ("limits", "messages"),
    [
        ({"envelopes_per_second": 10.0, "envelopes_burst": 5.0}, "envelopes"),
        ({"bytes_per_second": 1000.0, "bytes_burst": 500.0}, "bytes"),
        ({"asks_per_second": 10.0, "asks_burst": 5.0}, "asks"),
    ],
)
def test_over_a_rate_reading_stops_and_nothing_is_lost(
    limits: dict[str, float], messages: str
) -> None:
    hub = Hub(settings=relay(**limits))
    alice, bob = Bare(hub), Bare(hub, "bob")
    if messages == "asks":
        alice.say(*(m.Find(ref, FindBy.NAME, "bob") for ref in range(1, 16)))
    else:
        alice.say(*(m.ChatSend(ref, bob.session, bytes(100)) for ref in range(1, 16)))
    assert hub.paused == {alice.conn}
    assert len(alice.got(m.Found)) + len(bob.got(m.ChatDeliver)) == 15
    hub.advance(0.9)
    assert hub.paused == {alice.conn}
    hub.advance(0.3)
    assert not hub.paused
    assert alice.end is None
    assert errors(alice) == []


@pytest.mark.parametrize("kind", [m.Ping, m.Pong])
def test_a_flood_of_heartbeats_is_not_read_further(kind: type[m.Ping | m.Pong]) -> None:
    hub = Hub()
    alice, bob = Bare(hub), Bare(hub, "bob")
    alice.say(*(kind(bytes(8)) for _ in range(2000)))
    assert alice.conn in hub.paused
    assert bob.conn not in hub.paused
    hub.advance(80, step=1)
    assert alice.conn not in hub.paused
    assert alice.end is None


def test_a_heartbeat_alone_costs_nothing() -> None:
    hub = Hub()
    alice = Bare(hub)
    for _ in range(1000):
        alice.say(m.Ping(bytes(8)), m.Pong(bytes(8)))
    assert alice.conn not in hub.paused


def test_a_long_pause_for_its_rate_is_not_taken_for_silence() -> None:
    hub = Hub(settings=relay(envelopes_per_second=1.0, envelopes_burst=1.0))
    alice, bob = Bare(hub), Bare(hub, "bob")
    alice.say(*(m.ChatSend(ref, bob.session, b"x") for ref in range(1, 202)))
    hub.to_server = lambda conn, data: b"" if conn == alice.conn else data  # it is not read
    hub.advance(199, step=1)
    assert hub.paused == {alice.conn}
    assert len(alice.got(m.Ping)) >= 5  # by which it knows that the server lives
    hub.advance(2, step=1)
    assert not hub.paused
    assert alice.end is None


def test_offers_have_a_rate_for_the_key_over_all_its_connections() -> None:
    hub = Hub(settings=relay(offers_per_second=1.0, offers_burst=2.0))
    first, second = (Bare(hub, role=Role.UPLOAD) for _ in range(2))
    offer = m.UpOffer(make_manifest(b"x", fp_to=bytes(32)).encode())
    first.say(offer, offer)
    assert not hub.paused
    second.say(offer)
    assert hub.paused == {second.conn}
    hub.advance(1.1)
    assert not hub.paused


def test_a_client_may_not_say_what_only_a_server_says() -> None:
    for message in (m.Roster(0, ()), m.Notice(3, 1), m.Sent(1), m.Error(1, 100), m.Found(1, ())):
        hub = Hub()
        alice = Bare(hub)
        alice.say(message)
        assert alice.alert == AlertCode.UNEXPECTED
        assert hub.server.clients == 0
