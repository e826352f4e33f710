"""Choices out of bytes: every input means something, and nothing is taken that is not there."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drawn import Drawn


def test_takes_from_the_front() -> None:
    drawn = Drawn(b"\x01\x02\x03\x02ab\x05rest")
    assert drawn.number() == 1
    assert drawn.number(2) == 0x0203
    assert drawn.blob() == b"ab"
    assert drawn.one_of("abc") == "c"
    assert drawn.rest() == b"rest"
    assert drawn.left == 0


def test_what_is_not_there_is_zero() -> None:
    drawn = Drawn(b"")
    assert (drawn.number(8), drawn.blob(), drawn.one_of("abc"), drawn.rest()) == (0, b"", "a", b"")
    assert drawn.patched(b"as it is") == b"as it is"
    assert list(drawn.steps(5)) == []


def test_steps_end_with_the_input_or_at_their_bound() -> None:
    assert list(Drawn(b"\x01\x02\x03").steps(9)) == [1, 2, 3]
    assert list(Drawn(b"\x01\x02\x03").steps(2)) == [1, 2]


def test_patches_overwrite_insert_remove_and_cut() -> None:
    assert Drawn(b"\x01\x00\x00\x01\x01X").patched(b"abcd") == b"aXcd"
    assert Drawn(b"\x01\x01\x00\x01\x01X").patched(b"abcd") == b"aXbcd"
    assert Drawn(b"\x01\x02\x00\x01\x02").patched(b"abcd") == b"ad"
    assert Drawn(b"\x01\x03\x00\x01").patched(b"abcd") == b"a"


@given(st.binary(), st.binary())
def test_any_patch_of_anything(data: bytes, template: bytes) -> None:
    assert len(Drawn(data).patched(template)) <= len(template) + 3 * 255
