"""A tap on a TCP connection, and an attacker who works on what it recorded.

The attacker has every long-term RSA key, and such ephemeral secrets as it is given: none, in
the case that the protocol promises to withstand.
"""

import socket
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from rsachat.crypto.kdf import sha256
from rsachat.crypto.record_cipher import RecordCipher
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.agreement import KEY_LABEL, SessionKeys, session_keys
from rsachat.protocol.envelope import Init, Msg, decode_envelope
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.key_schedule import (
    Transcript,
    application_secrets,
    handshake_keys,
    record_key,
)
from rsachat.protocol.ratchet import step, unpad, unseal

CHUNK = 65_536
_GUESS = bytes(64)
"""In place of an ephemeral secret, where it has none."""


class Tap:
    """Passes one connection on to `address` (`ip:port`), and keeps both directions."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.to_server = bytearray()
        self.to_client = bytearray()
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            client, _ = self._listener.accept()
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for way in ((client, server, self.to_server), (server, client, self.to_client)):
                thread = threading.Thread(target=self._carry, args=way, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@dataclass
class Attacker:
    """What it found: `messages` inside the hops, `shares` of the RSA encryption, and `texts`."""

    rsa_keys: Collection[PrivateKey]
    secrets: Collection[bytes] = ()
    messages: list[m.Message] = field(default_factory=list)
    shares: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def work_on(self, to_server: bytes, to_client: bytes) -> None:
        """One hop: its records, then the envelopes in them."""
        opened = self._open_hop(to_server, to_client)
        self.messages += opened
        self._read_envelopes(
            message.env for message in opened if isinstance(message, m.ChatSend | m.ChatDeliver)
        )

    def _open_hop(self, to_server: bytes, to_client: bytes) -> list[m.Message]:
        if not to_server.startswith(PREAMBLE):
            return []
        hello, *from_client = _cut(to_server[len(PREAMBLE) :])
        answer, *from_server = _cut(to_client)
        transcript = Transcript(PREAMBLE)
        for frame in (hello, answer):
            transcript.add(frame)
        for secret in self.secrets or [_GUESS]:
            keys = handshake_keys(secret, transcript.hash())
            auth = RecordCipher(keys.server).open(from_server[0][4:])
            proof = RecordCipher(keys.client).open(from_client[0][4:])
            if auth is not None and proof is not None:
                transcript.add(auth)
                transcript.add(proof)
                session = application_secrets(keys.root, transcript.hash())
                return [
                    *_opened(from_client[1:], session.client),
                    *_opened(from_server[2:], session.server),
                ]
        return []

    def _read_envelopes(self, envelopes: Iterable[bytes]) -> None:
        decoded = [(env, decode_envelope(env)) for env in envelopes]
        inits = [(env, one) for env, one in decoded if isinstance(one, Init)]
        msgs = [one for _, one in decoded if isinstance(one, Msg)]
        for env, init in inits:
            share = self._share(init)
            if share is not None:
                self.shares.append(share)
            for keys in self._candidates(share, env):
                self.texts += _read([msg for msg in msgs if msg.sid == init.sid], keys)

    def _share(self, init: Init) -> bytes | None:
        opened = (key.decrypt(KEY_LABEL, sha256(init.p1()), init.wrapped) for key in self.rsa_keys)
        return next((share for share in opened if share is not None), None)

    def _candidates(self, share: bytes | None, env: bytes) -> Iterator[SessionKeys]:
        for secret in self.secrets or [_GUESS]:
            yield session_keys(share or bytes(32), secret, env)


def _cut(data: bytes) -> list[bytes]:
    """Frames and records with their length in front; a torn one at the end is left out."""
    units = []
    while len(data) >= 4 and (end := 4 + int.from_bytes(data[:4], "big")) <= len(data):
        units.append(data[:end])
        data = data[end:]
    return units


def _opened(records: Iterable[bytes], generation: bytes) -> Iterator[m.Message]:
    cipher = RecordCipher(record_key(generation))
    for record in records:
        plaintext = cipher.open(record[4:])
        if plaintext is None:
            return
        for type_, payload in codec.split_record(plaintext):
            message = codec.decode(type_, payload)
            if isinstance(message, m.Message):
                yield message


def _read(msgs: Iterable[Msg], keys: SessionKeys) -> Iterator[str]:
    for msg in msgs:
        opened = unseal(step(keys.chain, msg.n), msg)
        content = None if opened is None else unpad(opened.padded)
        if content is not None:
            yield content.body.decode("utf-8", "replace")
