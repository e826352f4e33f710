"""How a structure of the wire is written and read: its fields in order, each with its bounds.

A layout packs the fields of fixed size at its front at once and goes on field by field. Bounds
hold in both directions: writing what no reader would take is a ValueError here, not a surprise
at the peer. This module knows kinds of fields, not messages.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import takewhile
from operator import attrgetter
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rsachat.names import MAX_NAME, is_name
from rsachat.protocol.fields import (
    decode_error,
    s8,
    take_counted,
    take_fixed,
    take_rest,
    take_text,
    u8,
)

T = TypeVar("T")

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Field(Protocol):
    """One kind of field. `code` is its struct code if nothing but its size bounds it."""

    @property
    def code(self) -> str: ...
    def write(self, value: Any) -> bytes:
        """The one encoding of `value`. Raises ValueError for what is outside the bounds."""
        ...

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """The value at `at`, and where it ends. Raises ProtocolError(DECODE)."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned integer of `size` bytes; `low` and `high` bound it further, if given."""

    size: int
    low: int = 0
    high: int | None = None

    @property
    def code(self) -> str:
        return _CODES[self.size] if self.low == 0 and self.high is None else ""

    def write(self, value: int) -> bytes:
        self._check(value)
        return value.to_bytes(self.size, "big")

    def read(self, data: bytes, at: int) -> tuple[int, int]:
        raw, end = take_fixed(data, at, self.size)
        value = int.from_bytes(raw, "big")
        try:
            self._check(value)
        except ValueError as error:
            raise decode_error(str(error)) from error
        return value, end

    def _check(self, value: int) -> None:
        high = (1 << 8 * self.size) - 1 if self.high is None else self.high
        _within(value, self.low, high)


@dataclass(frozen=True, slots=True)
class Fixed:
    """`b[length]`."""

    length: int

    @property
    def code(self) -> str:
        return f"{self.length}s"

    def write(self, value: bytes) -> bytes:
        _within(len(value), self.length, self.length)
        return value

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        return take_fixed(data, at, self.length)


@dataclass(frozen=True, slots=True)
class Text:
    """`s8` of at most `high` bytes of UTF-8."""

    high: int
    code: ClassVar[str] = ""

    def write(self, value: str) -> bytes:
        raw = value.encode("utf-8")
        _within(len(raw), 0, self.high)
        return u8(len(raw)) + raw

    def read(self, data: bytes, at: int) -> tuple[str, int]:
        return take_text(data, at, self.high)


@dataclass(frozen=True, slots=True)
class Name:
    """`s8` that is a name (PROTOCOL section 0)."""

    code: ClassVar[str] = ""

    def write(self, value: str) -> bytes:
        if not is_name(value):
            raise ValueError("no name")
        return s8(value)

    def read(self, data: bytes, at: int) -> tuple[str, int]:
        text, end = take_text(data, at, MAX_NAME)
        if not is_name(text):
            raise decode_error("no name")
        return text, end


@dataclass(frozen=True, slots=True)
class Blob:
    """`v16` of `low` to `high` bytes."""

    low: int
    high: int
    code: ClassVar[str] = ""

    def write(self, value: bytes) -> bytes:
        length = len(value)
        if not self.low <= length <= self.high:  # as _within: an envelope passes here
            raise _outside(length, self.low, self.high)
        return length.to_bytes(2, "big") + value

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        start = at + 2
        length = int.from_bytes(data[at:start], "big")
        end = start + length
        if end > len(data) or not self.low <= length <= self.high:
            return take_counted(data, at, 2, self.low, self.high)  # says what is wrong
        return data[start:end], end


@dataclass(frozen=True, slots=True)
class Rest:
    """All that is left: `low` to `high` bytes."""

    low: int
    high: int
    code: ClassVar[str] = ""

    def write(self, value: bytes) -> bytes:
        _within(len(value), self.low, self.high)
        return value

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        return take_rest(data, at, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Listed:
    """A count, then so many items of one kind."""

    count: Number
    item: Field
    code: ClassVar[str] = ""

    def write(self, value: tuple[Any, ...]) -> bytes:
        return self.count.write(len(value)) + b"".join(map(self.item.write, value))

    def read(self, data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        count, at = self.count.read(data, at)
        items = []
        for _ in range(count):
            item, at = self.item.read(data, at)
            items.append(item)
        return tuple(items), at


@dataclass(frozen=True, slots=True)
class Optional:
    """A last field that is there, or None and nothing."""

    item: Field
    code: ClassVar[str] = ""

    def write(self, value: Any) -> bytes:
        return b"" if value is None else self.item.write(value)

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        return (None, at) if at == len(data) else self.item.read(data, at)


class Layout(Generic[T]):
    """The fields of one dataclass, in the order of its attributes; itself a field of others.

    `check` looks at relations between the fields of what was read, and raises ProtocolError.
    """

    __slots__ = ("_check", "_head", "_lengths", "_reads", "_values", "_writes", "cls", "fields")

    code: ClassVar[str] = ""

    def __init__(
        self, cls: type[T], *fields: Field, check: Callable[[T], None] | None = None
    ) -> None:
        head = list(takewhile(lambda field: field.code, fields))
        tail = fields[len(head) :]
        self.fields = fields
        self.cls = cls
        self._check = check
        self._head = struct.Struct(">" + "".join(field.code for field in head))
        self._lengths = [(i, f.length) for i, f in enumerate(head) if isinstance(f, Fixed)]
        self._writes = [field.write for field in tail]
        self._reads = [field.read for field in tail]
        self._values = _attributes(cls)

    def write(self, value: T) -> bytes:
        """Every field of `value`. Raises ValueError for what is outside the bounds."""
        return self.pack(self._values(value))

    def pack(self, values: tuple[Any, ...]) -> bytes:
        """The same for the fields alone, in their order."""
        for index, length in self._lengths:  # struct would cut or fill without a word
            if len(values[index]) != length:
                raise ValueError(f"{len(values[index])} bytes where {length} belong")
        first = len(values) - len(self._writes)
        try:
            written = self._head.pack(*values[:first])
        except struct.error as error:
            raise ValueError(str(error)) from error
        for write, value in zip(self._writes, values[first:], strict=True):
            written += write(value)
        return written

    def read(self, data: bytes, at: int) -> tuple[T, int]:
        """The value whose bytes begin at `at`, and where they end. Raises ProtocolError."""
        end = at + self._head.size
        if end > len(data):
            raise decode_error("cut short")
        values = self._head.unpack_from(data, at)
        for read in self._reads:
            value, end = read(data, end)
            values += (value,)
        whole = self.cls(*values)
        if self._check is not None:
            self._check(whole)
        return whole, end


def _attributes(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    """All attributes of a dataclass as a tuple; attrgetter alone gives a tuple from two on."""
    names = [field.name for field in fields(cls)]
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda value: ()
    only = attrgetter(names[0])
    return lambda value: (only(value),)


def _within(value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _outside(value, low, high)


def _outside(value: int, low: int, high: int) -> ValueError:
    return ValueError(f"{value} outside {low}..{high}")
