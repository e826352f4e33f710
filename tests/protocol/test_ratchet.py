"""The hash ratchet against its published answers, and what padding may look like."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.kdf import sha256
from rsachat.protocol.envelope import Msg, Receipt, decode_envelope
from rsachat.protocol.ratchet import (
    MAX_BODY,
    Content,
    pad,
    receipt_mac,
    seal,
    sealed_bytes,
    step,
    unpad,
    unseal,
)
from tests.support import vectors

MSGS: list[dict[str, Any]] = vectors.load("msg")
RECEIPTS: list[dict[str, Any]] = vectors.load("chat_receipt")
CHAIN, SID, MID = b"\x43" * 32, b"\x44" * 16, b"\x45" * 16
HI = Content(1, 1_700_000_000_000, MID, b"hi")


def h(row: dict[str, Any], field: str) -> bytes:
    return bytes.fromhex(row[field])


def contents() -> st.SearchStrategy[Content]:
    mid = st.binary(min_size=16, max_size=16)
    return st.builds(
        Content, st.integers(0, 255), st.integers(0, 2**64 - 1), mid, st.binary(max_size=400)
    )


def test_appendix_b() -> None:
    sealed = seal(CHAIN, SID, 0, HI)
    assert len(sealed.env) == 181
    assert sealed.tag.hex() == "ba5d47f62b0d532d5baa1a129b5ec7f49c306b0564c5cd76506df3530a2dedae"
    assert sealed.env[53:69].hex() == "472c4a2f5680655b0d8b83ab86b10579"
    assert sha256(sealed.env).hex() == (
        "4c0c0dc5e23c74f402a0b484f240f80a0de9aba4213daaa4dc5b5fce0a122a63"
    )
    assert sealed.chain.hex() == "03a68454c74edfcad896e7eaf873761a13eca687762371f04b00bb8374912236"
    receipt = Receipt(SID, n=0, got=1, count=1)
    assert receipt_mac(b"\x48" * 32, receipt.body(), sealed.tag).hex() == (
        "b89118fd1311d86dff548fbedf9699efdcd699a52997730b6f191d69a55e925f"
    )


@pytest.mark.parametrize("row", MSGS)
def test_published_messages(row: dict[str, Any]) -> None:
    content = Content(row["ctype"], row["ts_ms"], h(row, "mid"), h(row, "body"))
    sealed = seal(h(row, "chain"), h(row, "sid"), row["n"], content)
    assert (sealed.env, sealed.tag) == (h(row, "msg"), h(row, "tag"))
    assert sealed.chain == h(row, "next_chain") == step(h(row, "chain"))
    msg = decode_envelope(h(row, "msg"))
    assert isinstance(msg, Msg)
    unsealed = unseal(h(row, "chain"), msg)
    assert unsealed is not None
    assert unpad(unsealed.padded) == content
    assert unsealed.chain == sealed.chain


@pytest.mark.parametrize("row", RECEIPTS)
def test_published_receipts(row: dict[str, Any]) -> None:
    blank = Receipt(h(row, "sid"), row["n"], row["got"], row["count"])
    mac = receipt_mac(h(row, "rk"), blank.body(), h(row, "tag"))
    assert Receipt(blank.sid, blank.n, blank.got, blank.count, mac).encode() == h(row, "receipt")


def test_step_goes_as_often_as_it_is_told() -> None:
    assert step(CHAIN, 0) == CHAIN
    assert step(CHAIN, 3) == step(step(step(CHAIN)))


@given(contents())
def test_unpad_undoes_pad(content: Content) -> None:
    padded = pad(content)
    assert len(padded) % 128 == 0
    assert unpad(padded) == content
    assert sealed_bytes(content.body) == len(padded) + 53


@pytest.mark.parametrize("length", [0, 1, 100, 101, 102, MAX_BODY - 1, MAX_BODY])
def test_every_length_around_a_block(length: int) -> None:
    content = Content(1, 0, MID, b"x" * length)
    sealed = seal(CHAIN, SID, 0, content)
    assert len(sealed.env) == sealed_bytes(content.body)
    msg = decode_envelope(sealed.env)
    assert isinstance(msg, Msg)
    unsealed = unseal(CHAIN, msg)
    assert unsealed is not None
    assert unpad(unsealed.padded) == content


def test_a_body_too_long() -> None:
    with pytest.raises(ValueError, match="61441"):
        pad(Content(1, 0, MID, b"x" * (MAX_BODY + 1)))


@pytest.mark.parametrize(
    "padded",
    [
        pad(HI)[:-1] + b"\x01",
        pad(HI)[:30] + b"\x01" + pad(HI)[31:],
        pad(HI) + bytes(128),
        pad(HI)[:25] + b"\x00\x66" + pad(HI)[27:],
        pad(HI)[:25] + b"\xff\xff" + pad(HI)[27:],
        pad(HI)[:25] + (MAX_BODY + 1).to_bytes(2, "big") + bytes(MAX_BODY + 1 + 100),
        b"",
        bytes(26),
    ],
)
def test_padding_is_checked(padded: bytes) -> None:
    assert unpad(padded) is None


@given(contents(), st.integers(0, 10_000))
def test_any_flipped_bit_does_not_verify(content: Content, bit: int) -> None:
    env = bytearray(seal(CHAIN, SID, 7, content).env)
    bit = 8 + bit % (len(env) * 8 - 8)
    env[bit // 8] ^= 1 << bit % 8
    msg = decode_envelope(bytes(env))
    assert isinstance(msg, Msg)
    assert unseal(CHAIN, msg) is None


def test_another_key_does_not_verify() -> None:
    msg = decode_envelope(seal(CHAIN, SID, 0, HI).env)
    assert isinstance(msg, Msg)
    assert unseal(step(CHAIN), msg) is None


def test_no_chain_key_and_no_plaintext_shows_in_a_repr() -> None:
    sealed = seal(CHAIN, SID, 0, HI)
    msg = decode_envelope(sealed.env)
    assert isinstance(msg, Msg)
    unsealed = unseal(CHAIN, msg)
    assert unsealed is not None
    for secret in (sealed.chain, unsealed.padded):
        assert repr(secret) not in repr(sealed) + repr(unsealed)
