"""The hop's keys: from the hybrid secret and the transcript to each direction (PROTOCOL 2.1, 3).

Bytes in, bytes out; knows neither messages nor states.
"""

from dataclasses import dataclass, field

from rsachat.crypto.kdf import expand, extract, sha256

KEM_INFO = b"rsachat/1 hop"
_SALT = b"rsachat/1 hop"
SECRET_BYTES = 32
RECORD_KEY_BYTES = 64


class Transcript:
    """The raw bytes of the handshake so far, both directions, in order."""

    __slots__ = ("_parts",)

    def __init__(self, preamble: bytes) -> None:
        self._parts = [preamble]

    def add(self, part: bytes) -> None:
        self._parts.append(part)

    def hash(self, *more: bytes) -> bytes:
        """SHA-256 of everything so far and `more`: 32 bytes."""
        return sha256(*self._parts, *more)


@dataclass(frozen=True, slots=True)
class HandshakeKeys:
    """`server` and `client` are 64 bytes (encryption, MAC), the rest 32; none is ever shown."""

    root: bytes = field(repr=False)
    server: bytes = field(repr=False)
    client: bytes = field(repr=False)
    server_finished: bytes = field(repr=False)
    client_finished: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApplicationSecrets:
    """The first generation's secret of each direction, and the reserved exporter: 32 bytes each."""

    server: bytes = field(repr=False)
    client: bytes = field(repr=False)
    exporter: bytes = field(repr=False)


def handshake_keys(secret: bytes, h1: bytes) -> HandshakeKeys:
    """From the KEM and X25519 secrets joined (64 bytes) and H(T through SERVER_HELLO)."""
    root = extract(_SALT, secret)
    return HandshakeKeys(
        root=root,
        server=expand(root, b"s hs", h1, RECORD_KEY_BYTES),
        client=expand(root, b"c hs", h1, RECORD_KEY_BYTES),
        server_finished=expand(root, b"s fin", h1, SECRET_BYTES),
        client_finished=expand(root, b"c fin", h1, SECRET_BYTES),
    )


def application_secrets(root: bytes, h3: bytes) -> ApplicationSecrets:
    """From the handshake's root and H(T through CLIENT_AUTH)."""
    ap = expand(root, b"app", h3, SECRET_BYTES)
    return ApplicationSecrets(
        server=expand(ap, b"s ap", b"", SECRET_BYTES),
        client=expand(ap, b"c ap", b"", SECRET_BYTES),
        exporter=expand(ap, b"exporter", b"", SECRET_BYTES),
    )


def record_key(generation: bytes) -> bytes:
    """The 64 bytes a RecordCipher wants, of one generation's secret."""
    return expand(generation, b"key", b"", RECORD_KEY_BYTES)


def next_generation(generation: bytes) -> bytes:
    """The secret after a KEY_UPDATE; the old one is to be dropped."""
    return expand(generation, b"next", b"", SECRET_BYTES)
