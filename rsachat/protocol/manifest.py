"""The manifest that offers a file (PROTOCOL 6.1): its one encoding, its hash, its checks.

The signed manifest fixes every byte of what follows. The file's name stays raw here; only
safe_names.py says what it may be called.
"""

from dataclasses import dataclass

from rsachat.crypto.kdf import equal, sha256
from rsachat.crypto.rsa import PublicKey
from rsachat.protocol import fields as f
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.fields import Reader, decode_error
from rsachat.protocol.rsa_fields import MAX_RSA
from rsachat.protocol.transfer import (
    CHUNK_BYTES,
    Mode,
    TransferKey,
    TransferRefused,
    chunk_count,
)

VERSION = 1
REPLACE = 1  # bit 0 of the flags
SIGN_LABEL = b"manifest"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The fields in their order; `signature` is empty until the sender has signed.

    `tid` has 16 bytes, `fp_from`, `fp_to` and `sha256` 32; `size` and `chunk` are bytes,
    `total` counts chunks, `wrap` is empty in mode 1.
    """

    tid: bytes
    mode: int
    flags: int
    fp_from: bytes
    fp_to: bytes
    name: bytes
    size: int
    sha256: bytes
    chunk: int
    total: int
    created_ms: int
    wrap: bytes = b""
    signature: bytes = b""

    @property
    def key(self) -> TransferKey:
        return TransferKey(self.fp_from, self.tid)

    @property
    def replace(self) -> bool:
        return bool(self.flags & REPLACE)

    @property
    def body(self) -> bytes:
        """What is hashed and signed."""
        return self._pre() + f.v16(self.wrap)

    @property
    def is_envelope(self) -> bool:
        return self.mode == Mode.ENVELOPE

    @property
    def wrap_context(self) -> bytes:
        """What binds a wrapped key to all that stands before it, 32 bytes."""
        return sha256(self._pre())

    @property
    def mh(self) -> bytes:
        """The manifest's hash, 32 bytes: binds chunks and receipt to this transfer."""
        return sha256(self.body)

    def encode(self) -> bytes:
        return self.body + f.v16(self.signature)

    def _pre(self) -> bytes:
        head = f.u8(VERSION) + self.tid + f.u8(self.mode) + f.u8(self.flags)
        identity = self.fp_from + self.fp_to + f.v8(self.name)
        content = f.u64(self.size) + self.sha256 + f.u32(self.chunk) + f.u64(self.total)
        return head + identity + content + f.u64(self.created_ms)


def decode_manifest(data: bytes) -> Manifest:
    """Raises ProtocolError(DECODE) for bytes that are no manifest of this version."""
    reader = Reader(data)
    if reader.u8() != VERSION:
        raise decode_error("manifest of another version")
    manifest = Manifest(
        tid=reader.fixed(16),
        mode=reader.u8(),
        flags=reader.u8(),
        fp_from=reader.fixed(32),
        fp_to=reader.fixed(32),
        name=reader.v8(),
        size=reader.u64(),
        sha256=reader.fixed(32),
        chunk=reader.u32(),
        total=reader.u64(),
        created_ms=reader.u64(),
        wrap=reader.v16(0, MAX_RSA),
        signature=reader.v16(1, MAX_RSA),
    )
    reader.end()
    return manifest


def check_manifest(
    manifest: Manifest,
    sender: PublicKey,
    receiver: PublicKey,
    now_ms: int,
    age_ms: int,
    skew_ms: int,
) -> None:
    """Every relation of 6.1, the signature last.

    `sender` is who the hop proved, `age_ms` and `skew_ms` how far `created_ms` may lie before
    and after `now_ms`. Raises ProtocolError(DECODE) for a field of a wrong RSA length, else
    TransferRefused (MODE or BAD_MANIFEST).
    """
    if len(manifest.signature) != sender.size:
        raise decode_error("manifest signature of a wrong length")
    if manifest.mode not in CHUNK_BYTES:
        raise TransferRefused(ErrorCode.MODE, f"mode {manifest.mode}")
    if len(manifest.wrap) != (receiver.size if manifest.mode == Mode.ENVELOPE else 0):
        raise decode_error("wrapped key of a wrong length")
    problem = _wrong_relation(manifest, sender, receiver)
    if not problem and not -age_ms <= manifest.created_ms - now_ms <= skew_ms:
        problem = "created too long ago, or in the future"
    if not problem and not sender.verify(SIGN_LABEL, manifest.mh, manifest.signature):
        problem = "signature"
    if problem:
        raise TransferRefused(ErrorCode.BAD_MANIFEST, f"bad manifest: {problem}")


def _wrong_relation(manifest: Manifest, sender: PublicKey, receiver: PublicKey) -> str:
    if manifest.flags & ~REPLACE:
        return "unknown flags"
    if not equal(manifest.fp_from, sender.fingerprint):
        return "another sender"
    if not equal(manifest.fp_to, receiver.fingerprint):
        return "another receiver"
    if manifest.chunk != CHUNK_BYTES[Mode(manifest.mode)]:
        return "chunk size"
    if manifest.total != chunk_count(manifest.size, manifest.chunk):
        return "number of chunks"
    return ""
