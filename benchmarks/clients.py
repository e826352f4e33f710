"""A minimal client for measuring: the program's own link on a blocking socket."""

from __future__ import annotations

import os
import socket
import struct
import time

from rsachat.crypto.kem import HybridKem
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol import link_events as ev
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import make_bundle
from rsachat.protocol.codec import encode
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink
from rsachat.protocol.messages import Message, Ping, Pong, PrekeyPut, Welcome

_SMALL_BUFFER, _SMALL_SEGMENT = 4096, 536  # bytes that the kernel keeps, and sends at a time
_TIMEOUT = struct.pack("ll", 20, 0)  # of a read, by the kernel: it costs nothing
HOUR_MS = 3_600_000


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


AMBIENT = Ambient(time.monotonic, wall_ms, os.urandom, HybridKem())


class Client:
    """Logged in when made. Raises ConnectionError where the server refuses or cuts.

    For one that is `small` the kernels hold some 120 KB: it is soon behind when it does not read.
    """

    def __init__(
        self,
        port: int,
        key: PrivateKey,
        server_fp: bytes,
        host: str = "127.0.0.1",
        *,
        ambient: Ambient = AMBIENT,
        small: bool = False,
    ) -> None:
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEOUT)
        if small:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALL_SEGMENT)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = ClientLink(key.public, ambient, Role.CHAT, "", server_fp)
        self.messages: list[Message] = []
        self.welcome: Welcome | None = None
        try:
            while self.welcome is None:
                self.push()
                self._login_step(key)
        except ConnectionError:
            self.cut()
            raise

    def push(self) -> None:
        self.sock.sendall(self.link.data_to_send())

    def pull(self) -> None:
        """Wait for some bytes and take what they say."""
        data = self.sock.recv(1 << 18)
        if not data:
            raise ConnectionError("the server has cut the connection")
        self.take(data)

    def take(self, data: bytes) -> None:
        """Open what came from the server; its messages are appended to `messages`."""
        for event in self.link.receive_data(data):
            match event:
                case Ping(mark):
                    self.say(Pong(mark))
                case Message() as message:
                    self.messages.append(message)
                case ev.PeerAlert(code):
                    raise ConnectionError(f"the server said alert {code}")

    def say(self, *messages: Message) -> None:
        self.link.send([encode(message) for message in messages])
        self.push()

    def cut(self) -> None:
        """Be gone without a word."""
        self.sock.close()

    def _login_step(self, key: PrivateKey) -> None:
        data = self.sock.recv(1 << 16)
        if not data:
            raise ConnectionError("the server has cut the connection")
        for event in self.link.receive_data(data):
            match event:
                case ev.SignatureNeeded(label, message):
                    self.link.signature_ready(key.sign(label, message))
                case ev.Established(welcome):
                    self.welcome = welcome
                case Message() as message:
                    self.messages.append(message)
                case _:
                    raise ConnectionError(f"the login failed: {event}")


def prekey(key: PrivateKey, name: str, server_fp: bytes) -> PrekeyPut:
    """A bundle that makes a session complete; one does for all sessions of a key."""
    now = wall_ms()
    pair = AMBIENT.kem.generate()
    bundle = make_bundle(key, name, server_fp, pair, (now, now + HOUR_MS), os.urandom)
    return PrekeyPut(bundle.encode())
