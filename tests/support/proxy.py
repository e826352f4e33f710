"""A TCP proxy that is a bad network: it delays, dribbles, and cuts."""

from __future__ import annotations

import queue
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

RECEIVE_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST
Piece = tuple[float, bytes]


@dataclass(frozen=True, slots=True)
class Network:
    """What happens to bytes on the way.

    `delay` is seconds each way; `piece` the most bytes handed on at once; `life` gives, for each
    new connection, after how many bytes in both directions together it is cut, None for never.
    """

    delay: float = 0.0
    piece: int = RECEIVE_BYTES
    life: Callable[[], int | None] = lambda: None


def delayed(seconds: float) -> Network:
    """Each byte arrives so much later, each way."""
    return Network(delay=seconds)


def cut_after(life: Callable[[], int]) -> Network:
    """Each connection is cut after so many bytes, both directions together."""
    return Network(life=life)


byte_by_byte = Network(piece=1)
"""Each byte is handed on alone."""


class Proxy:
    """Listens on `address` and passes on to `target` (`ip:port`), until the `with` ends."""

    def __init__(self, target: str, network: Network) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._network = network
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.cuts = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            self.connections += 1
            self._open += [near, far]
            _Pair(self, self._network, near, far).start()

    def note_cut(self) -> None:
        self.cuts += 1


class _Pair:
    """Two sockets, and each way a thread that reads and one that hands on when it is time."""

    def __init__(
        self, proxy: Proxy, network: Network, near: socket.socket, far: socket.socket
    ) -> None:
        self._proxy = proxy
        self._network = network
        self._sockets = (near, far)
        self._left = network.life()
        self._lock = threading.Lock()

    def start(self) -> None:
        near, far = self._sockets
        for sock in self._sockets:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink in ((near, far), (far, near)):
            pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
            for run, args in ((self._read, (source, pieces)), (self._hand_on, (sink, pieces))):
                threading.Thread(target=run, args=args, daemon=True).start()

    def _read(self, source: socket.socket, pieces: queue.SimpleQueue[Piece]) -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(RECEIVE_BYTES)
            except OSError:
                data = b""
            pieces.put((time.monotonic() + self._network.delay, data))

    def _hand_on(self, sink: socket.socket, pieces: queue.SimpleQueue[Piece]) -> None:
        with suppress(OSError):
            while True:
                when, data = pieces.get()
                time.sleep(max(0.0, when - time.monotonic()))
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                for at in range(0, len(data), self._network.piece):
                    sink.sendall(self._allowed(data[at : at + self._network.piece]))

    def _allowed(self, data: bytes) -> bytes:
        """As much as this connection's life allows; its end cuts it."""
        with self._lock:
            if self._left is None:
                return data
            allowed = data[: self._left]
            self._left -= len(allowed)
            if len(allowed) < len(data):
                self._cut()
            return allowed

    def _cut(self) -> None:
        self._proxy.note_cut()
        for sock in self._sockets:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                sock.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError
