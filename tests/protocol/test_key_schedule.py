"""Keys from labels: known answers, and nothing shared between purposes and directions."""

from dataclasses import astuple

from rsachat.crypto.kdf import expand, sha256
from rsachat.protocol.key_schedule import (
    Transcript,
    application_secrets,
    handshake_keys,
    next_generation,
    record_key,
)

H1, H3 = b"1" * 32, b"3" * 32


def test_record_key_is_the_published_expansion() -> None:
    assert record_key(bytes(range(32))).hex() == (
        "389ab05e86ec49785e95716be4b791f9579ab3424b34eaf647d3634cd50e4086"
        "6176a99dff0ef75d022ac0dc07a01e411d6b657fb20314b01f325dd263098a3c"
    )


def test_next_generation_is_one_way_and_labelled() -> None:
    assert next_generation(b"d" * 32) == expand(b"d" * 32, b"next", b"", 32)


def test_transcript_hashes_what_was_added_and_more() -> None:
    transcript = Transcript(b"pre")
    transcript.add(b"one")
    assert transcript.hash() == sha256(b"preone")
    assert transcript.hash(b"two") == sha256(b"preonetwo")
    assert transcript.hash() == sha256(b"preone")


def test_every_purpose_has_its_own_key() -> None:
    keys = handshake_keys(b"s" * 64, H1)
    app = application_secrets(keys.root, H3)
    parts = [*astuple(keys), *astuple(app)]
    halves = [half for part in parts for half in (part[:32], part[32:]) if half]
    assert len(set(halves)) == len(halves)


def test_both_secrets_and_the_transcript_reach_every_key() -> None:
    keys = handshake_keys(b"s" * 64, H1)
    others = [
        handshake_keys(b"t" + b"s" * 63, H1),
        handshake_keys(b"s" * 63 + b"t", H1),
        handshake_keys(b"s" * 64, H3),
    ]
    for other in others:
        assert all(a != b for a, b in zip(astuple(keys)[1:], astuple(other)[1:], strict=True))
    assert application_secrets(keys.root, H1) != application_secrets(keys.root, H3)


def test_secrets_do_not_show_in_a_repr() -> None:
    keys = handshake_keys(b"s" * 64, H1)
    for text in (repr(keys), repr(application_secrets(keys.root, H3))):
        assert "b'" not in text
        assert 'b"' not in text
