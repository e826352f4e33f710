"""Fields of the binary codec: fixed order, big-endian, one encoding for each value.

A length is checked against its bound before its bytes are taken, and what is left over is
refused (PROTOCOL section 0). The `take_` functions are the only parser; a `Reader` is a cursor
over them.
"""

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode


def decode_error(detail: str) -> ProtocolError:
    """The one error for bytes that do not parse."""
    return ProtocolError(AlertCode.DECODE, detail)


def take_fixed(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    """`length` bytes from `at` on, and where they end. Raises ProtocolError(DECODE)."""
    end = at + length
    if end > len(data):
        raise decode_error("cut short")
    return data[at:end], end


def take_counted(data: bytes, at: int, prefix: int, low: int, high: int) -> tuple[bytes, int]:
    """Bytes behind a length of `prefix` bytes that is within bounds, and where they end.

    Raises ProtocolError(DECODE).
    """
    start = at + prefix
    length = int.from_bytes(data[at:start], "big")
    end = start + length
    if end > len(data):
        raise decode_error("cut short")
    if not low <= length <= high:
        raise decode_error(f"length {length} outside {low}..{high}")
    return data[start:end], end


def take_text(data: bytes, at: int, high: int) -> tuple[str, int]:
    """An `s8` of at most `high` bytes, and where it ends. Raises ProtocolError(DECODE)."""
    raw, end = take_counted(data, at, 1, 0, high)
    try:
        return raw.decode("utf-8"), end
    except UnicodeDecodeError as error:
        raise decode_error("text is no UTF-8") from error


def take_rest(data: bytes, at: int, low: int, high: int) -> tuple[bytes, int]:
    """All that is left, its length within bounds. Raises ProtocolError(DECODE)."""
    length = len(data) - at
    if not low <= length <= high:
        raise decode_error(f"length {length} outside {low}..{high}")
    return data[at:], len(data)


class Reader:
    """Takes fields from the front of `data`. Every method raises ProtocolError(DECODE)."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fixed(self, length: int) -> bytes:
        taken, self._at = take_fixed(self._data, self._at, length)
        return taken

    def u8(self) -> int:
        return self.fixed(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.fixed(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.fixed(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.fixed(8), "big")

    def v8(self, low: int = 0, high: int = 255) -> bytes:
        taken, self._at = take_counted(self._data, self._at, 1, low, high)
        return taken

    def v16(self, low: int = 0, high: int = 65535) -> bytes:
        taken, self._at = take_counted(self._data, self._at, 2, low, high)
        return taken

    def s8(self, high: int = 255) -> str:
        text, self._at = take_text(self._data, self._at, high)
        return text

    def rest(self, low: int, high: int) -> bytes:
        taken, self._at = take_rest(self._data, self._at, low, high)
        return taken

    def end(self) -> None:
        if self._at != len(self._data):
            raise decode_error("bytes left over")


def u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def v8(data: bytes) -> bytes:
    return u8(len(data)) + data


def v16(data: bytes) -> bytes:
    return u16(len(data)) + data


def s8(text: str) -> bytes:
    return v8(text.encode("utf-8"))
