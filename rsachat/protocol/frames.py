"""The preamble, and the cutting of a byte stream at its u32 lengths (PROTOCOL section 1).

Knows nothing of what a frame or a record holds. A length is checked against the bound of the
moment before anything is kept for it.
"""

from collections.abc import Sequence
from enum import Enum

from rsachat.protocol.codec import encode_payload
from rsachat.protocol.fields import decode_error, u8, u32
from rsachat.protocol.messages import Message

VERSION = 1
VERSIONS = (VERSION,)
MAGIC = b"RSACHAT"
PREAMBLE = MAGIC + bytes([VERSION])
LENGTH_BYTES = 4
_NAMED = 4  # versions that are named: a stranger's list may have 255


class Preamble(Enum):
    """What the first bytes of a connection say."""

    INCOMPLETE = "cut short"
    OURS = "this version"
    OTHER_VERSION = "another version"
    FOREIGN = "no rsachat"


def read_preamble(start: bytes) -> Preamble:
    """Judge a connection's first bytes, as early as they allow it."""
    if not (MAGIC.startswith(start) or start.startswith(MAGIC)):
        return Preamble.FOREIGN
    if len(start) < len(PREAMBLE):
        return Preamble.INCOMPLETE
    return Preamble.OURS if start[len(MAGIC)] == VERSION else Preamble.OTHER_VERSION


def other_version(theirs: Sequence[int]) -> str:
    """Why two ends cannot talk, in words for either side's person."""
    spoken = ", ".join([*map(str, theirs[:_NAMED]), *["…"] * (len(theirs) > _NAMED)])
    return f"it speaks protocol version {spoken or 'unknown'}, this program version {VERSION}"


def encode_frame(message: Message) -> bytes:
    """A plaintext handshake frame: u32 length, u8 type, payload."""
    payload = encode_payload(message)
    return u32(1 + len(payload)) + u8(message.type) + payload


class FrameReader:
    """Cuts a stream, however it was split on its way, into bodies without their u32 length.

    `low` and `high` bound the length in bytes; `limit()` changes them between two frames. What
    arrives is sliced where it lies; only the start of an incomplete frame is copied and kept.
    """

    __slots__ = ("_at", "_data", "_high", "_kept", "_low", "_needed")

    def __init__(self, low: int, high: int) -> None:
        self._low = low
        self._high = high
        self._data = b""
        self._at = 0
        self._kept = bytearray()
        self._needed = 0

    def limit(self, low: int, high: int) -> None:
        self._low = low
        self._high = high

    @property
    def waiting(self) -> int:
        """Bytes that arrived and were not taken."""
        return len(self._data) - self._at + len(self._kept)

    def feed(self, data: bytes) -> None:
        """Add what arrived. Take until None after it, or watch `waiting`."""
        if self._at < len(self._data):
            self._keep(0)
        if not self._kept:
            self._data, self._at = data, 0
            return
        self._kept += data
        if len(self._kept) >= self._needed:
            self._data, self._at = bytes(self._kept), 0
            self._kept.clear()

    def take_exactly(self, count: int) -> bytes:
        """Up to `count` bytes as they are, for the preamble; they are not taken if fewer."""
        found = self._data[self._at : self._at + count] or bytes(self._kept[:count])
        if len(found) == count:
            self._at += count
        elif not self._kept:
            self._keep(count)
        return found

    def take(self) -> bytes | None:
        """The next body, or None until more arrives. Raises ProtocolError(DECODE)."""
        data = self._data
        start = self._at + LENGTH_BYTES
        if start > len(data):
            if self._at == len(data):
                self._data, self._at = b"", 0
            else:
                self._keep(LENGTH_BYTES)
            return None
        length = int.from_bytes(data[self._at : start], "big")
        if not self._low <= length <= self._high:
            raise decode_error(f"length {length} outside {self._low}..{self._high}")
        end = start + length
        if end > len(data):
            self._keep(LENGTH_BYTES + length)
            return None
        self._at = end
        return data[start:end]

    def _keep(self, needed: int) -> None:
        """Copy the untaken rest; `take` has nothing to look at before `needed` bytes are there."""
        self._needed = needed
        self._kept += self._data[self._at :]
        self._data, self._at = b"", 0
