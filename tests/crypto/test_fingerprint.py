"""Fingerprints as text and words, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.fingerprint import fingerprint_text, fingerprint_words, parse_fingerprint
from rsachat.crypto.kdf import sha256

EMPTY = sha256()
TEXT = "4oym-iquy-7qob-jgx3-6tej-s35z-eqt2-4qpe-msnz-gtfe-swmr-w6cs-xbkq"

fingerprints = st.binary(min_size=32, max_size=32)


def test_the_protocols_known_answers() -> None:
    assert fingerprint_text(EMPTY) == TEXT
    words = "STAY FRED ED PAN NAME CAB HOSE SLOW PAR PEG WIFE HAAG"
    assert fingerprint_words(EMPTY) == words


@given(fingerprints)
def test_text_has_thirteen_groups_of_four(fingerprint: bytes) -> None:
    groups = fingerprint_text(fingerprint).split("-")
    assert [len(group) for group in groups] == [4] * 13
    assert len(fingerprint_words(fingerprint).split()) == 12


@given(fingerprints)
def test_text_is_parsed_however_it_is_grouped(fingerprint: bytes) -> None:
    text = fingerprint_text(fingerprint)
    bare = text.replace("-", "")
    for form in (text, text.upper(), bare, text.replace("-", " "), f"  {text}\n"):
        assert parse_fingerprint(form) == fingerprint


@given(fingerprints, fingerprints)
def test_different_fingerprints_look_different(one: bytes, other: bytes) -> None:
    assert (fingerprint_text(one) == fingerprint_text(other)) is (one == other)


def test_words_say_the_first_half() -> None:
    assert fingerprint_words(EMPTY) == fingerprint_words(EMPTY[:16] + bytes(16))
    assert fingerprint_words(EMPTY) != fingerprint_words(bytes(1) + EMPTY[1:])


@pytest.mark.parametrize(
    "text",
    [
        *("", "4oym", TEXT[:-1], TEXT + "a", TEXT + TEXT, TEXT.replace("4", "1")),
        *(TEXT.replace("q", "0"), TEXT[:-1] + "r", TEXT.replace("-", "_"), "=" * 52),
        *("é" * 52, "ａ" * 52, EMPTY.hex(), "\0" * 52),
    ],
)
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(ValueError):
        parse_fingerprint(text)


@given(st.text(max_size=80))
def test_any_text_gives_a_fingerprint_or_a_value_error(text: str) -> None:
    try:
        found = parse_fingerprint(text)
    except ValueError:
        return
    assert parse_fingerprint(fingerprint_text(found)) == found
