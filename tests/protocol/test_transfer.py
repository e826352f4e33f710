"""Chunk arithmetic around every edge, and the frozen units."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.jobs import DecryptChunks, chunk_context
from rsachat.crypto.kdf import labelled
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.transfer import TransferKey, TransferRefused, chunk_count, units_length
from tests.support import keys

CHUNK = json.loads((Path(__file__).parent.parent / "vectors" / "chunk.json").read_text())


@pytest.mark.parametrize(
    ("size", "chunks"), [(0, 0), (1, 1), (255, 1), (256, 1), (257, 2), (512, 2)]
)
def test_chunks_of_a_file(size: int, chunks: int) -> None:
    assert chunk_count(size, 256) == chunks


@given(st.integers(0, 10_000), st.integers(1, 64))
def test_the_chunks_of_a_file_are_the_file(size: int, chunk: int) -> None:
    lengths = [units_length(i, 1, size, chunk) for i in range(chunk_count(size, chunk))]
    assert sum(lengths) == size
    assert all(length == chunk for length in lengths[:-1])
    assert units_length(0, len(lengths), size, chunk) == size


def test_a_refusal_keeps_its_detail_apart_from_its_code() -> None:
    refused = TransferRefused(ErrorCode.ORDER, "unit 3 where 2 is next")
    assert refused.code == 205
    assert refused.detail == "unit 3 where 2 is next"


def test_a_transfer_is_named_by_sender_and_number() -> None:
    assert TransferKey(b"f" * 32, b"t" * 16) == TransferKey(b"f" * 32, b"t" * 16)
    assert TransferKey(b"f" * 32, b"t" * 16) != TransferKey(b"g" * 32, b"t" * 16)


def test_the_label_of_a_chunk() -> None:
    row = CHUNK["label"]
    context = chunk_context(bytes.fromhex(row["mh"]), row["index"], row["total"])
    assert labelled(b"chunk", context).hex() == row["bytes"]


def test_the_frozen_units_open() -> None:
    units = tuple(bytes.fromhex(row["unit"]) for row in CHUNK["units"])
    mh, total, size = bytes.fromhex(CHUNK["mh"]), CHUNK["total"], CHUNK["size"]
    plain = DecryptChunks(mh, 0, total, size, units).run(keys.private("server"))
    assert plain == b"".join(bytes.fromhex(row["plain"]) for row in CHUNK["units"])
    assert DecryptChunks(mh, 1, total, size, units[:1]).run(keys.private("server")) is None
