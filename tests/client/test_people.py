"""One key for a name and one name for a key, for as long as the pins hold."""

from hypothesis import given
from hypothesis import strategies as st

from rsachat.client.people import KnownPerson, People
from rsachat.client.views import Trust
from rsachat.protocol.chat_context import Standing
from tests.support.hub import MemoryPins

SERVER = bytes(32)
A, B, C = b"a" * 32, b"b" * 32, b"c" * 32


def test_a_first_contact_is_pinned_and_new() -> None:
    pins = MemoryPins()
    people = People(pins, SERVER)
    assert people.standing(A) is Standing.UNKNOWN
    assert people.trust(A) is Trust.NEW
    assert people.admit("alice", A)
    assert people.standing(A) is Standing.ACCEPTED
    assert (people.name_of(A), people.pinned_key("alice")) == ("alice", A)
    assert people.trust(A) is Trust.NEW
    assert pins.held == [KnownPerson("alice", A, False)]
    assert People(pins, SERVER).trust(A) is Trust.PINNED


def test_a_verified_person_is_shown_as_such() -> None:
    people = People(MemoryPins([KnownPerson("alice", A, True)]), SERVER)
    assert people.trust(A) is Trust.VERIFIED
    assert people.admit("alice", A)


def test_another_key_for_a_name_is_refused_and_remembered() -> None:
    people = People(MemoryPins([KnownPerson("alice", A, False)]), SERVER)
    assert not people.admit("alice", B)
    assert people.standing(B) is Standing.REFUSED
    assert people.refused == {B: "alice"}
    assert people.name_of(B) is None
    assert people.pinned_key("alice") == A


def test_another_name_for_a_key_is_refused() -> None:
    people = People(MemoryPins([KnownPerson("alice", A, False)]), SERVER)
    assert not people.admit("bob", A)
    assert people.pinned_key("bob") is None
    assert people.standing(A) is Standing.ACCEPTED


def test_a_pin_that_another_process_has_made_meanwhile_counts() -> None:
    pins = MemoryPins()
    people = People(pins, SERVER)
    pins.held.append(KnownPerson("alice", B, False))
    assert not people.admit("alice", A)
    assert people.standing(A) is Standing.REFUSED
    assert people.name_of(B) == "alice"


@given(st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), st.sampled_from([A, B, C]))))
def test_pins_are_one_to_one_whoever_comes(claims: list[tuple[str, bytes]]) -> None:
    pins = MemoryPins()
    people = People(pins, SERVER)
    for name, fp in claims:
        admitted = people.admit(name, fp)
        assert admitted is (KnownPerson(name, fp, False) in pins.held)
        assert people.name_of(fp) == next((p.name for p in pins.held if p.fp == fp), None)
    assert len({person.name for person in pins.held}) == len(pins.held)
    assert len({person.fp for person in pins.held}) == len(pins.held)
