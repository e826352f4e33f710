"""The reference for uploads: the original program's design, written anew.

A thread a client; RSA for each message and each piece; the next piece only after the answer to
the one before. Each piece is a ciphertext for the server, which opens it, writes it and answers
with a ciphertext for the client, which opens that. Nothing is computed ahead or beside.

`python -m benchmarks.bare_stop_and_wait serve SERVER.pem CLIENT.pem FILE` prints its port;
`... send SERVER.pem CLIENT.pem PORT PIECES` prints pieces and seconds. Imports nothing from
rsachat.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bare_libraries import Key, read_key

PIECE = 256  # bytes
UNIT = 384  # bytes of an RSA-3072 ciphertext
LABEL = b"piece"


def serve(own: Key, peer: Key, file: Path) -> None:
    """Accept for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_take_all, args=(sock, own, peer, file), daemon=True).start()


def _take_all(sock: socket.socket, own: Key, peer: Key, file: Path) -> None:
    with sock, file.open("wb", buffering=0) as out:
        while unit := _read(sock):
            out.write(own.decrypt(LABEL, unit))
            sock.sendall(peer.encrypt(LABEL, b"received"))


def send(own: Key, peer: Key, port: int, pieces: int) -> float:
    """Seconds for so many pieces."""
    data = os.urandom(PIECE)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for _ in range(pieces):
            sock.sendall(peer.encrypt(LABEL, data))
            if own.decrypt(LABEL, _read(sock)) != b"received":
                raise ConnectionError("no answer to a piece")
        return time.perf_counter() - began


def _read(sock: socket.socket) -> bytes:
    """One ciphertext, or nothing at the end."""
    return sock.recv(UNIT, socket.MSG_WAITALL)


def main(arguments: Sequence[str]) -> None:
    what, server_file, client_file, *rest = arguments
    server, client = (read_key(Path(file).read_bytes()) for file in (server_file, client_file))
    if what == "serve":
        serve(server, client, Path(rest[0]))
    else:
        print(rest[1], send(client, server, int(rest[0]), int(rest[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
