"""A manifest that decodes has one encoding; one that passes its checks is what was signed."""

from dataclasses import replace
from functools import cache

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import (
    SIGN_LABEL,
    Manifest,
    check_manifest,
    decode_manifest,
)
from rsachat.protocol.transfer import CHUNK_BYTES, Mode, TransferRefused, chunk_count
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.uploads import NOW_MS, make_envelope, make_manifest

_REFUSED = (ErrorCode.MODE, ErrorCode.BAD_MANIFEST)


def seeds() -> list[bytes]:
    """Kind of manifest, whether its sender signs what it changed, and the changes."""
    return [b"\x00\x00\x00", b"\x01\x01\x00", b"\x00\x01\x01\x00\x00\x12\x01\x02", b"\x01\x00\x01"]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    with cheap.rsa():
        good = _good()[drawn.number() % 2]
        resigned, changed = drawn.number() & 1, drawn.patched(good)
        try:
            manifest = decode_manifest(changed)
        except ProtocolError:
            assert changed != good
            return
        assert manifest.encode() == changed
        if resigned:
            signature = keys.private("alice").sign(SIGN_LABEL, manifest.mh)
            manifest = replace(manifest, signature=signature)
        _check(manifest, lawful=manifest.encode() == good or bool(resigned))


def _check(manifest: Manifest, *, lawful: bool) -> None:
    alice, server = keys.public("alice"), keys.public("server")
    try:
        check_manifest(manifest, alice, server, NOW_MS, 1000, 1000)
    except ProtocolError:
        return
    except TransferRefused as refused:
        assert refused.code in _REFUSED
        return
    assert lawful, "a change of it is not noticed"
    assert manifest.total == chunk_count(manifest.size, CHUNK_BYTES[Mode(manifest.mode)])
    assert len(manifest.name) <= 255


@cache
def _good() -> tuple[bytes, bytes]:
    """With cheap signatures; made once."""
    return make_manifest(b"x" * 1000).encode(), make_envelope(b"x" * 1000).encode()
