"""Envelopes as bytes: one encoding for each value, everything else refused."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsachat.protocol.envelope import (
    MAX_MSG_CT,
    Envelope,
    EnvelopeError,
    Init,
    Msg,
    Receipt,
    Reset,
    decode_envelope,
)
from tests.support import vectors


def load(name: str, field: str) -> list[bytes]:
    rows = vectors.load(name)
    rows = rows if isinstance(rows, list) else [rows]
    return [bytes.fromhex(row[field]) for row in rows]


INIT = load("init", "init")[0]
MSGS = load("msg", "msg")
RECEIPTS = load("chat_receipt", "receipt")
RESET = b"\x04" + b"\x44" * 16
ALL = [INIT, *MSGS, *RECEIPTS, RESET]


def values(kind: int) -> st.SearchStrategy[Envelope]:
    sid, u32, u64 = st.binary(min_size=16, max_size=16), st.integers(0, 2**32 - 1), 2**64 - 1
    b32 = st.binary(min_size=32, max_size=32)
    if kind == 1:
        small = (st.just(b"s" * 422), st.just(b"g" * 384))
        big = (st.just(b"s" * 550), st.just(b"g" * 512))
        ct, wrapped = st.just(b"c" * 1088), st.sampled_from([b"w" * 384, b"w" * 512])
        head = (sid, st.integers(0, u64), b32)
        return st.one_of(
            [
                st.builds(Init, *head, spki, b32, sid, b32, ct, wrapped, sig)
                for spki, sig in (small, big)
            ]
        )
    if kind == 2:
        blocks = st.integers(1, MAX_MSG_CT // 128)
        return st.builds(Msg, sid, u32, b32, blocks.map(lambda n: bytes(128 * n)))
    if kind == 3:
        return st.builds(Receipt, sid, u32, u32, u32, b32)
    return st.builds(Reset, sid)


@given(st.integers(1, 4).flatmap(values))
def test_decoding_undoes_encoding(envelope: Envelope) -> None:
    assert decode_envelope(envelope.encode()) == envelope


@pytest.mark.parametrize("raw", ALL)
def test_vectors_have_one_encoding(raw: bytes) -> None:
    assert decode_envelope(raw).encode() == raw


def test_sizes_are_those_of_the_protocol() -> None:
    assert len(INIT) == 2422
    assert len(MSGS[0]) == 181
    assert len(RECEIPTS[0]) == 62


@pytest.mark.parametrize("raw", ALL)
def test_cut_short_or_longer(raw: bytes) -> None:
    for end in range(len(raw)):
        if raw[:1] == b"\x02" and (end - 53) % 128 == 0 and end > 53:
            continue  # a shorter MSG is a MSG too; its tag says the rest
        with pytest.raises(EnvelopeError):
            decode_envelope(raw[:end])
    with pytest.raises(EnvelopeError):
        decode_envelope(raw + b"\0")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" + RESET[1:],
        b"\x05" + RESET[1:],
        INIT[:1] + b"\x02" + INIT[2:],
        RECEIPTS[0][:29] + b"\x02" + RECEIPTS[0][30:],
        Msg(bytes(16), 0, bytes(32), bytes(MAX_MSG_CT + 128)).encode(),
        Msg(bytes(16), 0, bytes(32), b"").encode(),
        Msg(bytes(16), 0, bytes(32), bytes(127)).encode(),
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decode_envelope(data)


@given(st.binary(max_size=300))
@example(b"\x02" + bytes(180))
def test_any_bytes_give_a_value_or_the_error(data: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        assert decode_envelope(data).encode() == data
