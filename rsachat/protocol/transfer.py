"""What both ends of an upload share: modes, chunk arithmetic, and the refusal of a transfer.

Knows no file, no key and no connection.
"""

from dataclasses import dataclass
from enum import IntEnum

from rsachat.crypto.segments import TAG
from rsachat.protocol.codes import ErrorCode
from rsachat.settings import TransferLimits


class Mode(IntEnum):
    """How the bytes of a file travel (PROTOCOL 6.1)."""

    RSA_CHUNKS = 1
    ENVELOPE = 2


_WIRE = TransferLimits()
CHUNK_BYTES = {Mode.RSA_CHUNKS: _WIRE.chunk, Mode.ENVELOPE: _WIRE.envelope_chunk}
UNITS_PER_DATA = _WIRE.units_per_data
DATA_BYTES = _WIRE.data_bytes
SEGMENT_BYTES = CHUNK_BYTES[Mode.ENVELOPE] + TAG  # a whole unit of mode 2, which travels alone


class TransferRefused(Exception):
    """This transfer ends with UP_ABORT `code`; the connection lives on.

    `detail` is for the local log and is never sent.
    """

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TransferKey:
    """What names a transfer for ever: the sender's fingerprint (32 bytes) and its tid (16)."""

    fp: bytes
    tid: bytes


def chunk_count(size: int, chunk: int) -> int:
    """How many chunks a file of `size` bytes has; 0 for the empty file."""
    return -(-size // chunk)


def units_length(first: int, count: int, size: int, chunk: int) -> int:
    """Bytes of plaintext in `count` chunks from `first` on; only a file's last may be short."""
    return min((first + count) * chunk, size) - first * chunk
