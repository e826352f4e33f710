"""The receipt as a file: one encoding, and not one bit of it can change unnoticed."""

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.protocol.receipt_file import (
    MAX_FILE,
    NotProven,
    Proof,
    ReceiptFile,
    check_content,
    check_receipt_file,
    decode_receipt_file,
)
from tests.support import keys
from tests.support.receipts import RECEIVED_MS, receipt_file, receipt_for
from tests.support.uploads import make_manifest

DATA = b"what was uploaded" * 50
FILE = receipt_file(DATA)
TEXT = FILE.encode()


def proof_of(text: bytes, data: bytes = DATA) -> Proof:
    proof = check_receipt_file(decode_receipt_file(text))
    check_content(proof, len(data), hashlib.sha256(data).digest())
    return proof


@pytest.mark.parametrize("envelope", [False, True])
def test_a_receipt_proves_who_stored_what_and_when(envelope: bool) -> None:
    proof = proof_of(receipt_file(DATA, envelope=envelope).encode())
    assert proof.signer == keys.public("server")
    assert proof.sender == keys.public("alice")
    assert (proof.manifest.name, proof.manifest.size) == (b"a.txt", len(DATA))
    assert proof.receipt.time_ms == RECEIVED_MS


def test_it_is_pem_of_its_own_label_as_documented() -> None:
    lines = TEXT.decode("ascii").splitlines()
    assert lines[0] == "-----BEGIN RSACHAT RECEIPT-----"
    assert lines[-1] == "-----END RSACHAT RECEIPT-----"
    assert max(map(len, lines[1:-1])) == 64
    body = base64.b64decode("".join(lines[1:-1]))
    parts = (FILE.to, FILE.sender, FILE.manifest, FILE.receipt)
    assert body == b"\x01" + b"".join(len(p).to_bytes(2, "big") + p for p in parts)
    assert len(TEXT) < MAX_FILE


def test_it_comes_back_as_it_was_and_through_cr_lf() -> None:
    assert decode_receipt_file(TEXT) == FILE
    assert decode_receipt_file(TEXT.replace(b"\n", b"\r\n")) == FILE


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(TEXT) * 8 - 1))
def test_one_flipped_bit_of_the_file_is_found(bit: int) -> None:
    flipped = bytearray(TEXT)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotProven):
        proof_of(bytes(flipped))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DATA) * 8 - 1))
def test_one_flipped_bit_of_the_source_is_found(bit: int) -> None:
    flipped = bytearray(DATA)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotProven):
        proof_of(TEXT, bytes(flipped))


BODY = FILE.to, FILE.sender, FILE.manifest, FILE.receipt


@settings(max_examples=200, deadline=None)
@given(st.integers(0, sum(map(len, BODY)) * 8 - 1))
def test_one_flipped_bit_inside_is_found_behind_the_encoding(bit: int) -> None:
    """As one who encodes it anew would do it."""
    parts = [bytearray(part) for part in BODY]
    at, left = 0, bit // 8
    while left >= len(parts[at]):
        left -= len(parts[at])
        at += 1
    parts[at][left] ^= 1 << bit % 8
    changed = ReceiptFile(*map(bytes, parts))
    with pytest.raises(NotProven):
        proof_of(changed.encode())


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: TEXT[:40] + b + TEXT[-40:]))
def test_any_bytes_are_a_receipt_or_not_proven(data: bytes) -> None:
    with pytest.raises(NotProven):
        decode_receipt_file(data)


@pytest.mark.parametrize("cut", range(0, len(TEXT), 97))
def test_a_cut_file_is_none(cut: int) -> None:
    with pytest.raises(NotProven):
        decode_receipt_file(TEXT[:cut])


@pytest.mark.parametrize("extra", [b"\n", b" ", b"x", b"\0"])
def test_nothing_may_stand_around_it(extra: bytes) -> None:
    for text in (extra + TEXT, TEXT + extra, TEXT[:40] + extra + TEXT[40:]):
        with pytest.raises(NotProven):
            decode_receipt_file(text)


def test_parts_of_two_receipts_do_not_go_together() -> None:
    other = receipt_for(make_manifest(DATA, tid=2))
    for mixed in (
        replace(FILE, receipt=other.receipt),
        replace(FILE, manifest=other.manifest),
        replace(FILE, sender=keys.public("bob").spki),
        replace(FILE, to=keys.public("bob").spki),
        replace(FILE, to=FILE.sender, sender=FILE.to),
    ):
        with pytest.raises(NotProven):
            check_receipt_file(mixed)


def test_a_receipt_of_another_than_the_addressee_proves_nothing() -> None:
    with pytest.raises(NotProven):
        check_receipt_file(receipt_for(make_manifest(DATA), signer="bob"))


def test_whoever_signs_for_himself_is_proven_to_be_himself() -> None:
    """Whether he is a server that one knows is asked elsewhere."""
    assert proof_of(receipt_file(DATA, signer="bob").encode()).signer == keys.public("bob")
