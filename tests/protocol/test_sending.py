"""The sending machine alone, and against the receiving one under any schedule."""

import hashlib
from collections import deque
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.messages import UpAck, UpData
from rsachat.protocol.receiving import Batch, ReceiveMachine
from rsachat.protocol.sending import SendMachine, SourceChanged, Wanted
from rsachat.protocol.transfer import TransferRefused
from tests.support.uploads import make_manifest

CHUNK = 256
K = 300


def content(size: int) -> bytes:
    return Random(size).randbytes(size)


def machine(
    data: bytes,
    *,
    cum: int = 0,
    window: int = 640,
    first_units: int = 16,
    data_units: int = 16,
    ahead: int = 32,
) -> SendMachine:
    hasher = hashlib.sha256(data[: cum * CHUNK])
    manifest = make_manifest(data)
    return SendMachine(
        manifest,
        cum,
        window,
        hasher,
        first_units=first_units,
        data_units=data_units,
        ahead=ahead,
    )


def read(m: SendMachine, data: bytes) -> list[Wanted]:
    """Everything it wants to read now."""
    wanted = []
    while (piece := m.wanted()) is not None:
        m.plain(piece, data[piece.offset : piece.offset + piece.length])
        wanted.append(piece)
    return wanted


def ack(m: SendMachine, data: bytes, cum: int) -> list[UpData]:
    prefix = hashlib.sha256(data[: cum * CHUNK]).digest()
    return m.acknowledged(UpAck(make_manifest(data).tid, cum, prefix))


def test_reads_in_order_up_to_window_and_ahead() -> None:
    data = content(256 * 100)
    m = machine(data, window=32, ahead=16)
    assert [(w.first, w.count, w.offset) for w in read(m, data)] == [
        (0, 16, 0),
        (16, 16, 4096),
        (32, 16, 8192),
    ]


def test_the_last_piece_is_as_short_as_the_file() -> None:
    data = content(256 * 3 + 7)
    (wanted,) = read(machine(data), data)
    assert (wanted.count, wanted.length) == (4, 256 * 3 + 7)


def test_sends_in_order_whatever_order_the_workers_have() -> None:
    data = content(256 * 48)
    m = machine(data)
    first, second, third = read(m, data)
    assert m.sealed(third, b"3") == []
    assert m.sealed(second, b"2") == []
    assert [d.first for d in m.sealed(first, b"1")] == [0, 16, 32]


def test_keeps_to_the_window_until_acknowledged() -> None:
    data = content(256 * 48)
    m = machine(data, window=16)
    sent = [d for wanted in read(m, data) for d in m.sealed(wanted, b"x")]
    assert [d.first for d in sent] == [0]
    assert [d.first for d in ack(m, data, 16)] == [16]
    assert m.cum == 16
    assert not m.complete


def test_a_wrong_prefix_is_no_acknowledgement() -> None:
    data = content(256 * 20)
    m = machine(data)
    for wanted in read(m, data):
        m.sealed(wanted, b"x")
    with pytest.raises(TransferRefused) as caught:
        m.acknowledged(UpAck(b"t" * 16, 16, b"\0" * 32))
    assert caught.value.code is ErrorCode.HASH
    assert m.cum == 0


@pytest.mark.parametrize("cum", [0, 15, 17, 20, 99])
def test_an_acknowledgement_has_to_be_the_next(cum: int) -> None:
    data = content(256 * 20)
    m = machine(data)
    for wanted in read(m, data):
        m.sealed(wanted, b"x")
    with pytest.raises(ProtocolError):
        ack(m, data, cum)


def test_an_acknowledgement_before_sending_is_an_error() -> None:
    data = content(256 * 20)
    m = machine(data)
    read(m, data)
    with pytest.raises(ProtocolError):
        ack(m, data, 16)


def test_a_source_that_changed_is_noticed_before_the_end_is_sent() -> None:
    data = content(256 * 20)
    m = machine(data)
    with pytest.raises(SourceChanged):
        read(m, data[:-1] + b"!")
    m = machine(data)
    with pytest.raises(SourceChanged):
        read(m, data[:300])


def unit(chunk: bytes) -> bytes:
    return (len(chunk).to_bytes(2, "big") + chunk).ljust(K, b"\0")


def seal(piece: bytes) -> bytes:
    return b"".join(unit(piece[at : at + CHUNK]) for at in range(0, len(piece), CHUNK))


def open_batch(batch: Batch) -> bytes:
    return b"".join(u[2 : 2 + int.from_bytes(u[:2], "big")] for u in batch.units)


class Schedule:
    """Both machines, with workers and wire that take their time: one random step at a time."""

    def __init__(self, data: bytes, random: Random, cum: int, window: int) -> None:
        self.data, self.random = data, random
        hasher = hashlib.sha256(data[: cum * CHUNK])
        self.receiver = ReceiveMachine(make_manifest(data), K, window, 4, cum, hasher)
        self.sender = machine(
            data,
            cum=cum,
            window=window,
            first_units=random.randint(1, 4),
            data_units=random.randint(1, 20),
        )
        self.stored = bytearray(data[: cum * CHUNK])
        self.sealing: list[tuple[Wanted, bytes]] = []
        self.wire: deque[UpData] = deque()
        self.opening: list[Batch] = []
        self.acks: deque[UpAck] = deque()

    def run(self) -> None:
        while not self.sender.complete:
            self._read()
            steps = [
                step
                for waiting, step in [
                    (self.sealing, self._seal),
                    (self.wire, self._receive),
                    (self.opening, self._open),
                    (self.acks, self._acknowledge),
                ]
                if waiting
            ]
            assert steps, "nothing moves"
            self.random.choice(steps)()

    def _read(self) -> None:
        while (wanted := self.sender.wanted()) is not None:
            piece = self.data[wanted.offset : wanted.offset + wanted.length]
            self.sender.plain(wanted, piece)
            self.sealing.append((wanted, piece))

    def _seal(self) -> None:
        wanted, piece = self.sealing.pop(self.random.randrange(len(self.sealing)))
        self.wire.extend(self.sender.sealed(wanted, seal(piece)))

    def _receive(self) -> None:
        data = self.wire.popleft()
        self.opening += self.receiver.data(data.first, data.count, data.data)

    def _open(self) -> None:
        batch = self.opening.pop(self.random.randrange(len(self.opening)))
        for piece in self.receiver.opened(batch.serial, open_batch(batch)):
            self.stored[piece.offset :] = piece.data
            self.receiver.written(piece.cum)
            self.acks.append(UpAck(b"t" * 16, piece.cum, piece.prefix))

    def _acknowledge(self) -> None:
        self.wire.extend(self.sender.acknowledged(self.acks.popleft()))


@given(
    st.randoms(use_true_random=False),
    st.integers(0, 256 * 60),
    st.integers(1, 40),
    st.integers(0, 60),
)
def test_any_schedule_delivers_the_file(random: Random, size: int, window: int, cum: int) -> None:
    data = content(size)
    schedule = Schedule(data, random, min(cum, size // CHUNK), window)
    schedule.run()
    assert schedule.stored == data
    schedule.receiver.finish()
