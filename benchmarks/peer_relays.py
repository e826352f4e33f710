"""rsachat and the bare relays beside it: each is started, and makes pairs of voices.

All carry texts of 70 bytes, as rsachat does: in an envelope of 181 bytes.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks import bare_record_relay, bare_relay, bare_tls_relay
from benchmarks.clients import Client
from benchmarks.flood import ByteCount, RecordCount
from benchmarks.relay import ready_clients
from benchmarks.scratch import FIXED_KEYS, Server, bare_process, running_server
from benchmarks.voices import Missing, Pair, Relay, Voice
from rsachat.protocol.codec import encode
from rsachat.protocol.messages import ChatDeliver, ChatSend

ENVELOPE = bytes(181)  # a text of 70 bytes, sealed end to end


@contextmanager
def rsachat(folder: Path) -> Iterator[Relay]:
    options = ("--chat-rate", "1000000", "--sessions-per-key", "1000")
    with running_server(folder / "rsachat", *options) as server:
        yield Relay(server.pid, partial(_own_pairs, server), 20_000)


@contextmanager
def _own_pairs(server: Server, number: int) -> Iterator[list[Pair]]:
    with ready_clients(server, 2 * number) as clients:
        ends = zip(clients[:number], clients[number:], strict=True)
        yield [(_own_voice(near, far), _own_voice(far, near)) for near, far in ends]


def _own_voice(own: Client, other: Client) -> Voice:
    assert other.welcome is not None
    to, refs = other.welcome.session, count(1)

    def seal(messages: int) -> bytes:
        own.link.send([encode(ChatSend(next(refs), to, ENVELOPE)) for _ in range(messages)])
        return own.link.data_to_send()

    delivered = len(encode(ChatDeliver(bytes(8), bytes(32), ENVELOPE)))
    return Voice(own.sock, in_records(seal), lambda messages: RecordCount(messages * delivered))


def in_records(seal: Callable[[int], bytes]) -> Callable[[int, int], bytes]:
    """A voice's `say` of what makes one record of so many messages."""

    def say(messages: int, a_record: int) -> bytes:
        starts = range(0, messages, a_record)
        return b"".join(seal(min(a_record, messages - start)) for start in starts)

    return say


@contextmanager
def bare(folder: Path) -> Iterator[Relay]:
    with bare_process("bare_relay") as process:
        yield Relay(process.pid, partial(numbered, process.port, count(), _bare_voice), 100_000)


def _bare_voice(sock: socket.socket, _own: int, other: int) -> Voice:
    frame = bare_relay.frame(other, ENVELOPE)
    return Voice(
        sock,
        lambda messages, _: frame * messages,
        lambda messages: ByteCount(messages * len(frame)),
    )


@contextmanager
def bare_records(folder: Path) -> Iterator[Relay]:
    with bare_process("bare_record_relay") as process:
        yield Relay(process.pid, partial(numbered, process.port, count(), _record_voice), 40_000)


def _record_voice(sock: socket.socket, own: int, other: int) -> Voice:
    records = bare_record_relay.Records(bare_record_relay.client_key(own))
    message = bare_record_relay.message(1, other, ENVELOPE)
    delivered = bare_record_relay.DELIVERED_HEAD + len(ENVELOPE)
    return Voice(
        sock,
        in_records(lambda messages: records.seal(message * messages)),
        lambda messages: RecordCount(messages * delivered),
    )


@contextmanager
def numbered(
    port: int,
    numbers: Iterator[int],
    voice: Callable[[socket.socket, int, int], Voice],
    number: int,
) -> Iterator[list[Pair]]:
    """Pairs on a relay that counts its clients in the order in which they come."""
    with ExitStack() as stack:
        pairs = []
        for _ in range(number):
            socks = [stack.enter_context(connected(port)) for _ in range(2)]
            ends = [next(numbers), next(numbers)]
            pairs.append((voice(socks[0], *ends), voice(socks[1], *reversed(ends))))
        yield pairs


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


@contextmanager
def tls(folder: Path) -> Iterator[Relay]:
    """Raises Missing where no certificates can be made."""
    server, client = (_certificate(folder, name) for name in ("server", "alice"))
    arguments = [*server, client[0]]
    context = bare_tls_relay.client_context(*client, server[0])
    with bare_process("bare_tls_relay", *arguments) as process:
        voice = partial(_tls_voice, context)
        yield Relay(process.pid, partial(numbered, process.port, count(), voice), 40_000)


def _certificate(folder: Path, name: str) -> tuple[str, str]:
    """A self-signed certificate of a fixed key, and the key's file."""
    key, certificate = FIXED_KEYS / f"{name}-rsapvt.pem", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-subj", f"/CN={name}"]
    command += ["-key", str(key), "-out", str(certificate)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError as error:
        raise Missing("openssl, which makes the certificates, is not installed") from error
    return str(certificate), str(key)


def _tls_voice(context: ssl.SSLContext, sock: socket.socket, own: int, other: int) -> Voice:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tunnel = context.wrap_bio(incoming, outgoing)
    while True:
        try:
            tunnel.do_handshake()
            break
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
            incoming.write(sock.recv(1 << 16))
    sock.sendall(outgoing.read())
    frame = bare_relay.frame(other, ENVELOPE)

    def seal(messages: int) -> bytes:
        tunnel.write(frame * messages)
        return outgoing.read()

    return Voice(
        sock,
        in_records(seal),
        lambda messages: RecordCount(messages * len(frame), *bare_tls_relay.RECORD),
    )
