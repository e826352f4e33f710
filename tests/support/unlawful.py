"""RSA keys that rsachat refuses, with owners who can sign by them: all else about them is right."""

from dataclasses import dataclass

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import pss

from rsachat.crypto.kdf import labelled, sha256
from tests.support import keys


@dataclass(frozen=True)
class Unlawful:
    """What PublicKey and PrivateKey would offer, for any RSA key."""

    key: RsaKey

    @property
    def spki(self) -> bytes:
        return bytes(self.key.public_key().export_key("DER"))

    @property
    def fingerprint(self) -> bytes:
        return sha256(self.spki)

    @property
    def size(self) -> int:
        return self.key.size_in_bytes()

    def sign(self, label: bytes, message: bytes) -> bytes:
        return pss.new(self.key, salt_bytes=32).sign(SHA256.new(labelled(label, message)))


def rsa2048() -> Unlawful:
    return Unlawful(RSA.import_key((keys.FOLDER / "rsa2048.pem").read_bytes()))


def with_exponent(exponent: int) -> Unlawful:
    """3072 bits, of the fixed identities' primes one pair that allows this exponent."""
    for name in keys.NAMES:
        key = RSA.import_key(keys.private(name).to_der())
        p, q = int(key.p), int(key.q)
        if (p - 1) % exponent and (q - 1) % exponent:
            d = pow(exponent, -1, (p - 1) * (q - 1))
            return Unlawful(RSA.construct((p * q, exponent, d, p, q)))
    raise AssertionError(f"no fixed pair of primes allows e = {exponent}")
