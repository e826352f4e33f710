"""How session keys come about: the published INIT, and both halves against each other."""

import random
from dataclasses import replace
from typing import Any

import pytest

from rsachat.crypto.kdf import mac, sha256
from rsachat.crypto.kem import KemError
from rsachat.protocol.agreement import (
    INFO,
    KEY_LABEL,
    accept_init,
    is_signed,
    make_init,
    session_keys,
)
from rsachat.protocol.bundle import decode_bundle, make_bundle
from rsachat.protocol.envelope import Init, decode_envelope
from tests.support import keys, vectors
from tests.support.peers import SERVER_FP, Clock, ambient, flip
from tests.support.seeded_kem import key_pair

VECTOR: dict[str, Any] = vectors.load("init")
BUNDLE = bytes.fromhex(vectors.load("bundle")["bundle"])
PAIR = key_pair(bytes.fromhex(VECTOR["x_private"]), bytes.fromhex(VECTOR["mlkem_seed"]))
ALICE, BOB = keys.private("alice"), keys.private("bob")
FALLBACK = b"\x66" * 32


def published() -> Init:
    init = decode_envelope(bytes.fromhex(VECTOR["init"]))
    assert isinstance(init, Init)
    return init


def test_the_published_init_opens() -> None:
    init = published()
    assert is_signed(init)
    assert init.to_fp == BOB.public.fingerprint
    assert init.pid == decode_bundle(BUNDLE).pid
    made = accept_init(BOB, PAIR, init, FALLBACK)
    assert (made.chain.hex(), made.receipt.hex()) == (VECTOR["ck_0"], VECTOR["rk"])


def test_the_published_schedule() -> None:
    share, secret = bytes.fromhex(VECTOR["r"]), bytes.fromhex(VECTOR["kem_secret"])
    made = session_keys(share, secret, bytes.fromhex(VECTOR["init"]))
    assert (made.chain.hex(), made.receipt.hex()) == (VECTOR["ck_0"], VECTOR["rk"])


def test_both_halves_agree() -> None:
    tools = ambient(Clock())
    bundle = make_bundle(BOB, "bob", SERVER_FP, PAIR, (0, 1), random.Random(1).randbytes)
    init, made = make_init(ALICE, BOB.public, bundle, tools)
    assert is_signed(init)
    assert accept_init(BOB, PAIR, init, FALLBACK) == made
    again, other = make_init(ALICE, BOB.public, bundle, tools)
    assert (again.sid, other) != (init.sid, made)


@pytest.mark.parametrize("bit", [16, 8 * 18, 8 * 30, 8 * 600, 8 * 700, 8 * 1800, -1])
def test_a_flipped_bit_breaks_the_signature(bit: int) -> None:
    init = decode_envelope(flip(bytes.fromhex(VECTOR["init"]), bit))
    assert isinstance(init, Init)
    assert not is_signed(init)


def test_no_key_at_all_has_not_signed() -> None:
    assert not is_signed(replace(published(), spki=bytes(422)))


def test_each_secret_counts() -> None:
    """Another RSA share, KEM ciphertext or prekey: other keys, never an error."""
    init, good = published(), accept_init(BOB, PAIR, published(), FALLBACK)
    other_pair = ambient(Clock()).kem.generate()
    for wrong in (
        accept_init(BOB, PAIR, replace(init, wrapped=bytes(384)), FALLBACK),
        accept_init(BOB, PAIR, replace(init, ct=flip(init.ct, 5)), FALLBACK),
        accept_init(BOB, other_pair, init, FALLBACK),
        accept_init(ALICE, PAIR, init, FALLBACK),
    ):
        assert wrong.chain != good.chain
        assert wrong.receipt != good.receipt


def test_a_share_of_another_length_is_no_share() -> None:
    """A decryption that succeeds with 31 bytes goes the same way as one that fails."""
    init = published()
    wrapped = BOB.public.encrypt(KEY_LABEL, sha256(init.p1()), bytes(31))
    short = replace(init, wrapped=wrapped)
    secret = PAIR.decapsulate(init.x, init.ct, INFO)
    expected = session_keys(mac(FALLBACK, wrapped), secret, short.encode())
    assert accept_init(BOB, PAIR, short, FALLBACK) == expected


def test_a_zero_x25519_key_is_refused() -> None:
    with pytest.raises(KemError):
        accept_init(BOB, PAIR, replace(published(), x=bytes(32)), FALLBACK)


def test_session_keys_do_not_show_in_a_repr() -> None:
    text = repr(session_keys(b"s" * 32, b"k" * 64, b"env"))
    assert "b'" not in text
    assert 'b"' not in text
