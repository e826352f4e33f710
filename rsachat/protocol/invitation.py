"""An invitation: the code a person passes on, and what a server keeps of it (PROTOCOL 5.5).

The code holds the newcomer's name, a secret, and the beginning of the server's fingerprint; so
each side can prove itself to the other. The server keeps a hash: its file lets nobody join.
"""

import base64
from dataclasses import dataclass, field

from rsachat.crypto.kdf import sha256
from rsachat.names import is_client_name

SECRET = 16
SERVER_PREFIX = 16
_LABEL = b"rsachat/1 invite\x00"
_PADDING = "===="  # 32 bytes are 52 letters, of 56 with the padding that the code leaves out


@dataclass(frozen=True, slots=True)
class Invitation:
    """`secret` and `server`, the first bytes of the server's fingerprint, are 16 bytes each."""

    name: str
    secret: bytes = field(repr=False)
    server: bytes

    def code(self) -> str:
        """`NAME.` and base32 of secret and server (RFC 4648, section 6), lower case, no `=`."""
        letters = base64.b32encode(self.secret + self.server).decode("ascii").rstrip("=")
        return f"{self.name}.{letters.lower()}"


def parse_code(text: str) -> Invitation:
    """The invitation behind a code, case and white space being free. Raises ValueError."""
    words = "".join(text.split())
    name, _, letters = words.lower().partition(".")
    if not words.isascii() or not is_client_name(name):
        raise ValueError("no invitation code")
    raw = base64.b32decode(letters.upper() + _PADDING)
    invitation = Invitation(name, raw[:SECRET], raw[SECRET:])
    if len(raw) != SECRET + SERVER_PREFIX or invitation.code() != words.lower():
        raise ValueError("no invitation code")
    return invitation


def hashed_secret(secret: bytes) -> bytes:
    """What the server keeps and compares in place of a secret (32 bytes)."""
    return sha256(_LABEL, secret)
