"""Pushes prepared bytes through a relay as fast as it takes them, and times their arrival.

Used for the reference and for the server alike; imports nothing from rsachat.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

RECEIVE_BYTES = 1 << 20
PATIENCE = 120.0
RECORD_HEAD, RECORD_TAG = 4, 16

Sender = tuple[socket.socket, bytes]
Receiver = tuple[socket.socket, Callable[[bytes], bool]]


class ByteCount:
    """Called with what arrived; True once all of it is there."""

    def __init__(self, expected: int) -> None:
        self._missing = expected

    def __call__(self, data: bytes) -> bool:
        self._missing -= len(data)
        return self._missing <= 0


class RecordCount:
    """The same for the bytes inside sealed records: their lengths tell, nothing is opened.

    A record is a head, whose last `length` bytes say how many follow, and as many bytes, of
    which `around` are no plaintext.
    """

    def __init__(
        self,
        expected: int,
        head: int = RECORD_HEAD,
        length: int = RECORD_HEAD,
        around: int = RECORD_TAG,
    ) -> None:
        self._missing = expected
        self._head = head
        self._length = length
        self._around = around
        self._rest = b""
        self.arrived: list[bytes] = []

    def __call__(self, data: bytes) -> bool:
        self.arrived.append(data)
        data = self._rest + data
        at = 0
        while (start := at + self._head) <= len(data):
            length = int.from_bytes(data[start - self._length : start], "big")
            if start + length > len(data):
                break
            self._missing -= length - self._around
            at = start + length
        self._rest = data[at:]
        return self._missing <= 0


def flood(senders: Sequence[Sender], receivers: Sequence[Receiver]) -> float:
    """Seconds from the first byte sent until each receiver's function has returned True.

    What comes back to a sender is read and dropped. Raises TimeoutError, and ConnectionError
    where a receiver is cut.
    """
    with selectors.DefaultSelector() as selector:
        waiting = {sock.fileno() for sock, _ in receivers}
        for sock, take in receivers:
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ, take)
        for sock, data in senders:
            sock.setblocking(False)
            selector.register(
                sock, selectors.EVENT_READ | selectors.EVENT_WRITE, [memoryview(data)]
            )
        began = time.perf_counter()
        while waiting:
            if time.perf_counter() - began > PATIENCE:
                raise TimeoutError("the flood did not arrive")
            for key, mask in selector.select(1.0):
                assert isinstance(key.fileobj, socket.socket)
                sock = key.fileobj
                if not isinstance(key.data, list):
                    if _received(sock, key.data):
                        waiting.discard(key.fd)
                        selector.unregister(sock)
                elif mask & selectors.EVENT_WRITE and _pushed(sock, key.data):
                    selector.modify(sock, selectors.EVENT_READ, key.data)
                else:
                    with suppress(BlockingIOError):
                        sock.recv(RECEIVE_BYTES)
        return time.perf_counter() - began


def _received(sock: socket.socket, take: Callable[[bytes], bool]) -> bool:
    data = sock.recv(RECEIVE_BYTES)
    if not data:
        raise ConnectionError("a receiver was cut")
    return take(data)


def _pushed(sock: socket.socket, rest: list[memoryview]) -> bool:
    """Send what fits; True when all has been sent."""
    with suppress(BlockingIOError):
        rest[0] = rest[0][sock.send(rest[0]) :]
    return not rest[0]
