"""The one rule for names of identities (PROTOCOL section 0, Names). Imports nothing of rsachat.

ASCII only and compared as bytes, so that no two names look alike (SECURITY S13).
"""

import re

MAX_NAME = 32
RULE = "names are 1 to 32 of a-z 0-9 - _, beginning with a letter or digit"
NOT_CLIENTS = frozenset({"server", "all", "system"})
"""Names that no client ever has; `server` is a server's identity."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")


def is_name(text: str) -> bool:
    """Whether `text` is a name at all."""
    return _NAME.match(text) is not None


def is_client_name(text: str) -> bool:
    """Whether a client may have this name."""
    return is_name(text) and text not in NOT_CLIENTS
