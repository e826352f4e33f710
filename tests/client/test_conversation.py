"""To whom texts go, what has become of them, and what is said about trust on the way."""

import pytest

from rsachat.client import views as v
from rsachat.client.events import LineEntered
from rsachat.client.people import KnownPerson
from rsachat.crypto.fingerprint import fingerprint_text, fingerprint_words
from rsachat.protocol import messages as m
from rsachat.server.connection import Connection
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Client, Hub, MemoryPins


def kinds(client: Client, since: int = 0) -> list[str]:
    return [type(view).__name__ for view in client.views[since:]]


def rejected(client: Client) -> list[v.Rejected]:
    return [view for view in client.views if isinstance(view, v.Rejected)]


def system(client: Client) -> list[str]:
    return [view.text for view in client.views if isinstance(view, v.System)]


def warned(client: Client) -> list[str]:
    return [view.text for view in client.views if isinstance(view, v.Warned)]


def test_a_text_to_an_address_is_sent_and_delivered() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    before = len(alice.views)
    hub.type(alice, f"{bob.address}/Hello World")
    hub.advance(0.1)
    assert kinds(alice, before) == ["System", "OwnMessage", "System", "Sent", "Delivered"]
    (message,) = bob.seen(v.Message)
    assert message == v.Message(
        alice.views[-1].id,  # type: ignore[union-attr]
        "alice",
        alice.address,
        fingerprint_text(keys.public("alice").fingerprint),
        v.Trust.NEW,
        bob.address,
        "Hello World",
        message.time_ms,  # type: ignore[union-attr]
        message.envelope,  # type: ignore[union-attr]
    )


def test_the_first_text_to_an_address_says_to_whom_and_with_what_trust() -> None:
    hub = Hub()
    pins = MemoryPins([KnownPerson("bob", keys.public("bob").fingerprint, True)])
    alice, bob, carol = hub.join("alice", pins=pins), hub.join("bob"), hub.join("carol")
    hub.type(alice, f"{bob.address}/one", f"{bob.address}/two", f"{carol.address}/three")
    assert [said for said in system(alice) if said.startswith("to ")] == [
        "to bob (verified)",
        "to carol (new)",
    ]
    before = len(system(alice))
    hub.type(alice, "@bob four")
    assert len(system(alice)) == before


def test_a_name_reaches_all_its_sessions_but_the_own_one() -> None:
    hub = Hub()
    here, there, third = (hub.join("alice") for _ in range(3))
    hub.type(here, "@alice to my other machines")
    hub.advance(0.2)
    assert here.texts() == []
    assert there.texts() == third.texts() == ["to my other machines"]
    delivered = [(x.delivered, x.total) for x in here.views if isinstance(x, v.Delivered)]
    assert delivered == [(1, 2), (2, 2)]
    assert len(here.seen(v.Sent)) == 1


@pytest.mark.parametrize("line", ["{own}/hi", "@alice hi", "/verify @alice"])
def test_oneself_is_nobody_to_write_to(line: str) -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.type(alice, line.format(own=alice.address))
    assert [x.reason for x in rejected(alice)] == ["that is you"]


@pytest.mark.parametrize("line", ["@bob hi", "127.0.0.1:9/hi", "/verify bob"])
def test_who_is_not_there_is_said_and_the_line_is_given_back(line: str) -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.type(alice, line)
    (view,) = rejected(alice)
    assert view.line == line
    assert view.reason.endswith("is not connected")
    hub.join("bob")
    hub.type(alice, "@bob hi")
    assert len(rejected(alice)) == 1


def test_a_recipient_that_leaves_makes_the_text_undelivered() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob one")
    hub.advance(0.1)
    hub.to_client = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, "@bob two")
    hub.to_client = lambda conn, data: data
    hub.cut(bob)
    (lost,) = alice.seen(v.Undelivered)
    assert isinstance(lost, v.Undelivered)
    assert (lost.to, lost.text) == ("@bob", "two")
    assert lost.reason


def test_a_server_that_does_not_say_where_somebody_is() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.to_server = lambda conn, data: b""
    hub.type(alice, "@bob hi")
    hub.advance(11, step=1)
    (view,) = rejected(alice)
    assert "does not say" in view.reason


def rebind(hub: Hub, who: Client, key: str) -> Client:
    """Somebody else takes the address of a client that has left."""
    hub.type(who, "quit")
    return hub.join(key, address=who.address)


def test_another_key_at_an_address_gets_nothing_until_the_line_is_entered_again() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, f"{bob.address}/for bob")
    carol = rebind(hub, bob, "carol")
    for text in ("first", "second"):
        hub._client(alice, LineEntered(f"{bob.address}/{text}"))
    hub.settle()
    assert [x.line for x in rejected(alice)] == [f"{bob.address}/first", f"{bob.address}/second"]
    assert "bob was at" in rejected(alice)[0].reason
    assert "now it is carol" in rejected(alice)[0].reason
    assert carol.texts() == []
    hub.type(alice, f"{bob.address}/for carol")
    assert carol.texts() == ["for carol"]


def test_an_address_is_one_session_whatever_the_server_says() -> None:
    hub = Hub()
    alice, bob, carol = hub.join("alice"), hub.join("bob"), hub.join("carol")
    hub.type(alice, f"{bob.address}/one")

    def both(conn: Connection, message: m.Find, _now: float) -> None:
        there = [x for x in hub.server._directory if x.name in ("bob", "carol")]
        entries = [m.Entry(x.session, x.name, x.fp, bob.address) for x in there]
        hub.server._out.say(conn, m.Found(message.ref, tuple(entries)))

    hub.server._link_handlers[m.Find] = both
    hub.advance(6, step=0.5)
    hub.type(alice, f"{bob.address}/two")
    hub.advance(1)
    assert carol.texts() == []
    assert bob.texts() == ["one", "two"]


def test_a_look_at_another_key_at_an_address_is_no_text_that_was_refused() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, f"{bob.address}/for bob")
    rebind(hub, bob, "carol")
    for line in (f"{bob.address}/also for bob", f"/verify {bob.address}"):
        hub._client(alice, LineEntered(line))
    hub.settle()
    assert [x.line for x in rejected(alice)] == [f"{bob.address}/also for bob"]
    (look,) = alice.seen(v.Verification)
    assert isinstance(look, v.Verification)
    assert look.name == "carol"


def test_in_a_pipe_an_address_stays_the_first_ones_for_the_whole_run() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", chosen=bob.address, piped=True)
    hub.type(alice, "for bob")
    carol = rebind(hub, bob, "carol")
    hub.type(alice, "first")
    hub.type(alice, "second")
    assert len(rejected(alice)) == 2
    assert carol.texts() == []


def test_the_same_person_at_an_address_again_is_written_to_at_once() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, f"{bob.address}/one")
    again = rebind(hub, bob, "bob")
    hub.type(alice, f"{bob.address}/two")
    assert again.texts() == ["two"]
    assert [said for said in system(alice) if said.startswith("to ")] == ["to bob (new)"]


def test_a_known_name_with_another_key_is_sent_nothing_and_both_keys_are_named() -> None:
    hub = Hub()
    other = keys.public("carol").fingerprint
    alice = hub.join("alice", pins=MemoryPins([KnownPerson("bob", other, True)]))
    bob = hub.join("bob")
    hub.type(alice, "@bob secret")
    assert bob.texts() == []
    assert [x.text for x in alice.views if isinstance(x, v.Undelivered)] == ["secret"]
    (warning,) = warned(alice)
    assert fingerprint_text(other) in warning
    assert fingerprint_text(keys.public("bob").fingerprint) in warning


def test_nothing_is_shown_from_a_known_name_with_another_key() -> None:
    hub = Hub()
    other = keys.public("carol").fingerprint
    alice = hub.join("alice", pins=MemoryPins([KnownPerson("bob", other, False)]))
    bob = hub.join("bob")
    hub.type(bob, "@alice it is me", "@alice believe me")
    hub.advance(6, step=0.5)
    assert alice.texts() == []
    assert len([text for text in warned(alice) if "has changed" in text]) == 1


def test_verify_shows_both_fingerprints_as_text_and_words() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, f"/verify {bob.address}", "/verify bob")
    mine, theirs = keys.public("alice").fingerprint, keys.public("bob").fingerprint
    view = v.Verification(
        "bob",
        v.Trust.NEW,
        fingerprint_text(mine),
        fingerprint_words(mine),
        fingerprint_text(theirs),
        fingerprint_words(theirs),
    )
    assert alice.seen(v.Verification) == [view, view]
    assert not alice.seen(v.OwnMessage)  # nothing was sent


def test_texts_arrive_in_the_order_they_were_typed_however_their_recipient_is_named() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    lines = ("@bob one", f"{bob.address}/two", "@bob three", "@eve nobody", "@bob four")
    for line in lines:  # all of them before the server's first answer
        hub._client(alice, LineEntered(line))
    hub.settle()
    assert bob.texts() == ["one", "two", "three", "four"]
    assert [x.line for x in rejected(alice)] == ["@eve nobody"]


def test_a_question_without_an_answer_holds_up_others_no_longer_than_its_time() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.unanswered("carol")
    hub.type(alice, "@carol no answer", "@bob behind it")
    assert bob.texts() == []
    hub.advance(11, step=1)
    assert [x.line for x in rejected(alice)] == ["@carol no answer"]
    assert bob.texts() == ["behind it"]


def test_a_text_that_was_held_back_is_given_back_when_its_recipient_leaves() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.unanswered("carol")
    hub.type(alice, "@carol no answer", "@bob behind it")
    hub.cut(bob)
    assert [(x.line, x.reason) for x in rejected(alice)] == [
        ("@bob behind it", "@bob is not connected")
    ]
    hub.advance(12, step=1)
    assert not alice.seen(v.OwnMessage)


def test_who_lists_everybody_with_the_own_trust() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob hi")
    hub.type(alice, "/who")
    view = alice.views[-1]
    assert isinstance(view, v.Roster)
    assert view.asked
    assert [(x.name, x.own, x.trust) for x in view.entries] == [
        ("alice", True, v.Trust.VERIFIED),
        ("bob", False, v.Trust.NEW),
    ]
    assert view.entries[1].address == bob.address


@pytest.mark.parametrize(("minutes", "says"), [(4, False), (6, True), (-6, True)])
def test_a_clock_that_is_off_is_told(minutes: int, says: bool) -> None:
    hub = Hub()
    hub.server._login._ambient = type(hub.ambient)(
        hub.ambient.monotonic,
        lambda: hub.clock.wall_ms() + minutes * 60_000,
        hub.ambient.random,
        hub.ambient.kem,
    )
    alice = hub.join("alice")
    assert any("check the clock" in text for text in warned(alice)) is says


def test_refs_of_all_kinds_rise_on_the_wire() -> None:
    hub = Hub()
    alice, bob, carol = hub.join("alice"), hub.join("bob"), hub.join("carol")
    refs: list[int] = []
    send = alice.core._channel.send

    def spy(message: m.Message) -> None:
        if isinstance(message, m.Find | m.PrekeyGet | m.ChatSend):
            refs.append(message.ref)
        send(message)

    alice.core._channel.send = spy  # type: ignore[method-assign]
    hub.type(alice, "@bob one", f"{carol.address}/two", "@carol three", "@nobody four", "@bob five")
    hub.type(bob, "@alice six")
    hub.type(carol, f"{alice.address}/seven")
    hub.advance(1)
    assert refs == sorted(set(refs))
    assert len(refs) > 10
    assert not alice.finished
    assert bob.texts() == ["one", "five"]
    assert carol.texts() == ["two", "three"]
    assert alice.texts() == ["six", "seven"]


def test_garbage_from_a_peer_is_named_once_and_shown_never() -> None:
    hub = Hub()
    alice = hub.join("alice")
    mallory = Bare(hub, "carol")
    to = next(iter(hub.server._directory)).session
    mallory.say(*(m.ChatSend(ref, to, b"\xff" * 60) for ref in range(1, 40)))
    assert alice.texts() == []
    assert len(warned(alice)) <= 1
    assert not alice.finished
