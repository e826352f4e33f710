"""Fields of the binary codec: fixed order, big-endian, one encoding for each value.

A reader checks every length against its bound before it takes the bytes, and refuses what is
left over (PROTOCOL section 0).
"""

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode


def decode_error(detail: str) -> ProtocolError:
    """The one error for bytes that do not parse."""
    return ProtocolError(AlertCode.DECODE, detail)


class Reader:
    """Takes fields from the front of `data`. Every method raises ProtocolError(DECODE)."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fixed(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise decode_error("cut short")
        taken = self._data[self._at : end]
        self._at = end
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
        return self.fixed(_within(self.u8(), low, high))

    def v16(self, low: int = 0, high: int = 65535) -> bytes:
        return self.fixed(_within(self.u16(), low, high))

    def s8(self, high: int = 255) -> str:
        try:
            return self.v8(0, high).decode("utf-8")
        except UnicodeDecodeError as error:
            raise decode_error("text is no UTF-8") from error

    def rest(self, low: int, high: int) -> bytes:
        return self.fixed(_within(len(self._data) - self._at, low, high))

    def end(self) -> None:
        if self._at != len(self._data):
            raise decode_error("bytes left over")


def _within(length: int, low: int, high: int) -> int:
    if not low <= length <= high:
        raise decode_error(f"length {length} outside {low}..{high}")
    return length


def u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def v8(data: bytes) -> bytes:
    return len(data).to_bytes(1, "big") + data


def v16(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def s8(text: str) -> bytes:
    return v8(text.encode("utf-8"))
