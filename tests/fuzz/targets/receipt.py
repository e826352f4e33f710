"""A receipt that decodes has one encoding, and proves nothing but what its signer signed."""

from functools import cache

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.manifest import Manifest
from rsachat.protocol.receipt import decode_receipt, make_receipt
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.uploads import make_manifest


def seeds() -> list[bytes]:
    return [b"", b"\x01\x00\x00\x01\x01X", b"\x01\x03\x01\x00", b"\x01\x01\x00\x45\x02\x00\x00"]


def target(data: bytes) -> None:
    with cheap.rsa():
        manifest, good = _good()
        changed = Drawn(data).patched(good)
        try:
            receipt = decode_receipt(changed)
        except ProtocolError as error:
            assert error.code == AlertCode.DECODE
            return
        assert receipt.encode() == changed
        assert receipt.proves(manifest, keys.public("server")) == (changed == good)


@cache
def _good() -> tuple[Manifest, bytes]:
    manifest = make_manifest(b"bytes")
    sign = keys.private("server").sign
    return manifest, make_receipt(manifest.mh, manifest.sha256, 5, 1234, sign)
