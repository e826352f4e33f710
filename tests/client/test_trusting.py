"""Trust as a person meets it in the chat: first contact, comparing, strictness, changed keys."""

from rsachat.client import views as v
from rsachat.client.people import KnownPerson
from rsachat.crypto.fingerprint import fingerprint_text, fingerprint_words
from tests.support import keys
from tests.support.hub import Client, Hub, MemoryPins

BOB = keys.public("bob").fingerprint
CAROL = keys.public("carol").fingerprint


def systems(client: Client) -> list[str]:
    return [view.text for view in client.views if isinstance(view, v.System)]


def warnings(client: Client) -> list[str]:
    return [view.text for view in client.views if isinstance(view, v.Warned)]


def test_a_first_contact_is_shown_once_with_its_fingerprint() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob one", "@bob two")
    told = [text for text in systems(alice) if text.startswith("first contact with bob")]
    assert len(told) == 1
    assert fingerprint_text(BOB) in told[0]
    assert any(text.startswith("first contact with alice") for text in systems(bob))


def test_ones_own_key_at_another_desk_is_no_stranger() -> None:
    """Two clients of one identity, as in the first steps of the README; one of them is strict."""
    hub = Hub()
    pins = MemoryPins()
    here, there = hub.join("alice", pins=pins), hub.join("alice", strict=True)
    hub.type(here, f"{there.address}/to me")
    hub.type(there, f"{here.address}/and back")
    assert there.texts() == ["to me"]
    assert here.texts() == ["and back"]
    assert {x.trust for x in here.views if isinstance(x, v.Message)} == {v.Trust.VERIFIED}
    assert not any(text.startswith("first contact") for text in systems(here) + systems(there))
    assert pins.held == []


def test_yes_after_a_comparison_marks_as_verified() -> None:
    hub = Hub()
    pins = MemoryPins()
    alice, bob = hub.join("alice", pins=pins), hub.join("bob")
    hub.type(alice, "/verify bob")
    shown = alice.seen(v.Verification)[0]
    assert isinstance(shown, v.Verification)
    assert shown.peer_words == fingerprint_words(BOB)
    assert shown.trust is v.Trust.NEW
    hub.type(alice, "yes")
    assert pins.held == [KnownPerson("bob", BOB, True)]
    assert systems(alice)[-1] == "bob is verified"
    hub.type(bob, "@alice hello")
    arrived = alice.seen(v.Message)[0]
    assert isinstance(arrived, v.Message)
    assert arrived.trust is v.Trust.VERIFIED


def test_anything_else_after_a_comparison_marks_nobody() -> None:
    for answer in ("", "no", "y", "yes please", "@bob yes"):
        hub = Hub()
        pins = MemoryPins()
        alice = hub.join("alice", pins=pins)
        hub.join("bob")
        hub.type(alice, "/verify bob")
        hub.type(alice, answer)
        hub.type(alice, "yes")
        assert not any(person.verified for person in pins.held), answer


def test_a_changed_key_cannot_be_verified() -> None:
    hub = Hub()
    pins = MemoryPins([KnownPerson("bob", CAROL, True)])
    alice = hub.join("alice", pins=pins)
    hub.join("bob")
    hub.type(alice, "/verify bob")
    hub.type(alice, "yes")
    assert pins.held == [KnownPerson("bob", CAROL, True)]
    assert "rsachat trust replace @bob" in warnings(alice)[0]
    assert "(verified)" in warnings(alice)[0]


def test_a_changed_key_is_neither_written_to_nor_shown() -> None:
    hub = Hub()
    pins = MemoryPins([KnownPerson("bob", CAROL, False)])
    alice, bob = hub.join("alice", pins=pins), hub.join("bob")
    hub.type(alice, "@bob secret")
    assert bob.texts() == []
    assert alice.seen(v.Undelivered)
    warning = warnings(alice)[0]
    assert fingerprint_text(BOB) in warning
    assert fingerprint_text(CAROL) in warning
    hub.type(bob, "@alice forged?")
    hub.advance(40)
    assert alice.texts() == []
    assert not bob.seen(v.Delivered)


def test_strict_writes_to_the_verified_alone_and_shows_nobody_else() -> None:
    hub = Hub()
    pins = MemoryPins([KnownPerson("carol", CAROL, True), KnownPerson("bob", BOB, False)])
    alice = hub.join("alice", pins=pins, strict=True)
    bob, carol = hub.join("bob"), hub.join("carol")
    hub.type(alice, "@bob no", "@carol yes")
    hub.type(bob, "@alice not shown")
    hub.type(carol, "@alice shown")
    hub.advance(40)
    assert bob.texts() == []
    assert carol.texts() == ["yes"]
    assert alice.texts() == ["shown"]
    assert [x.to for x in alice.views if isinstance(x, v.Undelivered)] == ["@bob"]


def test_strict_pins_nobody_by_itself_but_by_a_comparison() -> None:
    hub = Hub()
    pins = MemoryPins()
    alice, bob = hub.join("alice", pins=pins, strict=True), hub.join("bob")
    hub.type(alice, "@bob no")
    assert pins.held == []
    hub.type(alice, "/verify @bob")
    hub.type(alice, "yes", "@bob now")
    hub.advance(1)
    assert bob.texts() == ["now"]
