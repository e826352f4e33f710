"""The one place where a peer's file name becomes a name that is stored (SECURITY S1, S2).

A name is taken as it is or refused, never repaired: a repaired name is one that nobody chose.
Every function that opens a file for a peer takes a `StoredName`, and only this module makes one.
"""

import re
import unicodedata
from typing import NewType

from rsachat.protocol.safe_text import is_unchanged_in_name

StoredName = NewType("StoredName", str)

MAX_BYTES = 200
FORBIDDEN = frozenset('/\\:*?"<>|')
# Windows takes the superscripts of Latin-1 for digits.
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CON(IN|OUT)\$|(COM|LPT)[1-9\xb9\xb2\xb3])\Z", re.IGNORECASE)


class NameRefused(ValueError):
    """The name cannot be stored; the text is the reason, safe to show."""


def check_stored_name(raw: bytes) -> StoredName:
    """The name as one component of a path, unchanged. Raises NameRefused (PROTOCOL 6.5)."""
    if not raw:
        raise NameRefused("the name is empty")
    if len(raw) > MAX_BYTES:
        raise NameRefused(f"the name has over {MAX_BYTES} bytes")
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NameRefused("the name is not valid UTF-8") from error
    reason = _bad_characters(name) or _bad_shape(name)
    if reason:
        raise NameRefused(reason)
    return StoredName(name)


def _bad_shape(name: str) -> str:
    if name.startswith("."):  # . and .. too
        return "the name begins with a dot"
    if name.startswith("-"):
        return "the name begins with a dash"
    if name.endswith((".", " ")):
        return "the name ends with a dot or a space"
    if _DEVICE.match(name.partition(".")[0].rstrip(" ")):
        return "the name is that of a device on other systems"
    return ""


def _bad_characters(name: str) -> str:
    if FORBIDDEN & set(name):
        return 'the name holds one of / \\ : * ? " < > |'
    if not is_unchanged_in_name(name):
        return "the name holds a control, invisible or unassigned character"
    if unicodedata.normalize("NFC", name) != name:
        return "the name is not in Unicode's composed form (NFC)"
    return ""
