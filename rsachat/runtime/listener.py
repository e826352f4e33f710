"""A listening socket on the loop.

Decides nothing about who may come: every newcomer is handed on.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from rsachat.errors import RsachatError
from rsachat.runtime.addresses import format_address, host_port, reason
from rsachat.runtime.loop import READ, Loop, Timer

ACCEPTS_A_PASS = 8  # a flood of newcomers does not hold up who is there
ACCEPT_PAUSE = 0.5  # seconds without accepting when descriptors have run out
BACKLOG = 1024

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener:
    """A listening socket. `on_accept(socket, address)` for each newcomer, address as text.

    Raises RsachatError when the address cannot be listened on. When descriptors run out it
    stops accepting for a moment and goes on; who is there stays.
    """

    def __init__(
        self,
        loop: Loop,
        host: str,
        port: int,
        on_accept: Callable[[socket.socket, str], object],
    ) -> None:
        self._loop = loop
        self._on_accept = on_accept
        self._timer: Timer | None = None
        self._sock = _listening_socket(host, port)
        name = self._sock.getsockname()
        self.address = format_address(name)
        self.port: int = name[1]
        self._watch = loop.watch(self._sock, READ, self._accept)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._watch.close()
        self._sock.close()

    def _accept(self, _mask: int) -> None:
        for _ in range(ACCEPTS_A_PASS):
            try:
                sock, address = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _OUT_OF_RESOURCES:
                    self._watch.events = 0
                    self._timer = self._loop.call_later(ACCEPT_PAUSE, self._accept_again)
                    return
                continue  # this newcomer has gone already
            sock.setblocking(False)
            self._on_accept(sock, format_address(address))
            if self._watch.closed:
                return

    def _accept_again(self) -> None:
        self._watch.events = READ


def _listening_socket(host: str, port: int) -> socket.socket:
    where = host_port(host, port)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise RsachatError(
            f"cannot listen on {where}",
            why="the host name is not known",
            hint="--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0",
        ) from error
    family, kind, protocol, _, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address[0] == "::":
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        why, hint = _LISTEN_HELP.get(error.errno or 0, (reason(error), "try another --port"))
        raise RsachatError(f"cannot listen on {where}", why=why, hint=hint) from error
    return sock


_LISTEN_HELP = {
    errno.EADDRINUSE: (
        "the port is taken by another program",
        "choose another one with --port, or end the program that has it",
    ),
    errno.EACCES: (
        "ports below 1024 need special rights",
        "choose a port from 1024 on with --port",
    ),
    errno.EADDRNOTAVAIL: (
        "this machine does not have that address",
        "--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0",
    ),
}
