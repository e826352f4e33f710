"""A prekey bundle that decodes has one encoding; checks refuse it by BundleError alone."""

from rsachat.protocol.bundle import (
    Bundle,
    BundleError,
    Owner,
    check_bundle,
    decode_bundle,
    make_bundle,
)
from rsachat.settings import ChatLimits
from tests.fuzz import cheap
from tests.fuzz.drawn import Drawn
from tests.support import keys

_SERVER = b"\x53" * 32
_OWNER = Owner("alice", keys.public("alice").fingerprint, _SERVER)
_LIMITS = ChatLimits()


def seeds() -> list[bytes]:
    return [b"", b"\x01\x00\x00\x06\x02\x01X", b"\x01\x01\x05\xf0\x01\x00", b"\x01\x03\x04\x00"]


def target(data: bytes) -> None:
    with cheap.rsa():
        good = _good()
        changed = Drawn(data).patched(good)
        try:
            bundle = decode_bundle(changed)
            assert bundle.encode() == changed
            check_bundle(bundle, _OWNER, (), cheap.WALL_MS, _LIMITS)
        except BundleError:
            assert changed != good
        else:
            assert changed == good, "a change of it is not noticed"


def _good() -> bytes:
    times = (cheap.WALL_MS, cheap.WALL_MS + 1000)
    prekey = cheap.CheapPair(b"1")
    made: Bundle = make_bundle(keys.private("alice"), "alice", _SERVER, prekey, times, bytes)
    return made.encode()
