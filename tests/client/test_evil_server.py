"""Whole clients before a server that lies: nothing false is shown, nothing ends in silence."""

from collections import Counter
from dataclasses import replace

import pytest

from rsachat.client import views as v
from rsachat.crypto.fingerprint import fingerprint_text
from tests.support.core_net import CoreNet, Person
from tests.support.evil_relay import BUNDLE_FAULTS, FAULTS
from tests.support.evil_server import (
    FIND_FAULTS,
    FORGERIES,
    OWN_FAULTS,
    SENT_FAULTS,
    EvilServer,
)

QUICK, LONG = 12, 3000
EVERY_FAULT = {*FAULTS, *BUNDLE_FAULTS, *FIND_FAULTS, *FORGERIES, *SENT_FAULTS, *OWN_FAULTS}


def duo() -> tuple[CoreNet, Person, Person, Person]:
    net = CoreNet("alice", "bob", "carol")
    alice, bob, carol = net.peers.values()
    return net, alice, bob, carol


def texts(person: Person) -> list[str]:
    return [view.text for view in person.seen(v.Message)]


def test_an_honest_server_delivers() -> None:
    net, alice, bob, _ = duo()
    net.type(alice, "@bob hello")
    net.type(bob, f"{alice.entry.address}/and back")
    net.advance(1)
    assert (texts(alice), texts(bob)) == (["and back"], ["hello"])
    assert alice.seen(v.Delivered)[0].total == 1


@pytest.mark.parametrize("line", ["@bob for bob", "/verify @bob"])
def test_a_name_is_never_answered_by_another_persons_session(line: str) -> None:
    """The server says carol's session when asked for bob: she is pinned, and gets nothing."""
    net, alice, bob, carol = duo()
    net.type(alice, "@carol hello carol")
    net.advance(1)
    net.find_rule = lambda asked: (carol.entry,)
    net.type(alice, line)
    net.advance(20)
    assert texts(carol) == ["hello carol"]
    assert texts(bob) == []
    assert alice.seen(v.Verification) == []
    assert [view.line for view in alice.seen(v.Rejected)] == [line]


def test_a_known_key_under_another_name_is_not_written_to() -> None:
    """The server calls carol's session bob: alice has a session to it that works."""
    net, alice, bob, carol = duo()
    net.type(alice, "@carol hello carol")
    net.advance(1)
    net.find_rule = lambda asked: (replace(carol.entry, name="bob"),)
    net.type(alice, "@bob for bob")
    net.advance(20)
    assert texts(carol) == ["hello carol"]
    assert texts(bob) == []
    assert [view.text for view in alice.seen(v.Undelivered)] == ["for bob"]
    assert "known as carol" in alice.seen(v.Warned)[-1].text


def test_an_address_is_never_answered_by_another_address() -> None:
    net, alice, bob, carol = duo()
    net.find_rule = lambda asked: (carol.entry,)
    net.type(alice, f"{bob.entry.address}/for bob")
    net.advance(20)
    assert texts(carol) == []
    assert len(alice.seen(v.Rejected)) == 1


def hostile_run(seed: int) -> tuple[CoreNet, Counter[str], list[tuple[Person, str]]]:
    """Three identities, one with two sessions, write to each other; then the server is honest."""
    pinned = seed % 2 == 1
    net = CoreNet("alice", "bob", "carol", "alice", seed=seed, pinned=pinned)
    server = EvilServer(net, seed, forging=pinned)
    typed = []
    for number in range(14):
        writer, reader = net.random.sample(list(net.peers.values()), 2)
        to_name = net.random.random() < 0.7
        to = f"@{reader.entry.name} " if to_name else f"{reader.entry.address}/"
        text = (
            f"{number:02} from {writer.session.hex()} to {reader.entry.name if to_name else 'any'}"
        )
        typed.append((writer, text))
        net.type(writer, to + text)
        if number % 2:
            server.lie()
            net.advance(net.random.choice([0.01, 1, 15, 45, 3700]))
    net.advance(30)
    server.behave()
    net.advance(600)
    return net, server.counts, typed


def check_truth(net: CoreNet, typed: list[tuple[Person, str]]) -> None:
    """What is shown was typed, by who is named, for who sees it, and once; and nothing is open."""
    writers = {text: writer for writer, text in typed}
    seen_by: dict[str, set[bytes]] = {}
    for person in net.peers.values():
        shown = person.seen(v.Message)
        assert len({view.text for view in shown}) == len(shown), "shown twice"
        for view in shown:
            writer = writers[view.text]
            assert view.from_name == writer.entry.name
            assert view.from_fingerprint == fingerprint_text(writer.entry.fp)
            assert writer is not person, "shown to who wrote it"
            meant = view.text.rpartition(" ")[2]
            assert meant == person.entry.name or was_announced(writer, person, meant)
            seen_by.setdefault(view.text, set()).add(person.session)
    for writer, text in typed:
        assert_final(writer, text, len(seen_by.get(text, ())))
    assert [person.core.unfinished for person in net.peers.values()] == [0] * len(net.peers)


def was_announced(writer: Person, reader: Person, meant: str) -> bool:
    """A text to an address, which is the server's word: its writer was told who is there."""
    name = reader.entry.name
    said = [view.text for view in writer.seen(v.System) if view.text.startswith(f"to {name} (")]
    said += [x.reason for x in writer.seen(v.Rejected) if f"now it is {name}" in x.reason]
    return meant == "any" and bool(said)


def assert_final(writer: Person, text: str, readers: int) -> None:
    """It came back as not sent, or each session it went to has its end; none is a lie."""
    own = [view.id for view in writer.seen(v.OwnMessage) if view.text == text]
    if not own:
        lines = [view.line for view in writer.seen(v.Rejected)]
        assert sum(line.endswith(text) for line in lines) == 1
        assert readers == 0
        return
    assert len(own) == 1
    delivered = [view.delivered for view in writer.seen(v.Delivered) if view.id == own[0]]
    undelivered = [view for view in writer.seen(v.Undelivered) if view.id == own[0]]
    assert delivered == list(range(1, len(delivered) + 1))
    assert len(delivered) <= readers, "delivered, but never shown"
    assert bool(delivered) != bool(undelivered), "neither delivered nor undelivered, or both"


def check_life(net: CoreNet) -> None:
    """Before an honest server everybody reaches everybody again."""
    everybody = list(net.peers.values())
    before = {person.session: len(person.seen(v.Message)) for person in everybody}
    for writer in everybody:
        for reader in everybody:
            if writer is not reader:
                enter(net, writer, f"{reader.entry.address}/at last {writer.session.hex()}")
    net.advance(30)
    for person in everybody:
        assert len(person.seen(v.Message)) - before[person.session] == len(everybody) - 1


def enter(net: CoreNet, writer: Person, line: str) -> None:
    """Once more where that is asked for: the server had said that another is at the address."""
    rejected = len(writer.seen(v.Rejected))
    net.type(writer, line)
    for refused in writer.seen(v.Rejected)[rejected:]:
        assert refused.hint == "enter the line again to send it"
        net.type(writer, line)


def run(seeds: range) -> None:
    counts: Counter[str] = Counter()
    for seed in seeds:
        print("seed", seed)
        net, seen, typed = hostile_run(seed)
        check_truth(net, typed)
        counts += seen
        if seed % 8 == 0:
            check_life(net)
    print(len(seeds), "schedules:", dict(sorted(counts.items())))
    assert {fault for fault in EVERY_FAULT if not counts[fault]} == set()
    assert set(counts) <= EVERY_FAULT


@pytest.mark.slow
def test_a_lying_server_never_makes_a_lie_shown() -> None:
    run(range(QUICK))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_lying_server_never_makes_a_lie_shown_over_thousands_of_schedules() -> None:
    run(range(QUICK, QUICK + LONG))
