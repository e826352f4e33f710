"""Fingerprints as people read and speak them (PROTOCOL 5.1)."""

import base64
import binascii
from functools import lru_cache

from Crypto.Util.RFC1751 import key_to_english

FINGERPRINT = 32
_GROUP = 4
_SPOKEN = 16


@lru_cache(maxsize=1024)  # the same few people are named with each message
def fingerprint_text(fingerprint: bytes) -> str:
    """Base32 in lower case: 13 groups of four, joined by `-` (RFC 4648, section 6)."""
    text = base64.b32encode(fingerprint).decode("ascii").rstrip("=").lower()
    return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))


def fingerprint_words(fingerprint: bytes) -> str:
    """Twelve words for the first 16 bytes, to compare by voice (RFC 1751)."""
    return key_to_english(fingerprint[:_SPOKEN])


def parse_fingerprint(text: str) -> bytes:
    """The 32 bytes behind a text form, groups and case being free. Raises ValueError."""
    letters = text.strip().replace("-", "").replace(" ", "").upper()
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error as error:
        raise ValueError("no fingerprint") from error
    if len(raw) != FINGERPRINT or fingerprint_text(raw).replace("-", "") != letters.lower():
        raise ValueError("no fingerprint")
    return raw
