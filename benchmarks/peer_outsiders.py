"""Relays of another kind beside rsachat: the original design, and ngircd in clear.

They carry the texts of 70 bytes alone; what they add is their own.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import bare_chat
from benchmarks.bare_libraries import read_key
from benchmarks.envelope import free_port, wait_for
from benchmarks.flood import ByteCount
from benchmarks.peer_relays import connected
from benchmarks.scratch import FIXED_KEYS, bare_process, by_engine
from benchmarks.voices import Missing, Pair, Relay, Voice

TEXT = b"x" * 70
KEYS = [FIXED_KEYS / f"{name}-rsapvt.pem" for name in ("server", "alice")]
IRC_CONFIG = """[Global]
Name = irc.example.net
Info = a peer of a benchmark
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = "hello"
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
"""


@contextmanager
def original(folder: Path) -> Iterator[Relay]:
    with bare_process("bare_chat", *map(str, KEYS)) as process:
        yield Relay(process.pid, partial(_original_pairs, process.port), int(by_engine(200, 600)))


@contextmanager
def _original_pairs(port: int, number: int) -> Iterator[list[Pair]]:
    server = read_key(KEYS[0].read_bytes())
    with ExitStack() as stack:
        socks = [stack.enter_context(connected(port)) for _ in range(2 * number)]

        def message(to: socket.socket) -> bytes:
            host, port = to.getsockname()
            return server.encrypt(bare_chat.LABEL, f"{host}:{port}/".encode() + TEXT)

        for sock in socks:  # who hears himself is known to the relay
            sock.sendall(message(sock))
            sock.recv(bare_chat.UNIT, socket.MSG_WAITALL)

        def voice(sock: socket.socket, other: socket.socket) -> Voice:
            unit = message(other)
            return Voice(
                sock,
                lambda messages, _: unit * messages,
                lambda messages: ByteCount(messages * bare_chat.UNIT),
            )

        ends = zip(socks[:number], socks[number:], strict=True)
        yield [(voice(near, far), voice(far, near)) for near, far in ends]


@contextmanager
def ngircd(folder: Path) -> Iterator[Relay]:
    """In clear, without penalties for a flood. Raises Missing."""
    program = shutil.which("ngircd") or shutil.which("/usr/sbin/ngircd")
    if program is None:
        raise Missing("ngircd is not installed")
    port, config = free_port(), folder / "ngircd.conf"
    config.write_text(IRC_CONFIG.format(port=port))
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, "-n", "-f", config], stdout=quiet, stderr=quiet) as process:
        try:
            wait_for(port)
            yield Relay(process.pid, partial(_irc_pairs, port, count()), 100_000)
        finally:
            process.kill()


@contextmanager
def _irc_pairs(port: int, numbers: Iterator[int], number: int) -> Iterator[list[Pair]]:
    with ExitStack() as stack:
        users = []
        for _ in range(2 * number):
            nick = b"u%d" % next(numbers)
            sock = stack.enter_context(connected(port))
            sock.sendall(b"NICK %b\r\nUSER %b 0 * :%b\r\n" % (nick, nick, nick))
            _lines_until(sock, b" 376 ", b" 422 ")  # the end of the greeting, or none
            users.append((sock, nick))
        ends = zip(users[:number], users[number:], strict=True)
        yield [(_irc_voice(near, far), _irc_voice(far, near)) for near, far in ends]


def _irc_voice(own: tuple[socket.socket, bytes], other: tuple[socket.socket, bytes]) -> Voice:
    (sock, nick), (far, far_nick) = own, other
    line = b"PRIVMSG %b :%b\r\n" % (far_nick, TEXT)
    far.sendall(b"PRIVMSG %b :%b\r\n" % (nick, TEXT))
    delivered = len(_lines_until(sock, b" PRIVMSG "))
    return Voice(
        sock,
        lambda messages, _: line * messages,
        lambda messages: ByteCount(messages * delivered),
    )


def _lines_until(sock: socket.socket, *marks: bytes) -> bytes:
    """The first line that holds one of the marks, read whole. Raises ConnectionError."""
    data = b""
    while True:
        *lines, data = data.split(b"\r\n")
        for line in lines:
            if any(mark in line for mark in marks):
                return line + b"\r\n"
        more = sock.recv(1 << 16)
        if not more:
            raise ConnectionError("the relay has cut the connection")
        data += more
