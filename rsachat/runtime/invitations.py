"""The file of invitations that wait to be used: names, hashed secrets, times (PROTOCOL 5.5).

One line each. Reads and writes only; whoever changes the file holds the lock of its folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rsachat.amounts import rfc3339
from rsachat.errors import KeyFileError
from rsachat.names import is_client_name
from rsachat.runtime.key_files import PRIVATE_MODE, read_bounded, shown, write_file
from rsachat.settings import KEY_FILES

INVITATIONS = "invitations"
_HASH = 32


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation not used yet: `hashed` is what its secret hashes to, `expires_ms` Unix ms."""

    name: str
    hashed: bytes
    expires_ms: int


def read_invitations(folder: Path, now_ms: int) -> tuple[Waiting, ...]:
    """Those that have not expired. Raises KeyFileError for a file that is damaged."""
    path = folder / INVITATIONS
    if not os.path.lexists(path):
        return ()
    text = read_bounded(path, KEY_FILES.invitations_bytes).decode("utf-8", "replace")
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    found = [_parse(path, number, line) for number, line in lines]
    return tuple(one for one in found if one.expires_ms > now_ms)


def write_invitations(folder: Path, waiting: Iterable[Waiting]) -> None:
    """Put these in place of what was there. Raises RsachatError."""
    lines = [f"{w.name} {w.hashed.hex()} {rfc3339(w.expires_ms)}\n" for w in waiting]
    write_file(folder / INVITATIONS, "".join(lines).encode(), PRIVATE_MODE, exclusive=False)


def _parse(path: Path, number: int, line: str) -> Waiting:
    try:
        name, digits, time = line.split()
        hashed, moment = bytes.fromhex(digits), datetime.fromisoformat(time)
        if not is_client_name(name) or len(hashed) != _HASH or moment.tzinfo is None:
            raise ValueError
    except ValueError as error:
        what = f"line {number} of {shown(path)} is damaged"
        hint = "remove the line, and invite anew whom it was for"
        raise KeyFileError(what, why="it is no invitation", hint=hint) from error
    return Waiting(name, hashed, int(moment.timestamp() * 1000))
