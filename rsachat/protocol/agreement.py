"""How two clients agree on a session's keys: RSA-OAEP beside the hybrid KEM (PROTOCOL 4.2).

Both roles in one file. Who may open a session, and whether an INIT is fresh, is checked before
`accept_init` is called.
"""

from dataclasses import dataclass, field, replace

from rsachat.crypto.kdf import expand, extract, mac, sha256
from rsachat.crypto.kem import KemKeyPair
from rsachat.crypto.rsa import KeyFormatError, PrivateKey, PublicKey
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import Bundle
from rsachat.protocol.envelope import SID_BYTES, Init

INFO = b"rsachat/1 e2e"
SALT = b"rsachat/1 e2e"
KEY_LABEL = b"e2e key"
SIGN_LABEL = b"e2e init"
_SHARE = 32


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The first chain key and the receipt key of a session, 32 bytes each."""

    chain: bytes = field(repr=False)
    receipt: bytes = field(repr=False)


def session_keys(share: bytes, kem_secret: bytes, env: bytes) -> SessionKeys:
    """From the RSA share (32 bytes), the KEM and X25519 secrets (64) and the whole INIT."""
    prk = extract(SALT, share + kem_secret)
    th = sha256(env)
    return SessionKeys(expand(prk, b"e2e ck", th, 32), expand(prk, b"e2e rcpt", th, 32))


def make_init(
    own: PrivateKey, to: PublicKey, bundle: Bundle, ambient: Ambient
) -> tuple[Init, SessionKeys]:
    """The sender's half: one RSA encryption, one KEM encapsulation, one RSA signature.

    `bundle` has been checked to be that of `to`. Raises KemError if its ephemeral keys are bad.
    """
    kem = ambient.kem.encapsulate(bundle.x, bundle.ek, INFO)
    init = Init(
        sid=ambient.random(SID_BYTES),
        ts_ms=ambient.wall_ms(),
        to_fp=to.fingerprint,
        spki=own.public.spki,
        server_fp=bundle.server_fp,
        pid=bundle.pid,
        x=kem.x,
        ct=kem.ct,
    )
    share = ambient.random(_SHARE)
    wrapped = to.encrypt(KEY_LABEL, sha256(init.p1()), share, ambient.random)
    init = replace(init, wrapped=wrapped)
    init = replace(init, sig=own.sign(SIGN_LABEL, sha256(init.p2()), ambient.random))
    return init, session_keys(share, kem.secret, init.encode())


def is_signed(init: Init) -> bool:
    """Whether the key inside the INIT is a lawful one and has signed it."""
    try:
        key = PublicKey.from_spki(init.spki)
    except KeyFormatError:
        return False
    return key.verify(SIGN_LABEL, sha256(init.p2()), init.sig)


def accept_init(own: PrivateKey, prekey: KemKeyPair, init: Init, fallback: bytes) -> SessionKeys:
    """The recipient's half: one KEM decapsulation, one RSA decryption.

    A ciphertext that does not open yields keys that nobody knows, made from `fallback` (32
    secret bytes of the process), and nothing else: no error, no shorter way (SECURITY S20).
    Raises KemError for an X25519 key that is refused.
    """
    kem_secret = prekey.decapsulate(init.x, init.ct, INFO)
    share = own.decrypt(KEY_LABEL, sha256(init.p1()), init.wrapped)
    stand_in = mac(fallback, init.wrapped)
    if share is None or len(share) != _SHARE:
        share = stand_in
    return session_keys(share, kem_secret, init.encode())
