"""The primitive fields: one encoding each, every bound, and cut short at every byte."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol import fields as f
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.fields import Reader

Read = Callable[[Reader], Any]

TABLE: list[tuple[str, Read, Any, str]] = [
    ("u8", Reader.u8, 0xAB, "ab"),
    ("u16", Reader.u16, 0x0102, "0102"),
    ("u32", Reader.u32, 0x01020304, "01020304"),
    ("u64", Reader.u64, 2**64 - 1, "ffffffffffffffff"),
    ("v8", Reader.v8, b"\1\2", "020102"),
    ("v8", Reader.v8, b"", "00"),
    ("v16", Reader.v16, b"\1\2", "00020102"),
    ("v16", Reader.v16, bytes(300), "012c" + "00" * 300),
    ("s8", Reader.s8, "hé€🙂", "0a68c3a9e282acf09f9982"),
    ("s8", Reader.s8, "", "00"),
]
each_row = pytest.mark.parametrize(("name", "read", "value", "wire"), TABLE)


def refuses(read: Read, data: bytes) -> bool:
    with pytest.raises(ProtocolError) as caught:
        read(Reader(data))
    return caught.value.code == AlertCode.DECODE


@each_row
def test_written(name: str, read: Read, value: Any, wire: str) -> None:
    assert getattr(f, name)(value).hex() == wire


@each_row
def test_read(name: str, read: Read, value: Any, wire: str) -> None:
    reader = Reader(bytes.fromhex(wire))
    assert read(reader) == value
    reader.end()


@each_row
def test_cut_at_every_byte(name: str, read: Read, value: Any, wire: str) -> None:
    data = bytes.fromhex(wire)
    assert all(refuses(read, data[:length]) for length in range(len(data)))


@pytest.mark.parametrize(("write", "value"), [(f.u8, 256), (f.u16, 65536), (f.u32, 2**32)])
def test_a_number_that_does_not_fit_is_not_written(
    write: Callable[[int], bytes], value: int
) -> None:
    for wrong in (value, -1):
        with pytest.raises(OverflowError):
            write(wrong)


@pytest.mark.parametrize(
    ("write", "data"), [(f.v8, bytes(256)), (f.v16, bytes(65536)), (f.s8, "é" * 128)]
)
def test_a_length_that_does_not_fit_is_not_written(
    write: Callable[[Any], bytes], data: Any
) -> None:
    with pytest.raises(OverflowError):
        write(data)


@pytest.mark.parametrize("length", range(6))
def test_lengths_outside_their_bounds(length: int) -> None:
    inside = 2 <= length <= 4
    bounded: list[tuple[Read, bytes]] = [
        (lambda r: r.v8(2, 4), f.v8(bytes(length))),
        (lambda r: r.v16(2, 4), f.v16(bytes(length))),
        (lambda r: r.rest(2, 4), bytes(length)),
    ]
    for read, wire in bounded:
        if inside:
            assert read(Reader(wire)) == bytes(length)
        else:
            assert refuses(read, wire)


def test_text_is_bound_in_bytes() -> None:
    assert Reader(f.s8("éé")).s8(4) == "éé"
    assert refuses(lambda r: r.s8(3), f.s8("éé"))


@pytest.mark.parametrize("raw", ["ff", "c328", "c081", "eda080", "f4908080", "e282"])
def test_text_that_is_no_utf8(raw: str) -> None:
    assert refuses(Reader.s8, f.v8(bytes.fromhex(raw)))


def test_bytes_left_over() -> None:
    reader = Reader(b"\1\2")
    assert reader.u8() == 1
    with pytest.raises(ProtocolError):
        reader.end()


def test_fields_follow_each_other() -> None:
    reader = Reader(bytes.fromhex("0100020161aabbcc"))
    assert (reader.u8(), reader.u16(), reader.s8(), reader.fixed(2)) == (1, 2, "a", b"\xaa\xbb")
    assert reader.rest(0, 9) == b"\xcc"
    reader.end()


READS: list[Read] = [
    *(Reader.u8, Reader.u16, Reader.u32, Reader.u64, Reader.v8, Reader.v16, Reader.s8),
    *(lambda r: r.fixed(5), lambda r: r.rest(1, 8)),
]


@given(st.binary(max_size=40), st.lists(st.sampled_from(READS), max_size=6))
def test_random_bytes_give_values_or_the_one_error(data: bytes, reads: list[Read]) -> None:
    reader = Reader(data)
    with suppress(ProtocolError):
        for read in reads:
            read(reader)
