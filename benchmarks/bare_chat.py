"""The reference for chat: the original program's design, written anew.

A thread a client; one key pair for all clients; RSA for each message, once to the server and
once from it. `python -m benchmarks.bare_chat SERVER.pem CLIENT.pem` prints its port. A message
is a ciphertext for the server of `ADDRESS/TEXT`; who listens there gets a ciphertext of the
text. Imports nothing from rsachat.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bare_libraries import Key, read_key

UNIT = 384  # bytes of an RSA-3072 ciphertext
LABEL = b"message"


class BareChat:
    """Accepts for ever."""

    def __init__(self, own: Key, clients: Key) -> None:
        self._own = own
        self._clients = clients
        self._socks: dict[bytes, socket.socket] = {}

    def serve(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            print(listener.getsockname()[1], flush=True)
            while True:
                sock, (host, port) = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socks[f"{host}:{port}".encode()] = sock
                threading.Thread(target=self._relay, args=(sock,), daemon=True).start()

    def _relay(self, sock: socket.socket) -> None:
        try:
            while unit := sock.recv(UNIT, socket.MSG_WAITALL):
                address, _, text = self._own.decrypt(LABEL, unit).partition(b"/")
                self._socks[address].sendall(self._clients.encrypt(LABEL, text))
        except OSError:  # one of the two has gone
            sock.close()


def main(arguments: Sequence[str]) -> None:
    BareChat(*(read_key(Path(file).read_bytes()) for file in arguments)).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
