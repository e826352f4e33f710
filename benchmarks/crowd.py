"""Hostile sockets in a process of their own.

`python -m benchmarks.crowd PORT IDLE HALF STUCK SLOW`: IDLE connections say nothing, and HALF stop
in the middle of their hello; what the server closes is opened anew. STUCK clients are logged in,
write to themselves more than their sockets can hold and never read it; SLOW ones do the same and
read some bytes now and then. It prints "ready" once all are there, works until its input ends, and
then prints what became of them.
"""

from __future__ import annotations

import json
import select
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from benchmarks.clients import AMBIENT, Client, prekey
from benchmarks.scratch import ROOT, environment, read_key
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink
from rsachat.protocol.messages import ChatSend
from rsachat.runtime.addresses import raise_file_limit

KEY = "carol"
TURN = 1.0  # seconds; what was closed is opened anew so often, and slow readers read so often
SIP = 4096  # bytes that a slow reader takes in a turn; the kernel reports some 40 KB at a time
ENVELOPE, COPIES = 50_000, 4  # bytes; more than the kernels hold for a small client


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many of each kind."""

    idle: int
    half: int
    stuck: int
    slow: int


@contextmanager
def crowd(port: int, size: Crowd) -> Iterator[dict[str, int]]:
    """The crowd at work. Afterwards the dict has `slow`, the slow readers that were left, and
    `opened`, how often a stranger was."""
    left: dict[str, int] = {}
    command = [sys.executable, "-m", "benchmarks.crowd", str(port)]
    command += map(str, asdict(size).values())
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "ready\n":
                raise ConnectionError("the crowd did not get in")
            yield left
            process.stdin.close()
            left.update(json.loads(process.stdout.read()))
        finally:
            process.kill()


def main(words: Sequence[str]) -> int:
    port, *numbers = map(int, words)
    size = Crowd(*numbers)
    raise_file_limit()
    fp = read_key("server").public.fingerprint
    slow = list(logged_in(port, fp, size.slow))
    stuck = list(logged_in(port, fp, size.stuck))
    strangers = Strangers(port, half_hellos(size))
    strangers.open_missing()
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], TURN)[0]:
        strangers.open_missing()
        slow = [sock for sock in slow if sip(sock)]
    print(json.dumps({"slow": len(slow), "opened": strangers.opened}), flush=True)
    for sock in (*slow, *stuck):
        sock.close()
    return 0


def half_hellos(size: Crowd) -> list[bytes]:
    """What each stranger says: nothing, or a part of a hello, each another one."""
    key = read_key(KEY).public
    hello = ClientLink(key, AMBIENT, Role.CHAT, KEY, pin=None).data_to_send()
    parts = [hello[: 1 + i * (len(hello) - 1) // max(1, size.half)] for i in range(size.half)]
    return [b""] * size.idle + parts


class Strangers:
    """Sockets that never log in, one for each of `words`."""

    def __init__(self, port: int, words: Sequence[bytes]) -> None:
        self._port = port
        self._missing = list(words)
        self._selector = selectors.DefaultSelector()
        self.opened = 0

    def open_missing(self) -> None:
        """Take note of those that the server has closed, and open each anew."""
        for key, _ in self._selector.select(0):
            assert isinstance(key.fileobj, socket.socket)
            self._selector.unregister(key.fileobj)
            key.fileobj.close()
            self._missing.append(key.data)
        words, self._missing = self._missing, []
        for word in words:
            self._open(word)

    def _open(self, word: bytes) -> None:
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        self._selector.register(sock, selectors.EVENT_READ, word)
        self.opened += 1
        with suppress(OSError):  # it was one too many, and is closed by now
            sock.sendall(word)


def logged_in(port: int, fp: bytes, count: int) -> Iterator[socket.socket]:
    """Clients to whom more is written than their sockets hold."""
    key = read_key(KEY)
    bundle = prekey(key, KEY, fp)
    for _ in range(count):
        client = Client(port, key, fp, small=True)
        assert client.welcome is not None
        own = client.welcome.session
        client.say(bundle, *(ChatSend(ref, own, bytes(ENVELOPE)) for ref in range(1, COPIES + 1)))
        client.sock.setblocking(False)
        yield client.sock


def sip(sock: socket.socket) -> bool:
    """Take a little; False once the server has cut it."""
    try:
        return sock.recv(SIP) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
