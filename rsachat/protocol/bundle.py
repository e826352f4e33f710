"""The prekey bundle: ephemeral keys under their owner's signature (PROTOCOL 4.1).

Its format, how it is made and everything that is checked about it but the pin, which is the
caller's. Holds no private key.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from rsachat.crypto.kdf import equal, sha256
from rsachat.crypto.kem import EK_BYTES, X_BYTES, KemKeyPair
from rsachat.crypto.rsa import KeyFormatError, PrivateKey, PublicKey
from rsachat.errors import ProtocolError
from rsachat.names import is_name
from rsachat.protocol.fields import Reader, decode_error, s8, u8, u64, v16
from rsachat.protocol.rsa_fields import read_signature, read_spki
from rsachat.settings import ChatLimits

VERSION = 1
LABEL = b"prekey"


class BundleFault(Enum):
    """Why a bundle is refused, as words for a person."""

    MALFORMED = "its prekey bundle is malformed"
    OTHER_NAME = "its prekey bundle carries another name"
    OTHER_KEY = "its prekey bundle carries another key"
    OTHER_SERVER = "its prekey bundle was made for another server"
    REFLECTED = "the server handed out our own prekey bundle as another's"
    EXPIRED = "its prekey bundle is out of date; check the clock"
    SIGNATURE = "the signature of its prekey bundle is wrong"


class BundleError(ValueError):
    """A bundle that must not be used; `fault` says why."""

    def __init__(self, fault: BundleFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Bundle:
    """`x` and `ek` are the owner's prekey, `pid` (16 bytes) names it; times in ms since 1970."""

    name: str
    spki: bytes
    server_fp: bytes
    pid: bytes
    x: bytes
    ek: bytes
    created_ms: int
    expires_ms: int
    sig: bytes

    def body(self) -> bytes:
        """What is signed (by its hash)."""
        return b"".join(
            (
                u8(VERSION),
                s8(self.name),
                v16(self.spki),
                self.server_fp,
                self.pid,
                self.x,
                self.ek,
                u64(self.created_ms),
                u64(self.expires_ms),
            )
        )

    def encode(self) -> bytes:
        return self.body() + v16(self.sig)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose bundle is wanted, and on which server; `name` None takes any lawful name."""

    name: str | None
    fp: bytes
    server_fp: bytes


def pid_of(x: bytes, ek: bytes) -> bytes:
    """The name of a prekey: 16 bytes."""
    return sha256(x, ek)[:16]


def decode_bundle(data: bytes) -> Bundle:
    """Raises BundleError(MALFORMED)."""
    try:
        return _read(Reader(data))
    except ProtocolError as error:
        raise BundleError(BundleFault.MALFORMED) from error


def _read(reader: Reader) -> Bundle:
    if reader.u8() != VERSION:
        raise decode_error("unknown version of bundle")
    name, spki = reader.s8(), read_spki(reader)
    if not is_name(name):
        raise decode_error("no lawful name")
    server_fp, pid = reader.fixed(32), reader.fixed(16)
    x, ek = reader.fixed(X_BYTES), reader.fixed(EK_BYTES)
    created, expires = reader.u64(), reader.u64()
    sig = read_signature(reader, spki)
    reader.end()
    return Bundle(name, spki, server_fp, pid, x, ek, created, expires, sig)


def make_bundle(
    owner: PrivateKey,
    name: str,
    server_fp: bytes,
    prekey: KemKeyPair,
    times_ms: tuple[int, int],
    random: Callable[[int], bytes],
) -> Bundle:
    """A signed bundle for `prekey`; `times_ms` is when it was made and when it ends."""
    x, ek = prekey.x, prekey.ek
    blank = Bundle(name, owner.public.spki, server_fp, pid_of(x, ek), x, ek, *times_ms, b"")
    sig = owner.sign(LABEL, sha256(blank.body()), random)
    return Bundle(name, blank.spki, server_fp, blank.pid, x, ek, *times_ms, sig)


def check_owner(bundle: Bundle, owner: Owner, key: PublicKey | None = None) -> PublicKey:
    """That `owner` made it for this server: the server's part of the checks.

    `key` is the owner's key where it is known already. Returns it. Raises BundleError.
    """
    if owner.name is not None and bundle.name != owner.name:
        raise BundleError(BundleFault.OTHER_NAME)
    if not equal(sha256(bundle.spki), owner.fp):
        raise BundleError(BundleFault.OTHER_KEY)
    if not equal(bundle.server_fp, owner.server_fp):
        raise BundleError(BundleFault.OTHER_SERVER)
    if not equal(bundle.pid, pid_of(bundle.x, bundle.ek)):
        raise BundleError(BundleFault.MALFORMED)
    key = key or _import(bundle.spki)
    if not key.verify(LABEL, sha256(bundle.body()), bundle.sig):
        raise BundleError(BundleFault.SIGNATURE)
    return key


def check_bundle(
    bundle: Bundle, owner: Owner, own_pids: Collection[bytes], now_ms: int, limits: ChatLimits
) -> PublicKey:
    """Everything that is checked before a session is begun or a name is pinned, but the pin.

    `own_pids` are all prekeys this process ever made: a bundle of one's own, handed out as
    another session's, would send one's words back to oneself. Raises BundleError.
    """
    if bundle.pid in own_pids:
        raise BundleError(BundleFault.REFLECTED)
    created, expires = bundle.created_ms, bundle.expires_ms
    fresh = created <= now_ms + limits.bundle_skew_ms and expires >= now_ms - limits.bundle_skew_ms
    if not fresh or not 0 <= expires - created <= limits.bundle_life_ms:
        raise BundleError(BundleFault.EXPIRED)
    return check_owner(bundle, owner)


def _import(spki: bytes) -> PublicKey:
    try:
        return PublicKey.from_spki(spki)
    except KeyFormatError as error:
        raise BundleError(BundleFault.MALFORMED) from error
