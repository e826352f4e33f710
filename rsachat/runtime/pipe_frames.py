"""Frames between the pool and its workers: a length, a job's number, a tag, a body.

Both ends are this program: nothing here guards against a hostile peer.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_HEADER = struct.Struct(">IIB")  # bytes of body, number, tag

KEY = 255  # to a worker: the private key as DER, empty for none; any other tag is a priority
READY = 0  # to the pool: the key is loaded
DONE = 1  # to the pool: the pickled result
FAILED = 2  # to the pool: an error in words
BEAT = 3  # to the pool: a job goes on


class Frame(NamedTuple):
    number: int
    tag: int
    body: bytes


def pack(number: int, tag: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(len(body), number, tag) + body


class FrameReader:
    """Cuts any split of the bytes into the same frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; returns the frames that are whole now."""
        self._buffer += data
        frames = []
        at = 0
        while len(self._buffer) - at >= _HEADER.size:
            length, number, tag = _HEADER.unpack_from(self._buffer, at)
            end = at + _HEADER.size + length
            if len(self._buffer) < end:
                break
            frames.append(Frame(number, tag, bytes(self._buffer[at + _HEADER.size : end])))
            at = end
        del self._buffer[:at]
        return frames
