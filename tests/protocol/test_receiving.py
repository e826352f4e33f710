"""The receiving machine with units that are no RSA: order, windows, results in any order."""

import hashlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.receiving import Batch, Piece, ReceiveMachine
from rsachat.protocol.transfer import TransferRefused
from tests.support.uploads import make_manifest

K = 300  # bytes of a made-up unit: two of length, the chunk, zeros
CHUNK = 256


def unit(chunk: bytes) -> bytes:
    return (len(chunk).to_bytes(2, "big") + chunk).ljust(K, b"\0")


def open_batch(batch: Batch) -> bytes:
    return b"".join(u[2 : 2 + int.from_bytes(u[:2], "big")] for u in batch.units)


def sealed(data: bytes, first: int, count: int) -> bytes:
    chunks = (data[i * CHUNK : (i + 1) * CHUNK] for i in range(first, first + count))
    return b"".join(map(unit, chunks))


def content(size: int) -> bytes:
    return Random(size).randbytes(size)


def machine(data: bytes, *, window: int = 640, cum: int = 0) -> ReceiveMachine:
    hasher = hashlib.sha256(data[: cum * CHUNK])
    return ReceiveMachine(make_manifest(data), K, window, 4, cum, hasher)


def take(m: ReceiveMachine, data: bytes, first: int, count: int) -> list[Piece]:
    """One UP_DATA from arrival to acknowledgement."""
    pieces: list[Piece] = []
    for batch in m.data(first, count, sealed(data, first, count)):
        pieces += m.opened(batch.serial, open_batch(batch))
    for piece in pieces:
        m.written(piece.cum)
    return pieces


def refused(m: ReceiveMachine, data: bytes, first: int, count: int) -> ErrorCode:
    with pytest.raises(TransferRefused) as caught:
        m.data(first, count, sealed(data, first, count))
    return caught.value.code


def test_units_come_out_as_the_file() -> None:
    data = content(2000)
    m = machine(data)
    pieces = take(m, data, 0, 5) + take(m, data, 5, 3)
    assert [(p.offset, p.data, p.cum) for p in pieces] == [
        (0, data[:1280], 5),
        (1280, data[1280:], 8),
    ]
    assert [p.prefix for p in pieces] == [
        hashlib.sha256(data[:1280]).digest(),
        hashlib.sha256(data).digest(),
    ]
    m.finish()


def test_batches_have_four_units_and_the_last_the_rest() -> None:
    data = content(256 * 10)
    batches = machine(data).data(0, 10, sealed(data, 0, 10))
    assert [(b.first, len(b.units)) for b in batches] == [(0, 4), (4, 4), (8, 2)]


@given(st.randoms(use_true_random=False), st.integers(0, 40))
def test_results_in_any_order_give_the_file_in_order(random: Random, chunks: int) -> None:
    data = content(chunks * CHUNK)
    m = machine(data)
    batches: list[Batch] = []
    at = 0
    while at < chunks:
        count = min(random.randint(1, 9), chunks - at)
        batches += m.data(at, count, sealed(data, at, count))
        at += count
    random.shuffle(batches)
    pieces = [piece for b in batches for piece in m.opened(b.serial, open_batch(b))]
    assert b"".join(p.data for p in pieces) == data
    assert [p.cum for p in pieces] == sorted(p.cum for p in pieces)
    for piece in pieces:
        assert piece.prefix == hashlib.sha256(data[: piece.cum * CHUNK]).digest()
        m.written(piece.cum)
    m.finish()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), max_size=12))
def test_no_order_of_pieces_gives_other_bytes(deliveries: list[tuple[int, int]]) -> None:
    """Duplicates, gaps and overlaps end the transfer; what came out is the file's beginning."""
    data = content(10 * CHUNK)
    m = machine(data, window=8)
    out = b""
    for first, count in deliveries:
        try:
            out += b"".join(p.data for p in take(m, data, first, count))
        except TransferRefused:
            break
    assert data.startswith(out)


def test_a_gap_a_repetition_and_too_much_are_out_of_order() -> None:
    data = content(2000)
    assert refused(machine(data), data, 1, 1) is ErrorCode.ORDER
    m = machine(data)
    take(m, data, 0, 2)
    assert refused(m, data, 0, 2) is ErrorCode.ORDER
    assert refused(machine(data), data + bytes(256), 0, 9) is ErrorCode.ORDER
    assert refused(machine(b""), b"x", 0, 1) is ErrorCode.ORDER


def test_the_window_moves_with_acknowledgements() -> None:
    data = content(256 * 10)
    m = machine(data, window=4)
    assert refused(m, data, 0, 5) is ErrorCode.ORDER
    m = machine(data, window=4)
    m.data(0, 4, sealed(data, 0, 4))
    assert refused(m, data, 4, 1) is ErrorCode.ORDER
    m = machine(data, window=4)
    take(m, data, 0, 4)
    take(m, data, 4, 4)


def test_going_on_begins_at_cum() -> None:
    data = content(2000)
    m = machine(data, cum=3)
    assert refused(machine(data, cum=3), data, 0, 3) is ErrorCode.ORDER
    assert [(p.offset, p.cum) for p in take(m, data, 3, 5)] == [(768, 8)]
    m.finish()


def test_one_unit_that_does_not_open_fails_the_whole_once_all_were_tried() -> None:
    data = content(2000)
    m = machine(data)
    first, second = m.data(0, 8, sealed(data, 0, 8))
    assert m.opened(first.serial, None) == []
    with pytest.raises(TransferRefused) as caught:
        m.opened(second.serial, open_batch(second))
    assert caught.value.code is ErrorCode.CRYPTO


def test_a_failure_waits_for_what_came_before_it() -> None:
    data = content(2000)
    m = machine(data)
    (good,) = m.data(0, 4, sealed(data, 0, 4))
    (bad,) = m.data(4, 4, sealed(data, 4, 4))
    assert m.opened(bad.serial, None) == []
    with pytest.raises(TransferRefused):
        m.opened(good.serial, open_batch(good))


@pytest.mark.parametrize(
    ("count", "length"), [(2, K), (1, K - 1), (1, K + 1), (0, 0), (161, 161 * K)]
)
def test_units_of_a_wrong_length_do_not_parse(count: int, length: int) -> None:
    data = content(256 * 200)
    with pytest.raises(ProtocolError):
        machine(data).data(0, count, bytes(length))


def test_more_bytes_than_one_message_may_hold_do_not_parse() -> None:
    m = ReceiveMachine(make_manifest(content(256 * 160)), 512, 640, 4)
    with pytest.raises(ProtocolError):
        m.data(0, 160, bytes(160 * 512))


def test_the_end_before_the_last_acknowledgement_is_out_of_order() -> None:
    data = content(300)
    m = machine(data)
    (batch,) = m.data(0, 2, sealed(data, 0, 2))
    m.opened(batch.serial, open_batch(batch))
    with pytest.raises(TransferRefused) as caught:
        m.finish()
    assert caught.value.code is ErrorCode.ORDER
    m.written(2)
    m.finish()


def test_another_content_is_found_at_the_end() -> None:
    data = content(300)
    m = ReceiveMachine(make_manifest(data), K, 640, 4)
    take(m, data[:-1] + bytes([data[-1] ^ 1]), 0, 2)
    with pytest.raises(TransferRefused) as caught:
        m.finish()
    assert caught.value.code is ErrorCode.HASH


def test_the_empty_file_is_finished_at_once() -> None:
    manifest: Manifest = make_manifest(b"")
    ReceiveMachine(manifest, K, 640, 4).finish()
