"""The preamble and the cutting of the stream: bounded, and the same for every split."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.frames import (
    MAGIC,
    PREAMBLE,
    FrameReader,
    Preamble,
    encode_frame,
    read_preamble,
)
from rsachat.protocol.messages import Alert

BODIES = st.lists(st.binary(min_size=1, max_size=60), max_size=8)


def framed(bodies: list[bytes]) -> bytes:
    return b"".join(len(b).to_bytes(4, "big") + b for b in bodies)


def parts_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(c % (len(stream) + 1) for c in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


def taken(reader: FrameReader, parts: list[bytes]) -> list[bytes]:
    found = []
    for part in parts:
        reader.feed(part)
        while (body := reader.take()) is not None:
            found.append(body)
    return found


def test_preamble_is_eight_bytes() -> None:
    assert PREAMBLE == b"RSACHAT\x01"


@pytest.mark.parametrize(
    ("start", "verdict"),
    [
        (b"", Preamble.INCOMPLETE),
        (b"R", Preamble.INCOMPLETE),
        (MAGIC, Preamble.INCOMPLETE),
        (PREAMBLE, Preamble.OURS),
        (MAGIC + b"\x02", Preamble.OTHER_VERSION),
        (MAGIC + b"\x00", Preamble.OTHER_VERSION),
        (b"G", Preamble.FOREIGN),
        (b"GET / HT", Preamble.FOREIGN),
        (b"RSACHAX", Preamble.FOREIGN),
        (b"\x16\x03\x01", Preamble.FOREIGN),
    ],
)
def test_preamble_is_judged_as_early_as_it_can_be(start: bytes, verdict: Preamble) -> None:
    assert read_preamble(start) is verdict


def test_frame_is_length_type_payload() -> None:
    assert encode_frame(Alert(1, (1,))).hex() == "000000050f01010001"


@given(BODIES, st.lists(st.integers(0, 1000), max_size=30))
def test_any_split_gives_the_same_bodies(bodies: list[bytes], cuts: list[int]) -> None:
    assert taken(FrameReader(1, 60), parts_of(framed(bodies), cuts)) == bodies


@given(BODIES)
def test_one_byte_at_a_time(bodies: list[bytes]) -> None:
    stream = framed(bodies)
    assert taken(FrameReader(1, 60), [stream[i : i + 1] for i in range(len(stream))]) == bodies


@given(BODIES, st.integers(0, 30))
def test_what_waited_untaken_is_not_lost(bodies: list[bytes], first: int) -> None:
    reader, stream = FrameReader(1, 60), framed(bodies)
    for part in (stream[:first], stream[first : first + 3], stream[first + 3 :]):
        reader.feed(part)
    assert reader.waiting == len(stream)
    assert taken(reader, [b""]) == bodies


@pytest.mark.parametrize("length", [0, 1, 61, 0x7FFFFFFF, 0xFFFFFFFF])
def test_length_out_of_bounds_is_refused_at_its_fourth_byte(length: int) -> None:
    reader = FrameReader(2, 60)
    header = length.to_bytes(4, "big")
    assert taken(reader, [header[:3]]) == []
    with pytest.raises(ProtocolError) as caught:
        taken(reader, [header[3:]])
    assert caught.value.code == AlertCode.DECODE


def test_limit_counts_for_the_next_frame() -> None:
    reader = FrameReader(1, 4)
    reader.feed(framed([b"abcd", b"abcdefgh"]))
    assert reader.take() == b"abcd"
    reader.limit(1, 8)
    assert reader.take() == b"abcdefgh"


def test_take_exactly_takes_whole_or_nothing() -> None:
    reader = FrameReader(1, 60)
    reader.feed(b"RSA")
    assert reader.take_exactly(8) == b"RSA"
    assert reader.take_exactly(8) == b"RSA"
    reader.feed(b"CHAT\x01" + framed([b"x"]))
    assert reader.take_exactly(8) == PREAMBLE
    assert reader.take() == b"x"
    assert reader.waiting == 0


def test_what_is_kept_stays_within_one_frame() -> None:
    reader = FrameReader(1, 60)
    stream = framed([bytes(60)] * 50)
    for i in range(0, len(stream), 7):
        taken(reader, [stream[i : i + 7]])
        assert reader.waiting < 64
