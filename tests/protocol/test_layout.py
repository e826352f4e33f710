"""Layouts on a structure of their own: the head, the tail, nesting, and every kind's bounds."""

from dataclasses import dataclass
from typing import Any

import pytest

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.fields import decode_error
from rsachat.protocol.layout import (
    Blob,
    Field,
    Fixed,
    Layout,
    Listed,
    Name,
    Number,
    Optional,
    Rest,
    Text,
)


@dataclass(frozen=True)
class Point:
    x: int
    label: str


@dataclass(frozen=True)
class Shape:
    tag: bytes
    scale: int
    kind: int
    points: tuple[Point, ...]
    note: bytes


@dataclass(frozen=True)
class Empty:
    pass


POINT = Layout(Point, Number(2), Text(5))
SHAPE = Layout(
    Shape, Fixed(3), Number(4), Number(1, 1, 2), Listed(Number(1, high=2), POINT), Rest(0, 4)
)
VALUE = Shape(b"abc", 7, 2, (Point(1, "p"), Point(258, "é")), b"\xff")
WIRE = bytes.fromhex("61626300000007020200010170010202c3a9ff")


def test_a_structure_both_ways() -> None:
    assert SHAPE.write(VALUE) == WIRE
    assert SHAPE.read(WIRE, 0) == (VALUE, len(WIRE))


def test_a_structure_in_the_middle_of_bytes() -> None:
    data = b"before" + POINT.write(Point(1, "p")) + b"after"
    assert POINT.read(data, 6) == (Point(1, "p"), 10)


def test_a_structure_without_fields() -> None:
    empty = Layout(Empty)
    assert empty.write(Empty()) == b""
    assert empty.read(b"rest", 0) == (Empty(), 0)


@pytest.mark.parametrize("length", range(len(WIRE) - 1))
def test_cut_at_every_byte(length: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        SHAPE.read(WIRE[:length], 0)
    assert caught.value.code == AlertCode.DECODE


KINDS: list[tuple[Field, list[tuple[Any, str]], list[Any], list[str]]] = [
    (Number(1), [(0, "00"), (255, "ff")], [-1, 256], [""]),
    (Number(2, 1), [(1, "0001"), (65535, "ffff")], [0, 65536], ["0000", "00"]),
    (Number(1, 2, 3), [(2, "02"), (3, "03")], [1, 4], ["01", "04", ""]),
    (Fixed(2), [(b"\1\2", "0102")], [b"", b"\1", b"\1\2\3"], ["", "01"]),
    (Text(2), [("", "00"), ("é", "02c3a9")], ["abc", "\ud800"], ["", "0161"[:2], "03616263"]),
    (Text(2), [("ab", "026162")], ["éa"], ["02ff61", "02c328"]),
    (
        Name(),
        [("a", "0161"), ("n" * 32, "20" + "6e" * 32)],
        ["", "n" * 33, "A", "a b", "a\n", "é"],
        ["00", "21" + "6e" * 33, "0141", "03612062", "02610a", "02c3a9", "0261"],
    ),
    (Blob(1, 2), [(b"\1", "000101")], [b"", b"\1\2\3"], ["0000", "0003010203", "0002ff", "00"]),
    (Rest(1, 2), [(b"\1", "01"), (b"\1\2", "0102")], [b"", b"\1\2\3"], ["", "010203"]),
    (
        Listed(Number(1, high=2), Number(2)),
        [((), "00"), ((1, 2), "0200010002")],
        [(1, 2, 3)],
        ["03"],
    ),
    (Optional(Number(1)), [(None, ""), (5, "05")], [256], []),
]


@pytest.mark.parametrize(("field", "good", "unwritable", "unreadable"), KINDS)
def test_each_kind(
    field: Field, good: list[tuple[Any, str]], unwritable: list[Any], unreadable: list[str]
) -> None:
    for value, wire in good:
        assert field.write(value).hex() == wire
        assert field.read(bytes.fromhex(wire), 0) == (value, len(wire) // 2)
    for value in unwritable:
        with pytest.raises((ValueError, OverflowError)):
            field.write(value)
    for wire in unreadable:
        with pytest.raises(ProtocolError):
            field.read(bytes.fromhex(wire), 0)


@pytest.mark.parametrize(
    "value",
    [
        Shape(b"ab", 7, 2, (), b""),
        Shape(b"abcd", 7, 2, (), b""),
        Shape(b"abc", -1, 2, (), b""),
        Shape(b"abc", 2**32, 2, (), b""),
        Shape(b"abc", 7, 3, (), b""),
        Shape(b"abc", 7, 2, (Point(65536, ""),), b""),
        Shape(b"abc", 7, 2, (), bytes(5)),
    ],
)
def test_what_no_reader_would_take_is_not_written(value: Shape) -> None:
    with pytest.raises(ValueError):
        SHAPE.write(value)


def test_a_relation_is_checked_on_reading() -> None:
    def even(point: Point) -> None:
        if point.x % 2:
            raise decode_error("odd")

    layout = Layout(Point, Number(2), Text(5), check=even)
    assert layout.read(layout.write(Point(2, "")), 0) == (Point(2, ""), 3)
    with pytest.raises(ProtocolError):
        layout.read(layout.write(Point(3, "")), 0)
