"""Segments: the known answer, every size around the edge, and nothing opens but what was sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.segments import TAG, SegmentCipher
from tests.support.vectors import load

pytestmark = pytest.mark.usefixtures("engine")

KEY, MH = b"\x47" * 32, b"\x46" * 32
CIPHER = SegmentCipher(KEY, MH)


def test_the_known_answer_of_the_protocol() -> None:
    unit = CIPHER.seal(0, True, b"abc")
    expected = "89634cee2fd2036ad61db17744dac50f5e07f393955cc6013af83b95a3ecfad1508828"
    assert unit.hex() == expected
    assert CIPHER.open(0, True, unit) == b"abc"


def test_published_units() -> None:
    vectors = load("segment")
    cipher = SegmentCipher(bytes.fromhex(vectors["file_key"]), bytes.fromhex(vectors["mh"]))
    for row in vectors["units"]:
        place, plain = (row["index"], row["last"]), bytes.fromhex(row["plain"])
        assert cipher.seal(*place, plain).hex() == row["unit"]
        assert cipher.open(*place, bytes.fromhex(row["unit"])) == plain


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 65_535, 65_536])
def test_every_size_around_an_edge(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    unit = CIPHER.seal(3, False, data)
    assert len(unit) == size + TAG
    assert CIPHER.open(3, False, unit) == data


@given(st.integers(0, 2**64 - 1), st.booleans(), st.binary(max_size=100), st.data())
def test_one_bit_changed_anywhere_does_not_open(
    index: int, last: bool, data: bytes, draw: st.DataObject
) -> None:
    unit = bytearray(CIPHER.seal(index, last, data))
    bit = draw.draw(st.integers(0, len(unit) * 8 - 1))
    unit[bit // 8] ^= 1 << bit % 8
    assert CIPHER.open(index, last, bytes(unit)) is None


def test_nothing_opens_elsewhere() -> None:
    unit = CIPHER.seal(1, False, b"data")
    assert CIPHER.open(2, False, unit) is None
    assert CIPHER.open(1, True, unit) is None
    assert SegmentCipher(KEY, b"\x45" * 32).open(1, False, unit) is None
    assert SegmentCipher(b"\x45" * 32, MH).open(1, False, unit) is None


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 35])
def test_a_unit_cut_short_or_made_up_does_not_open(length: int) -> None:
    assert CIPHER.open(0, False, CIPHER.seal(0, False, b"data")[:length]) is None
    assert CIPHER.open(0, False, bytes(length)) is None


def test_equal_segments_look_different() -> None:
    one, two = CIPHER.seal(0, False, bytes(64)), CIPHER.seal(1, False, bytes(64))
    assert one[:64] != two[:64]
