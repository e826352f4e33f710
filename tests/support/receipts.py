"""Real receipt files, made as an upload makes them."""

from dataclasses import replace

from rsachat.protocol.manifest import Manifest
from rsachat.protocol.receipt import make_receipt
from rsachat.protocol.receipt_file import ReceiptFile
from tests.support import keys
from tests.support.uploads import NOW_MS, make_envelope, make_manifest, sign

RECEIVED_MS = NOW_MS + 5000


def receipt_file(data: bytes, *, signer: str = "server", envelope: bool = False) -> ReceiptFile:
    """A receipt of `signer` for alice's file `a.txt`."""
    manifest = (make_envelope if envelope else make_manifest)(data)
    return receipt_for(sign(replace(manifest, fp_to=keys.public(signer).fingerprint)), signer)


def receipt_for(manifest: Manifest, signer: str = "server", sender: str = "alice") -> ReceiptFile:
    """What `signer` receipts for a manifest, right or wrong."""
    receipt = make_receipt(
        manifest.mh, manifest.sha256, manifest.size, RECEIVED_MS, keys.private(signer).sign
    )
    to, own = keys.public(signer).spki, keys.public(sender).spki
    return ReceiptFile(to, own, manifest.encode(), receipt)
