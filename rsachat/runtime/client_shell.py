"""A client's edge: one connection on the loop around a client's core.

It connects, then moves bytes and does what the core says; every decision is the core's.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rsachat.client.events import CONN, Finished
from rsachat.errors import RsachatError
from rsachat.protocol import io_events as io
from rsachat.runtime.connector import CONNECT_SECONDS, Connector
from rsachat.runtime.driver import Core, Driver
from rsachat.runtime.loop import Loop
from rsachat.runtime.stream import Stream

Bind = tuple[str | None, int]
"""A source address: host (None: any) and port."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and from where."""

    host: str
    port: int
    bind: Bind | None = None
    timeout: float = CONNECT_SECONDS


class ClientShell:
    """Connects, then runs `make_core()` until it has finished and the socket is closed.

    `on_finished(error)` is called once. `perform` has a function for each action that is not
    about the connection.
    """

    def __init__(
        self,
        loop: Loop,
        target: Target,
        make_core: Callable[[], Core],
        on_finished: Callable[[RsachatError | None], object],
        perform: Mapping[type, Callable[[Any], object]] | None = None,
    ) -> None:
        self._loop = loop
        self._make_core = make_core
        self._on_finished = on_finished
        self._perform = dict(perform or {})
        self._driver: Driver | None = None
        self._stream: Stream | None = None
        self._waiting: list[object] = []
        self._result: Finished | None = None
        self._told = False
        self._behind = False
        self._connector: Connector | None = Connector(
            loop,
            target.host,
            target.port,
            bind=target.bind,
            timeout=target.timeout,
            on_connected=self._connected,
            on_failed=self._tell,
        )

    @property
    def connected(self) -> bool:
        return self._stream is not None

    def feed(self, event: object) -> None:
        """An event for the core, now or once there is one. On the loop's thread."""
        if self._driver is None or self._result is not None:
            self._waiting.append(event)
        else:
            self._driver.feed(event)

    def take_waiting(self) -> list[object]:
        """Events that came without a core to take them, or after its end."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def cancel(self, error: RsachatError | None) -> None:
        """Give up before the connection stands, or drop it at once."""
        if self._connector is not None:
            self._connector.cancel()
        if self._stream is not None:
            self._stream.abort()
        self._tell(error)

    def _connected(self, sock: socket.socket, _local: str) -> None:
        self._connector = None
        driver = self._driver = Driver(
            self._loop,
            self._make_core(),
            {
                io.SendBytes: self._send,
                io.CloseConnection: self._close,
                io.PauseReading: lambda action: self._stream_now().pause(),
                io.ResumeReading: lambda action: self._stream_now().resume(),
                Finished: self._finished,
                **self._perform,
            },
        )
        self._stream = Stream(
            self._loop,
            sock,
            on_data=lambda data: driver.feed(io.BytesReceived(CONN, data)),
            on_eof=lambda: driver.feed(io.EofReceived(CONN)),
            on_lost=lambda why: driver.feed(io.ConnectionLost(CONN, why)),
            on_written=self._tried,
            on_closed=self._closed,
        )
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            driver.feed(event)

    def _stream_now(self) -> Stream:
        assert self._stream is not None
        return self._stream

    def _send(self, action: io.SendBytes) -> None:
        self._stream_now().write(action.data)

    def _tried(self, _count: int) -> None:
        """After every attempt to send: the core hears of bytes that wait, and of the last."""
        waiting = self._stream_now().outbox
        if (waiting or self._behind) and self._driver is not None:
            self._behind = waiting > 0
            self._driver.feed(io.Backlog(CONN, waiting))

    def _close(self, action: io.CloseConnection) -> None:
        self._stream_now().shut(action.linger, peer_first=True)

    def _finished(self, action: Finished) -> None:
        self._result = action
        if self._stream is None or self._stream.closed:
            self._tell(action.error)

    def _closed(self) -> None:
        if self._driver is not None:
            self._driver.close()
        if self._result is not None:
            self._tell(self._result.error)

    def _tell(self, error: RsachatError | None) -> None:
        if not self._told:
            self._told = True
            self._on_finished(error)
