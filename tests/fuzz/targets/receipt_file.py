"""A receipt's file: one encoding, and no bit of it changes unnoticed."""

from functools import cache

from rsachat.protocol.receipt import make_receipt
from rsachat.protocol.receipt_file import (
    NotProven,
    ReceiptFile,
    check_content,
    check_receipt_file,
    decode_receipt_file,
)
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.uploads import make_manifest


def seeds() -> list[bytes]:
    """Whether the text or what it encodes is changed, or the text is all fuzzed; the changes."""
    pem = b"-----BEGIN RSACHAT RECEIPT-----\nAQAA\n-----END RSACHAT RECEIPT-----\n"
    return [
        b"\x00",
        b"\x01",
        b"\x01\x01\x00\x00\x02\x01X",
        b"\x00\x01\x01\x00\x41\x01\r",
        b"\x00\x01\x01\x00\x41\x01\n",
        b"\x02" + pem,
    ]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    with cheap.rsa():
        good = _good()
        text = (_change_text, _change_parts, Drawn.rest)[drawn.number() % 3](drawn)
        try:
            file = decode_receipt_file(text)
            assert file.encode() == text.replace(b"\r\n", b"\n")
            proof = check_receipt_file(file)
            check_content(proof, 5, proof.manifest.sha256)
        except NotProven:
            assert text != good.encode()
        else:
            assert file == good, "a change of it is not noticed"


def _change_text(drawn: Drawn) -> bytes:
    return drawn.patched(_good().encode())


def _change_parts(drawn: Drawn) -> bytes:
    good = _good()
    parts = [drawn.patched(part) for part in (good.to, good.sender, good.manifest, good.receipt)]
    return ReceiptFile(*parts).encode()


@cache
def _good() -> ReceiptFile:
    """With cheap signatures; made once."""
    manifest = make_manifest(b"bytes")
    receipt = make_receipt(manifest.mh, manifest.sha256, 5, 1234, keys.private("server").sign)
    to, sender = keys.public("server").spki, keys.public("alice").spki
    return ReceiptFile(to, sender, manifest.encode(), receipt)
