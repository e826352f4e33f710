"""Fields that hold an RSA key or what one made, their lengths checked before any arithmetic.

Knows the lengths alone; whether a key or a signature is good is for `crypto.rsa` to say.
"""

from rsachat.crypto.rsa import MODULUS_BYTES
from rsachat.protocol.fields import Reader, decode_error

MAX_RSA = max(MODULUS_BYTES.values())
"""The longest ciphertext or signature, in bytes, where the key that made it is not known yet."""


def read_spki(reader: Reader) -> bytes:
    """`v16 SPKI`, 422 or 550 bytes. Raises ProtocolError(DECODE)."""
    spki = reader.v16()
    if len(spki) not in MODULUS_BYTES:
        raise decode_error("no SPKI of RSA-3072 or RSA-4096")
    return spki


def read_signature(reader: Reader, spki: bytes) -> bytes:
    """`v16 sig`, as long as the modulus of the key that signs. Raises ProtocolError(DECODE)."""
    return reader.v16(MODULUS_BYTES[len(spki)], MODULUS_BYTES[len(spki)])


def read_ciphertext(reader: Reader) -> bytes:
    """`v16` OAEP ciphertext of either modulus. Raises ProtocolError(DECODE)."""
    ciphertext = reader.v16()
    if len(ciphertext) not in MODULUS_BYTES.values():
        raise decode_error("no OAEP ciphertext of RSA-3072 or RSA-4096")
    return ciphertext
