"""AES-256 in counter mode for one message under a key of its own (NIST SP 800-38A, 6.5)."""

from Crypto.Cipher import AES


def ctr(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt: key 32 bytes, nonce 8 bytes, the block counter starts at 0."""
    return AES.new(key, AES.MODE_CTR, nonce=nonce, initial_value=0).encrypt(data)
