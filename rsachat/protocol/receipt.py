"""The receipt that ends an upload (PROTOCOL 6.4): the receiver's signature over what it stored."""

from collections.abc import Callable
from dataclasses import dataclass

from rsachat.crypto.kdf import equal
from rsachat.crypto.rsa import PublicKey
from rsachat.protocol import fields as f
from rsachat.protocol.fields import Reader, decode_error
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.rsa_fields import MAX_RSA

VERSION = 1
SIGN_LABEL = b"up receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`mh` and `sha256` have 32 bytes, `size` is bytes, `time_ms` the receiver's clock."""

    mh: bytes
    sha256: bytes
    size: int
    time_ms: int
    signature: bytes = b""

    @property
    def signed_part(self) -> bytes:
        head = f.u8(VERSION) + self.mh + self.sha256
        return head + f.u64(self.size) + f.u64(self.time_ms)

    def encode(self) -> bytes:
        return self.signed_part + f.v16(self.signature)

    def proves(self, manifest: Manifest, receiver: PublicKey) -> bool:
        """Whether `receiver` signed that it stored exactly what `manifest` offers."""
        return (
            equal(self.mh, manifest.mh)
            and equal(self.sha256, manifest.sha256)
            and self.size == manifest.size
            and receiver.verify(SIGN_LABEL, self.signed_part, self.signature)
        )


def decode_receipt(data: bytes) -> Receipt:
    """Raises ProtocolError(DECODE)."""
    reader = Reader(data)
    if reader.u8() != VERSION:
        raise decode_error("receipt of another version")
    receipt = Receipt(
        mh=reader.fixed(32),
        sha256=reader.fixed(32),
        size=reader.u64(),
        time_ms=reader.u64(),
        signature=reader.v16(1, MAX_RSA),
    )
    reader.end()
    return receipt


def make_receipt(
    manifest_hash: bytes,
    sha256: bytes,
    size: int,
    time_ms: int,
    sign: Callable[[bytes, bytes], bytes],
) -> bytes:
    """The encoded receipt; `sign` takes label and message and gives the receiver's signature."""
    part = Receipt(manifest_hash, sha256, size, time_ms).signed_part
    return part + f.v16(sign(SIGN_LABEL, part))
