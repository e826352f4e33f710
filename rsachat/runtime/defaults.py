"""What `join` remembers in a keys folder: the server and the identity to use unless told others.

A flag or a variable still wins; that is the reader's business.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rsachat.errors import KeyFileError
from rsachat.names import is_client_name
from rsachat.runtime.key_files import PRIVATE_MODE, read_bounded, shown, write_file
from rsachat.settings import KEY_FILES

DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class Defaults:
    """`server` is `host:port`, `name` an identity; "" where nothing is remembered."""

    server: str = ""
    name: str = ""


def read_defaults(folder: Path) -> Defaults:
    """What the folder remembers. Raises KeyFileError for a file that is damaged."""
    path = folder / DEFAULTS
    if not os.path.lexists(path):
        return Defaults()
    words = read_bounded(path, KEY_FILES.file_bytes).decode("utf-8", "replace").split()
    if len(words) != 4 or words[::2] != ["server", "name"] or not is_client_name(words[3]):
        hint = "it has two lines, `server HOST:PORT` and `name NAME`; it can be removed"
        raise KeyFileError(f"{shown(path)} is damaged", hint=hint)
    return Defaults(words[1], words[3])


def write_defaults(folder: Path, defaults: Defaults) -> None:
    """Remember these in place of earlier ones. Raises RsachatError."""
    data = f"server {defaults.server}\nname {defaults.name}\n".encode()
    write_file(folder / DEFAULTS, data, PRIVATE_MODE, exclusive=False)
