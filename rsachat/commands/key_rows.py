"""What can be told of a key without opening it: one row of a table, or one JSON object."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rsachat.amounts import rfc3339, when
from rsachat.commands.speak import put_table, wall_ms
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import KeyFileError
from rsachat.runtime.key_files import SERVER, shown
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import ServerPin, Trust
from rsachat.ui.plain_table import Column

PROTECTED, BARE = "password", "none"
_BEGINNING = len("abcd-efgh")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that lies in the folder or is pinned there; None where it does not apply.

    `first_seen` is in milliseconds since the epoch.
    """

    kind: str
    name: str
    fingerprint: str | None
    file: str
    bits: int | None = None
    protection: str | None = None
    trust: Trust | None = None
    server: str | None = None
    first_seen: int | None = None

    def as_json(self) -> dict[str, object]:
        seen = None if self.first_seen is None else rfc3339(self.first_seen)
        return asdict(self) | {"first_seen": seen}


_HEADINGS = {
    "kind": Column("kind"),
    "name": Column("name", style="name"),
    "file": Column("file"),
    "server": Column("on server"),
    "bits": Column("bits", right=True),
    "protection": Column("protection"),
    "trust": Column("trust"),
    "first_seen": Column("first seen", style="time"),
    "fingerprint": Column("fingerprint", fingerprint=True),
}
"""The column of each field that a table may show."""


def put_rows(rows: Sequence[KeyRow], fields: Sequence[str]) -> None:
    """Print a table of these fields, without those that no row has; `-` for what does not apply."""
    used = [field for field in fields if any(getattr(row, field) is not None for row in rows)]
    cells = [[_cell(field, getattr(row, field)) for field in used] for row in rows]
    put_table([_HEADINGS[field] for field in used], cells)


def identity_row(store: Keystore, name: str) -> KeyRow:
    """An identity of one's own. Raises KeyFileError if a half of it cannot be read."""
    path = store.private_path(name)
    protection = PROTECTED if store.is_protected(name) else BARE
    key = store.public_key(name)
    made = path if key is None else store.public_path(name)  # a password's change makes no new key
    return replace(key_row("identity", name, path, key, protection), first_seen=_file_ms(made))


def key_row(
    kind: str, name: str, path: Path, key: PublicKey | None, protection: str | None = None
) -> KeyRow:
    """A key in a file, first seen when the file was made."""
    return KeyRow(
        kind,
        name,
        None if key is None else fingerprint_text(key.fingerprint),
        shown(path),
        None if key is None else key.bits,
        protection,
        first_seen=_file_ms(path),
    )


def server_names(
    store: Keystore, servers: Sequence[ServerPin], *, json: bool
) -> Callable[[bytes], str]:
    """What to call a server, by the fingerprint of its key (32 bytes): its pinned address.

    One that is not pinned is its fingerprint for a program; a person reads the file in which its
    key lies, or the beginning of the fingerprint.
    """
    names = {pin.fp: pin.address for pin in reversed(servers)}
    if json:
        return lambda fp: names.get(fp) or fingerprint_text(fp)
    try:
        key = store.public_key(SERVER)
    except KeyFileError:
        key = None  # no list is the place to say so
    if key is not None:
        names.setdefault(key.fingerprint, store.public_path(SERVER).name)
    return lambda fp: names.get(fp) or f"{fingerprint_text(fp)[:_BEGINNING]}…"


def _file_ms(path: Path) -> int:
    return os.stat(path).st_mtime_ns // 1_000_000


def _cell(field: str, value: object) -> str:
    if field == "first_seen" and isinstance(value, int):
        return when(value, wall_ms())
    if isinstance(value, Trust):
        return value.said
    return "-" if value is None else str(value)
