"""The port of --metrics: takes a request, gives the page, closes. On the server's own loop.

What a request may say and what the page says are server/scrape.py's and server/exposition.py's.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

from rsachat.errors import RsachatError
from rsachat.runtime.listener import Listener
from rsachat.runtime.loop import Loop
from rsachat.runtime.server_pin import is_loopback
from rsachat.runtime.stream import Stream
from rsachat.server.scrape import OK, response, status_of
from rsachat.settings import MetricsLimits


class MetricsPort:
    """Listens at once; `page`, to be set before the loop runs, makes the text that is asked for.

    Raises RsachatError: the address cannot be had.
    """

    def __init__(self, loop: Loop, host: str, port: int, limits: MetricsLimits) -> None:
        self.page: Callable[[], str] = str
        self._loop = loop
        self._limits = limits
        self._visits: set[_Visit] = set()
        try:
            self._listener = Listener(loop, host, port, self._accept)
        except RsachatError as error:
            hint = "--metrics HOST:PORT names another address"
            raise RsachatError(error.what, why=error.why, hint=hint) from error
        self.address = self._listener.address
        self.is_local = is_loopback(self.address.rpartition(":")[0].strip("[]"))

    def close(self) -> None:
        """Listen no more; who is being answered is cut off."""
        self._listener.close()
        for visit in list(self._visits):
            visit.abort()

    def _accept(self, sock: socket.socket, _address: str) -> None:
        if len(self._visits) >= self._limits.connections:
            sock.close()
            return
        status = partial(status_of, limit=self._limits.request, local=self.is_local)
        seconds = self._limits.request_seconds
        self._visits.add(_Visit(self._loop, sock, status, self.page, seconds, self._visits.discard))


class _Visit:
    """One connection: a request, an answer, the end."""

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        status: Callable[[bytes], int | None],
        page: Callable[[], str],
        seconds: float,
        on_over: Callable[[_Visit], object],
    ) -> None:
        self._status = status
        self._page = page
        self._request = b""
        self._on_over = on_over
        self._stream = Stream(
            loop, sock, self._data, self._gone, lambda _why: None, on_closed=self._over
        )
        self._timer = loop.call_later(seconds, self.abort)

    def abort(self) -> None:
        self._stream.abort()

    def _data(self, data: bytes) -> None:
        self._request += data
        status = self._status(self._request)
        if status is not None:
            self._stream.write(response(status, self._page() if status == OK else ""))
            self._stream.shut()

    def _gone(self) -> None:
        self._stream.shut(linger=False)

    def _over(self) -> None:
        self._timer.cancel()
        self._on_over(self)
