"""Reports of the end-to-end machines, in words: names from pins, both keys where one changed."""

import pytest

from rsachat.client import views as v
from rsachat.client.ledger import Ledger
from rsachat.client.people import KnownPerson, People
from rsachat.client.reports import Reports
from rsachat.client.roster import WhoIsThere
from rsachat.crypto.fingerprint import fingerprint_text, fingerprint_words
from rsachat.crypto.kdf import sha256
from rsachat.protocol import chat_events as ce
from rsachat.protocol.bundle import BundleFault
from rsachat.protocol.messages import Entry
from tests.support import keys
from tests.support.hub import MemoryPins

BOB = keys.public("bob").fingerprint
CAROL = keys.public("carol").fingerprint
SESSION = b"session8"
SENDER = ce.Sender(SESSION, BOB)


def made(*known: KnownPerson) -> tuple[Reports, People]:
    people = People(MemoryPins(list(known)), keys.public("server").fingerprint)
    there = WhoIsThere(b"ownown88", people)
    there.learn([Entry(SESSION, "what the server says", BOB, "127.0.0.1:5")])
    return Reports(keys.public("alice"), "127.0.0.1:4", people, there, Ledger()), people


def test_a_text_has_its_pinned_name_and_its_envelopes_hash() -> None:
    reports, _ = made(KnownPerson("bob", BOB, True))
    received = ce.TextReceived(SENDER, b"m" * 16, "hi", 7, b"envelope")
    assert reports.views(received) == [
        v.Message(
            (b"m" * 16).hex(),
            "bob",
            "127.0.0.1:5",
            fingerprint_text(BOB),
            v.Trust.VERIFIED,
            "127.0.0.1:4",
            "hi",
            7,
            sha256(b"envelope").hex(),
        )
    ]


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (ce.MessagesMissing(SENDER, 3), "3 messages of bob are missing"),
        (ce.UnsupportedReceived(SENDER, b"m" * 16, 2, 7), "bob sent something"),
        (ce.Dropped(SENDER, ce.DropReason.BAD_TAG, warn=True), "from bob was not shown"),
        (ce.BundleRefused(SESSION, BOB, BundleFault.EXPIRED), "nothing is sent to bob"),
    ],
)
def test_what_went_wrong_is_said_with_the_name(report: ce.Output, words: str) -> None:
    reports, _ = made(KnownPerson("bob", BOB, False))
    (view,) = reports.views(report)
    assert isinstance(view, v.System | v.Warned)
    assert words in view.text


def test_what_needs_no_word_gets_none() -> None:
    reports, _ = made()
    assert list(reports.views(ce.Dropped(SENDER, ce.DropReason.REPLAY, warn=False))) == []


def test_a_stranger_is_named_by_address_until_pinned() -> None:
    reports, _ = made()
    (view,) = reports.views(ce.MessagesMissing(SENDER, 1))
    assert isinstance(view, v.Warned)
    assert "127.0.0.1:5" in view.text


def test_a_first_contact_is_told_once() -> None:
    reports, people = made()
    assert people.admit("bob", BOB)
    (view,) = reports.first_contacts()
    assert isinstance(view, v.System)
    assert fingerprint_text(BOB) in view.text
    assert list(reports.first_contacts()) == []


def test_a_changed_key_names_both_and_the_command() -> None:
    reports, people = made(KnownPerson("bob", CAROL, False))
    assert not people.admit("bob", BOB)
    (view,) = reports.views(ce.Dropped(SENDER, ce.DropReason.NOT_TRUSTED, warn=True))
    assert isinstance(view, v.Warned)
    for part in (fingerprint_text(BOB), fingerprint_text(CAROL), "rsachat trust replace @bob"):
        assert part in view.text


def test_a_known_key_under_another_name_is_told() -> None:
    reports, _ = made(KnownPerson("bob", BOB, False))
    view = reports.changed_key("robert", BOB)
    assert isinstance(view, v.Warned)
    assert "known as bob" in view.text


def test_a_comparison_has_both_as_text_and_words() -> None:
    reports, _ = made()
    view = reports.verification(Entry(SESSION, "bob", BOB, "127.0.0.1:5"))
    assert isinstance(view, v.Verification)
    assert view.peer_words == fingerprint_words(BOB)
    assert view.own_fingerprint == fingerprint_text(keys.public("alice").fingerprint)
