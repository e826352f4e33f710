"""The reference for relaying: a selectors loop that passes frames on, in clear, and no more.

A frame is a u32 length, a u16 recipient (clients count from 0 in the order they came) and a
body; it is delivered with the sender in the recipient's place. Imports nothing from rsachat.
"""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass, field

RECEIVE_BYTES = 64 * 1024
FRAME_HEAD = 6


def frame(to: int, body: bytes) -> bytes:
    return (2 + len(body)).to_bytes(4, "big") + to.to_bytes(2, "big") + body


@dataclass(eq=False, slots=True)
class Client:
    sock: socket.socket
    name: bytes
    rest: bytes = b""
    outbox: list[bytes] = field(default_factory=list)


class BareRelay:
    """Serves until its listener's owner ends the process."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._clients: list[Client] = []
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)

    def serve(self) -> None:
        while True:
            dirty: set[Client] = set()
            for key, mask in self._selector.select():
                if key.data is None:
                    self._accept()
                    continue
                if mask & selectors.EVENT_WRITE:
                    dirty.add(key.data)
                if mask & selectors.EVENT_READ:
                    self._read(key.data, dirty)
            for client in dirty:
                self._write(client)

    def _accept(self) -> None:
        sock = self._taken(self._listener.accept()[0])
        sock.setblocking(False)
        client = Client(sock, len(self._clients).to_bytes(2, "big"))
        self._clients.append(client)
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _read(self, client: Client, dirty: set[Client]) -> None:
        data = self._received(client)
        if data is None:
            return
        if not data:
            self._selector.unregister(client.sock)
            return
        data = client.rest + data
        at, end = 0, len(data)
        while at + FRAME_HEAD <= end:
            after = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if after > end:
                break
            to = self._clients[int.from_bytes(data[at + 4 : at + 6], "big")]
            to.outbox.append(data[at : at + 4] + client.name + data[at + 6 : after])
            dirty.add(to)
            at = after
        client.rest = data[at:]

    def _write(self, client: Client) -> None:
        data = b"".join(client.outbox)
        sent = self._sent(client, data)
        client.outbox = [data[sent:]] if sent < len(data) else []
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.outbox else 0)
        if self._selector.get_key(client.sock).events != interest:
            self._selector.modify(client.sock, interest, client)

    def _taken(self, sock: socket.socket) -> socket.socket:
        """A newcomer's socket as it is used from here on."""
        return sock

    def _received(self, client: Client) -> bytes | None:
        """What there is of a ready socket, None for nothing yet."""
        return client.sock.recv(RECEIVE_BYTES)

    def _sent(self, client: Client, data: bytes) -> int:
        """How many bytes of it the kernel took."""
        try:
            return client.sock.send(data)
        except BlockingIOError:
            return 0


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        BareRelay(listener).serve()


if __name__ == "__main__":
    main()
