"""The record cipher: AES-256-CTR, then HMAC-SHA-256 cut to 16 bytes (PROTOCOL section 3).

One object is one direction of one generation. The counter mode object and both padded HMAC
states are made once: a small record then costs a few microseconds.
"""

import hmac
import struct

from rsachat.crypto.engine import chosen
from rsachat.crypto.kdf import mac_states

TAG = 16
_HEADER = struct.Struct(">QI")
_LENGTH = struct.Struct(">I")


class RecordCipher:
    """Seals or opens the records of one generation, in order.

    `key` is 64 bytes: encryption key, then MAC key. `records` and `ciphertext_bytes` count
    what this generation has carried; its user enforces the limits.
    """

    __slots__ = ("_crypt", "_inner", "_outer", "ciphertext_bytes", "records")

    def __init__(self, key: bytes) -> None:
        self._crypt = chosen().counter_mode(key[:32], bytes(8))
        self._inner, self._outer = mac_states(key[32:64])
        self.records = 0
        self.ciphertext_bytes = 0

    def seal(self, plaintext: bytes) -> bytes:
        """The whole record: u32 length, ciphertext, 16 bytes of tag."""
        ct = self._crypt(plaintext)
        length = len(ct) + TAG
        tag = self._tag(length, ct)
        self.records += 1
        self.ciphertext_bytes += len(ct)
        return b"".join((_LENGTH.pack(length), ct, tag))

    def open(self, body: bytes) -> bytes | None:
        """The plaintext of a record given without its length field, or None: wrong tag."""
        length = len(body)
        if length < TAG:
            return None
        ct = body[:-TAG]
        if not hmac.compare_digest(self._tag(length, ct), body[-TAG:]):
            return None
        self.records += 1
        self.ciphertext_bytes += length - TAG
        return self._crypt(ct)

    def _tag(self, length: int, ct: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(_HEADER.pack(self.records, length) + ct)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:TAG]
