"""The reference for the server's CPU: a selectors relay of sealed records, and no more.

Each client, in the order they came, has a key of 64 bytes made from its number, for both
directions. A record is a u32 length, AES-256-CTR ciphertext and 16 bytes of HMAC-SHA-256 over
record number (u64), length and ciphertext. A message in it has a u32 head: type (one byte) and
length. What is to be passed on holds a u32 ref, the recipient (8 bytes) and the envelope; it is
delivered with the sender (8 bytes) and a fingerprint (32 bytes) before the envelope. All that
waits for a client at the end of a pass goes into as few records as fit. Imports nothing from
rsachat.
"""

from __future__ import annotations

import hashlib
import hmac
import selectors
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.bare_libraries import counter_modes

RECEIVE_BYTES = 64 * 1024
RECORD_BYTES = 69_632 - 16  # of plaintext
TAG = 16
SEND, DELIVER = 0x23, 0x24
DELIVERED_HEAD = 44
counter_mode = counter_modes()
_NUMBERED = struct.Struct(">QI")
_U32 = struct.Struct(">I")
_SENT = struct.Struct(">II8s")
_IPAD, _OPAD = (bytes(b ^ pad for b in range(256)) for pad in (0x36, 0x5C))


def client_key(number: int) -> bytes:
    """Of the client that came as number `number`: encryption key, then MAC key."""
    return hashlib.sha512(b"client %d" % number).digest()


def message(ref: int, to: int, envelope: bytes) -> bytes:
    """An encoded message to client number `to`."""
    return _SENT.pack(SEND << 24 | 12 + len(envelope), ref, to.to_bytes(8, "big")) + envelope


class Records:
    """One direction: a counter mode that goes on, and HMAC from its two padded states."""

    __slots__ = ("_count", "_crypt", "_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        self._crypt = counter_mode(key[:32])
        padded = key[32:].ljust(64, b"\0")
        self._inner = hashlib.sha256(padded.translate(_IPAD))
        self._outer = hashlib.sha256(padded.translate(_OPAD))
        self._count = 0

    def seal(self, plaintext: bytes) -> bytes:
        ct = self._crypt(plaintext)
        length = len(ct) + TAG
        return _U32.pack(length) + ct + self._tag(length, ct)

    def open(self, body: bytes) -> bytes:
        ct = body[:-TAG]
        if not hmac.compare_digest(self._tag(len(body), ct), body[-TAG:]):
            raise ValueError("a record does not verify")
        return self._crypt(ct)

    def _tag(self, length: int, ct: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(_NUMBERED.pack(self._count, length) + ct)
        outer.update(inner.digest())
        self._count += 1
        return outer.digest()[:TAG]


@dataclass(eq=False, slots=True)
class Client:
    sock: socket.socket
    head: bytes
    incoming: Records
    outgoing: Records
    rest: bytes = b""
    waiting: list[bytes] = field(default_factory=list)
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))


class BareRecordRelay:
    """Serves until its listener's owner ends the process."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._clients: dict[bytes, Client] = {}
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)

    def serve(self) -> None:
        while True:
            dirty: set[Client] = set()
            for key, mask in self._selector.select():
                if key.data is None:
                    self._accept()
                    continue
                if mask & selectors.EVENT_WRITE:
                    dirty.add(key.data)
                if mask & selectors.EVENT_READ:
                    self._read(key.data, dirty)
            for client in dirty:
                self._write(client)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        number = len(self._clients)
        name, key = number.to_bytes(8, "big"), client_key(number)
        client = Client(sock, name + bytes(32), Records(key), Records(key))
        self._clients[name] = client
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _read(self, client: Client, dirty: set[Client]) -> None:
        data = client.sock.recv(RECEIVE_BYTES)
        if not data:
            self._selector.unregister(client.sock)
            return
        data = client.rest + data
        at, end = 0, len(data)
        while at + 4 <= end:
            after = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if after > end:
                break
            self._pass_on(client, client.incoming.open(data[at + 4 : after]), dirty)
            at = after
        client.rest = data[at:]

    def _pass_on(self, client: Client, plaintext: bytes, dirty: set[Client]) -> None:
        """Every message of a record, to whom it names."""
        at, end = 0, len(plaintext)
        while at < end:
            word, _ref, name = _SENT.unpack_from(plaintext, at)
            after = at + 4 + (word & 0xFFFFFF)
            to = self._clients[name]
            envelope = plaintext[at + 16 : after]
            head = _U32.pack(DELIVER << 24 | 40 + len(envelope))
            to.waiting.append(head + client.head + envelope)
            dirty.add(to)
            at = after

    def _write(self, client: Client) -> None:
        if not client.outbox:
            records = map(client.outgoing.seal, packed(client.waiting))
            client.outbox, client.waiting = memoryview(b"".join(records)), []
        try:
            sent = client.sock.send(client.outbox)
        except BlockingIOError:
            sent = 0
        client.outbox = client.outbox[sent:]
        more = client.outbox or client.waiting
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if more else 0)
        if self._selector.get_key(client.sock).events != interest:
            self._selector.modify(client.sock, interest, client)


def packed(messages: Sequence[bytes]) -> Iterator[bytes]:
    """The messages joined, in order, into as few plaintexts as fit."""
    if sum(map(len, messages)) <= RECORD_BYTES:
        if messages:
            yield b"".join(messages)
        return
    room, parts = RECORD_BYTES, list[bytes]()
    for one in messages:
        if len(one) > room:
            yield b"".join(parts)
            room, parts = RECORD_BYTES, []
        parts.append(one)
        room -= len(one)
    yield b"".join(parts)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        BareRecordRelay(listener).serve()


if __name__ == "__main__":
    main()
