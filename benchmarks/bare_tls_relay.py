"""The bare relay over the standard library's TLS 1.3: what one would take instead of a protocol.

`python -m benchmarks.bare_tls_relay CERTIFICATE.pem KEY.pem CLIENTS.pem` prints its port; a
client shows a certificate that CLIENTS.pem signed. Frames as in bare_relay. Imports nothing
from rsachat.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Sequence

from benchmarks.bare_relay import RECEIVE_BYTES, BareRelay, Client

RECORD = 5, 2, 17  # bytes: its head, the length in it; the tag of AES-GCM and the type inside


class BareTlsRelay(BareRelay):
    """All that waits for a client at the end of a pass goes into as few records as fit."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(listener)
        self._context = context

    def _taken(self, sock: socket.socket) -> socket.socket:
        sock.setblocking(True)
        return self._context.wrap_socket(sock, server_side=True)

    def _received(self, client: Client) -> bytes | None:
        parts, size = [], 0
        try:
            while size < RECEIVE_BYTES and (part := client.sock.recv(RECEIVE_BYTES)):
                parts.append(part)  # of one record
                size += len(part)
        except ssl.SSLWantReadError:
            return b"".join(parts) or None
        except OSError:  # gone without a word
            pass
        return b"".join(parts)

    def _sent(self, client: Client, data: bytes) -> int:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[client.sock.send(rest) :]  # a record each
        except ssl.SSLWantWriteError:
            pass
        return len(data) - len(rest)


def server_context(certificate: str, key: str, clients: str) -> ssl.SSLContext:
    context = _context(ssl.PROTOCOL_TLS_SERVER, certificate, key, clients)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0
    return context


def client_context(certificate: str, key: str, server: str) -> ssl.SSLContext:
    context = _context(ssl.PROTOCOL_TLS_CLIENT, certificate, key, server)
    context.check_hostname = False
    return context


def _context(role: int, certificate: str, key: str, trusted: str) -> ssl.SSLContext:
    context = ssl.SSLContext(role)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(trusted)
    return context


def main(arguments: Sequence[str]) -> None:
    context = server_context(*arguments)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        BareTlsRelay(listener, context).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
