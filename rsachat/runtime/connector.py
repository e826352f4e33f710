"""Connects to a name, every address in turn, without ever waiting on the loop's thread.

Knows addresses and reasons in words; nothing of what is said on the connection.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable

from rsachat.errors import ConnectError, RsachatError
from rsachat.runtime.addresses import SocketAddress, format_address, host_port, reason
from rsachat.runtime.loop import WRITE, Loop, Timer, Watch

CONNECT_SECONDS = 10.0
SOURCE_PORT_PATIENCE = 3.0  # seconds in which the kernel gives a bound port of the last run back
SOURCE_PORT_RETRY = 0.1


class Connector:
    """Connects to a host, trying every address of its name in turn, within `timeout` seconds.

    Exactly one of `on_connected(socket, local address as text)` and `on_failed(RsachatError)`
    comes, later, from the loop; neither after `cancel`. The name is looked up in a thread of
    its own. `bind` is the source (host or None, port); its port may be one that a connection
    of a moment ago had. The error is a ConnectError, or a plain RsachatError when the source
    port is taken.
    """

    def __init__(
        self,
        loop: Loop,
        host: str,
        port: int,
        *,
        on_connected: Callable[[socket.socket, str], object],
        on_failed: Callable[[RsachatError], object],
        bind: tuple[str | None, int] | None = None,
        timeout: float = CONNECT_SECONDS,
    ) -> None:
        self._loop = loop
        self._host = host
        self._port = port
        self._bind = bind
        self._on_connected = on_connected
        self._on_failed = on_failed
        self._deadline = loop.now() + timeout
        self._patience = loop.now() + min(timeout, SOURCE_PORT_PATIENCE)
        self._addresses: list[tuple[int, SocketAddress]] = []
        self._why = ""
        self._bind_why = ""
        self._sock: socket.socket | None = None
        self._watch: Watch | None = None
        self._timer: Timer | None = loop.call_at(self._deadline, self._lookup_timed_out)
        self._done = False
        self._look_up()

    def cancel(self) -> None:
        self._done = True
        self._drop_attempt()

    def _look_up(self) -> None:
        try:
            found = _addresses(self._host, self._port, socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            threading.Thread(target=self._resolve, name="name lookup", daemon=True).start()
        else:
            self._loop.call_soon(lambda: self._looked_up(found, ""))

    def _resolve(self) -> None:
        """In its own thread: it may hang for as long as it likes."""
        found: list[tuple[int, SocketAddress]] = []
        why = ""
        try:
            found = _addresses(self._host, self._port, 0)
        except socket.gaierror as error:
            again = error.errno == socket.EAI_AGAIN
            why = "the name cannot be looked up at the moment" if again else "unknown host name"
        except (OSError, UnicodeError):
            why = "unknown host name"
        self._loop.call_threadsafe(lambda: self._looked_up(found, why))

    def _looked_up(self, found: list[tuple[int, SocketAddress]], why: str) -> None:
        if self._done:
            return
        self._addresses = found
        self._why = why
        self._try_next()

    def _try_next(self) -> None:
        self._drop_attempt()
        if not self._addresses:
            self._fail()
            return
        family, address = self._addresses[0]
        try:
            self._sock = self._open(family)
            error = self._sock.connect_ex(address)
        except OSError as failure:
            error = failure.errno or errno.EINVAL
        if error in (errno.EADDRNOTAVAIL, errno.EADDRINUSE) and self._wait_for_source_port():
            return
        self._addresses.pop(0)
        if error in (0, errno.EINPROGRESS, errno.EWOULDBLOCK) and self._sock is not None:
            # An address that does not answer leaves time for those after it.
            now = self._loop.now()
            share = max(0.0, self._deadline - now) / (len(self._addresses) + 1)
            self._timer = self._loop.call_at(now + share, self._attempt_timed_out)
            self._watch = self._loop.watch(self._sock, WRITE, self._connected)
        else:
            self._note(error)
            self._try_next()

    def _open(self, family: int) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if self._bind is not None:
                host, port = self._bind
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((host or ("::" if family == socket.AF_INET6 else "0.0.0.0"), port))
        except OSError as error:
            sock.close()
            self._bind_why = _BIND_REASONS.get(error.errno or 0, reason(error))
            raise
        return sock

    def _wait_for_source_port(self) -> bool:
        """The kernel keeps the last connection of a bound port for a moment: try again."""
        if self._bind is None or self._sock is None or self._loop.now() >= self._patience:
            return False
        self._drop_attempt()
        self._timer = self._loop.call_later(SOURCE_PORT_RETRY, self._try_next)
        return True

    def _connected(self, _mask: int) -> None:
        assert self._sock is not None
        error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # On loopback a port without a listener can be met by one's own end of the line.
        if not error and self._sock.getsockname() == self._sock.getpeername():
            error = errno.ECONNREFUSED
        if error:
            self._note(error)
            self._try_next()
            return
        sock, self._sock = self._sock, None
        self.cancel()
        self._on_connected(sock, format_address(sock.getsockname()))

    def _attempt_timed_out(self) -> None:
        self._note(errno.ETIMEDOUT)
        self._try_next()

    def _lookup_timed_out(self) -> None:
        self._why = "timed out: the name lookup gave no answer"
        self._fail()

    def _note(self, error: int) -> None:
        if not self._bind_why:
            self._why = reason(OSError(error, os.strerror(error)))

    def _fail(self) -> None:
        self.cancel()
        if self._bind is not None and self._bind_why:
            self._on_failed(
                RsachatError(
                    f"cannot use port {self._bind[1]} as the source of the connection",
                    why=self._bind_why,
                    hint="choose another one with --bind, or leave --bind out",
                )
            )
            return
        self._on_failed(
            ConnectError(
                f"cannot connect to {host_port(self._host, self._port)}",
                why=self._why or "no address is known for this name",
                hint="is a server running there? check its address and port",
            )
        )

    def _drop_attempt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        if self._sock is not None:
            self._sock.close()
            self._sock = None


_BIND_REASONS = {
    errno.EADDRINUSE: "another program has that port",
    errno.EACCES: "ports below 1024 need special rights",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def _addresses(host: str, port: int, flags: int) -> list[tuple[int, SocketAddress]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(int(family), address) for family, _, _, _, address in found]
