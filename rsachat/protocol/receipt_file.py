"""The file that keeps a receipt, and what it proves offline (PROTOCOL 6.4).

It holds both public keys, the signed manifest and the signed receipt. Everything in it is under
one of the two signatures or names a key that made one, so no bit of it can change unnoticed.
"""

import base64
import binascii
from dataclasses import dataclass

from rsachat.crypto.kdf import equal
from rsachat.crypto.rsa import KeyFormatError, PublicKey
from rsachat.errors import ProtocolError
from rsachat.protocol import fields as f
from rsachat.protocol.fields import Reader, decode_error
from rsachat.protocol.manifest import Manifest, check_manifest, decode_manifest
from rsachat.protocol.receipt import Receipt, decode_receipt
from rsachat.protocol.transfer import TransferRefused

VERSION = 1
MAX_FILE = 16 * 1024  # bytes of text; keys of 4096 bits in an envelope give under 6 KiB
_BEGIN = b"-----BEGIN RSACHAT RECEIPT-----\n"
_END = b"-----END RSACHAT RECEIPT-----\n"
_LINE = 64  # characters (RFC 7468)


class NotProven(Exception):
    """The file does not prove what it says; the text says why."""


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """The receiver's and the sender's SPKI, the encoded manifest and receipt."""

    to: bytes
    sender: bytes
    manifest: bytes
    receipt: bytes

    def encode(self) -> bytes:
        """As text (PEM)."""
        parts = (self.to, self.sender, self.manifest, self.receipt)
        body = base64.b64encode(f.u8(VERSION) + b"".join(map(f.v16, parts)))
        lines = (body[at : at + _LINE] + b"\n" for at in range(0, len(body), _LINE))
        return _BEGIN + b"".join(lines) + _END


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven: `signer` stored exactly `manifest`'s bytes at `receipt`'s time."""

    signer: PublicKey
    sender: PublicKey
    manifest: Manifest
    receipt: Receipt


def decode_receipt_file(text: bytes) -> ReceiptFile:
    """Raises NotProven. Line ends may have become CR LF on the way, nothing else."""
    try:
        found = _decode(text.replace(b"\r\n", b"\n"))
    except (ProtocolError, binascii.Error, ValueError) as error:
        raise NotProven("it is no receipt, or it was changed") from error
    return found


def _decode(text: bytes) -> ReceiptFile:
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise ValueError("no PEM of this label")
    body = text[len(_BEGIN) : -len(_END)]
    reader = Reader(base64.b64decode(body.replace(b"\n", b""), validate=True))
    if reader.u8() != VERSION:
        raise decode_error("receipt file of another version")
    found = ReceiptFile(*(reader.v16() for _ in range(4)))
    reader.end()
    if found.encode() != text:  # base64 has idle bits, and white space could stand anywhere
        raise ValueError("not the one encoding of this receipt")
    return found


def check_receipt_file(file: ReceiptFile) -> Proof:
    """Both signatures, both fingerprints, the manifest's hash, size and SHA-256.

    Who the signer is remains to be asked. Raises NotProven.
    """
    try:
        signer, sender = PublicKey.from_spki(file.to), PublicKey.from_spki(file.sender)
        manifest, receipt = decode_manifest(file.manifest), decode_receipt(file.receipt)
        check_manifest(manifest, sender, signer, manifest.created_ms, 0, 0)
    except (KeyFormatError, ProtocolError, TransferRefused) as error:
        raise NotProven("what was sent is not what its sender signed") from error
    if not receipt.proves(manifest, signer):
        raise NotProven("it is not the receiver's signature over what was sent")
    return Proof(signer, sender, manifest, receipt)


def check_content(proof: Proof, size: int, digest: bytes) -> None:
    """Whether a file of `size` bytes and SHA-256 `digest` is the one. Raises NotProven."""
    manifest = proof.manifest
    if manifest.size != size or not equal(manifest.sha256, digest):
        raise NotProven("the receipt is for other bytes")
