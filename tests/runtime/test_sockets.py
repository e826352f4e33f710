"""The parts together: a listener, a connector and streams echo over one loop."""

import socket
from collections.abc import Callable

from rsachat.errors import RsachatError
from rsachat.runtime.connector import Connector
from rsachat.runtime.listener import Listener
from rsachat.runtime.loop import Loop
from rsachat.runtime.stream import Stream
from tests.support.loops import run_until

MESSAGE = bytes(range(256)) * 4096


class Side:
    """One end of the talk; `take(stream, data)` is what it does with what arrives."""

    def __init__(self, loop: Loop, take: Callable[["Side", bytes], None]) -> None:
        self.loop = loop
        self.take = take
        self.got = bytearray()
        self.ends: list[str] = []

    def open(self, sock: socket.socket, _address: str) -> None:
        self.stream = Stream(
            self.loop, sock, self.on_data, self.on_eof, self.ends.append, on_closed=self.on_closed
        )

    def on_data(self, data: bytes) -> None:
        self.got += data
        self.take(self, data)

    def on_eof(self) -> None:
        self.stream.shut()

    def on_closed(self) -> None:
        self.ends.append("closed")

    def failed(self, error: RsachatError) -> None:
        raise error


def echo(side: Side, data: bytes) -> None:
    side.stream.write(data)


def shut_when_complete(side: Side, _data: bytes) -> None:
    if len(side.got) == len(MESSAGE):
        side.stream.shut()


def test_an_echo_over_one_loop() -> None:
    with Loop() as loop:
        server, client = Side(loop, echo), Side(loop, shut_when_complete)

        def connected(sock: socket.socket, address: str) -> None:
            client.open(sock, address)
            client.stream.write(MESSAGE)

        listener = Listener(loop, "127.0.0.1", 0, server.open)
        Connector(
            loop,
            "127.0.0.1",
            listener.port,
            on_connected=connected,
            on_failed=client.failed,
        )
        run_until(loop, lambda: server.ends and client.ends)
        listener.close()
    assert client.got == MESSAGE
    assert server.ends == client.ends == ["closed"]
