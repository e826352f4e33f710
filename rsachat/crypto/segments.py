"""Segments of an envelope upload: AES-256-CTR, then HMAC-SHA-256, as a STREAM (PROTOCOL 6.3).

The index and the mark of the last one are under each segment's tag, the transfer is in the key:
so none can be moved, left out, added, or taken from another file. Everything about AES and HMAC
of an envelope is here; the RSA that wraps the file's key is in jobs.py.
"""

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import equal, expand, extract, mac_states

FILE_KEY = 32  # bytes
TAG = 32  # bytes
WRAP_LABEL = b"up key"
_SALT = b"rsachat/1 up"


class SegmentCipher:
    """Seals and opens the segments of one transfer.

    `file_key` has 32 random bytes, used for nothing else; `mh` is the manifest's hash.
    """

    __slots__ = ("_encrypting", "_inner", "_outer")

    def __init__(self, file_key: bytes, mh: bytes) -> None:
        keys = expand(extract(_SALT, file_key), b"seg", mh, 64)
        self._encrypting = keys[:32]
        self._inner, self._outer = mac_states(keys[32:])

    def seal(self, index: int, last: bool, data: bytes) -> bytes:
        """One unit: as many bytes as `data`, then the tag."""
        ct = ctr(self._encrypting, _number(index), data)
        return ct + self._tag(index, last, ct)

    def open(self, index: int, last: bool, unit: bytes) -> bytes | None:
        """The plaintext; None if any bit, the place or the end is another than was sealed."""
        ct = unit[:-TAG]
        if not equal(self._tag(index, last, ct), unit[-TAG:]):
            return None
        return ctr(self._encrypting, _number(index), ct)

    def _tag(self, index: int, last: bool, ct: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(_number(index) + (b"\x01" if last else b"\x00"))
        inner.update(ct)
        outer.update(inner.digest())
        return outer.digest()


def _number(index: int) -> bytes:
    return index.to_bytes(8, "big")
