"""AES-256 in counter mode for one message under a key of its own (NIST SP 800-38A, 6.5)."""

from rsachat.crypto.engine import chosen


def ctr(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt: key 32 bytes, nonce 8 bytes, the block counter starts at 0."""
    return chosen().counter_mode(key, nonce)(data)
