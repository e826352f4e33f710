"""The receipt: frozen vector, and proof of one manifest by one key only."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.manifest import Manifest, decode_manifest
from rsachat.protocol.receipt import Receipt, decode_receipt, make_receipt
from tests.support import keys
from tests.support.uploads import NOW_MS, make_manifest

VECTOR = Path(__file__).parent.parent / "vectors" / "receipt.json"


def receipt_for(manifest: Manifest, signer: str = "server") -> bytes:
    sign = keys.private(signer).sign
    return make_receipt(manifest.mh, manifest.sha256, manifest.size, NOW_MS, sign)


def test_vector() -> None:
    row = json.loads(VECTOR.read_text())
    raw = bytes.fromhex(row["receipt"])
    receipt = decode_receipt(raw)
    assert receipt.encode() == raw
    assert receipt.signed_part.hex() == row["signed_part"]
    assert (receipt.size, receipt.time_ms) == (row["size"], row["time_ms"])
    assert receipt.proves(decode_manifest(bytes.fromhex(row["manifest"])), keys.public("server"))


def test_it_proves_its_manifest_and_no_other() -> None:
    manifest, other = make_manifest(b"hello"), make_manifest(b"hello", tid=2)
    receipt = decode_receipt(receipt_for(manifest))
    assert receipt.proves(manifest, keys.public("server"))
    assert not receipt.proves(other, keys.public("server"))
    assert not receipt.proves(manifest, keys.public("alice"))


@pytest.mark.parametrize(
    "change", [{"sha256": b"x" * 32}, {"size": 6}, {"time_ms": 1}, {"mh": b"x" * 32}], ids=str
)
def test_a_changed_field_proves_nothing(change: dict[str, object]) -> None:
    manifest = make_manifest(b"hello")
    receipt = decode_receipt(receipt_for(manifest))
    assert not replace(receipt, **change).proves(manifest, keys.public("server"))  # type: ignore[arg-type]


def test_a_flipped_bit_proves_nothing() -> None:
    manifest = make_manifest(b"hello")
    raw = receipt_for(manifest)
    for at in range(0, len(raw), 23):
        damaged = raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :]
        try:
            receipt = decode_receipt(damaged)
        except ProtocolError:
            continue
        assert not receipt.proves(manifest, keys.public("server"))


@given(
    st.builds(
        Receipt,
        mh=st.binary(min_size=32, max_size=32),
        sha256=st.binary(min_size=32, max_size=32),
        size=st.integers(0, 2**64 - 1),
        time_ms=st.integers(0, 2**64 - 1),
        signature=st.binary(min_size=1, max_size=512),
    )
)
def test_decoding_is_the_inverse_of_encoding(receipt: Receipt) -> None:
    assert decode_receipt(receipt.encode()) == receipt


def test_cut_short_anywhere_or_too_long_is_an_error() -> None:
    raw = receipt_for(make_manifest(b"hello"))
    for length in range(len(raw)):
        with pytest.raises(ProtocolError):
            decode_receipt(raw[:length])
    with pytest.raises(ProtocolError):
        decode_receipt(raw + b"\0")
    with pytest.raises(ProtocolError):
        decode_receipt(b"\2" + raw[1:])
