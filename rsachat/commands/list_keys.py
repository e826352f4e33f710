"""`rsachat keys`: everything that the keys folder knows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from rsachat.commands.key_rows import KeyRow, identity_row, key_row, put_rows, server_names
from rsachat.commands.options import keystore_of
from rsachat.commands.speak import put_json, say
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import KeyFileError
from rsachat.runtime.key_files import SERVER, shown
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import KNOWN_PEERS, KNOWN_SERVERS, PeerPin, Pins, ServerPin

_COLUMNS = ("kind", "name", "server", "bits", "protection", "trust", "first_seen", "fingerprint")


def list_keys(args: argparse.Namespace) -> None:
    """List one keys folder; a file of no use is a warning. Raises KeyFileError for damaged pins."""
    store = keystore_of(args)
    warnings: list[str] = []
    rows = [
        *_identities(store, warnings),
        *_server(store, warnings),
        *_public_keys(store, warnings),
        *_pinned(store, json=args.json),
    ]
    for warning in dict.fromkeys(warnings):
        say(args, f"warning: {warning}")
    if args.json:
        for row in rows:
            put_json("key", row.as_json())
    elif rows:
        put_rows(rows, _COLUMNS)
    elif not warnings:
        say(args, f"no keys in {shown(store.folder)}; to make some: rsachat keygen --password")


def _identities(store: Keystore, warnings: list[str]) -> Iterator[KeyRow]:
    for name in store.identities():
        try:
            yield identity_row(store, name)
        except KeyFileError as error:
            warnings.append(_warning(error))


def _warning(error: KeyFileError) -> str:
    why = f" ({error.why})" if error.why else ""
    return f"{error.what}{why}; hint: {error.hint}"


def _server(store: Keystore, warnings: list[str]) -> Iterator[KeyRow]:
    """A server's public key alone: the server that is expected."""
    try:
        key = None if store.owns(SERVER) else store.public_key(SERVER)
    except KeyFileError as error:
        warnings.append(_warning(error))
        return
    if key is not None:
        yield key_row("server", SERVER, store.public_path(SERVER), key)


def _public_keys(store: Keystore, warnings: list[str]) -> Iterator[KeyRow]:
    """Who may connect to a server of this folder, who came by --open, who never may."""
    tables = {
        "authorized": store.authorized_keys(),
        "guest": store.guest_keys(),
        "revoked": store.revoked_keys(),
    }
    for kind, table in tables.items():
        warnings.extend(table.warnings)
        for fp, (name, key) in table.keys.items():
            if kind != "authorized" or not store.owns(name):  # one's own is listed already
                yield key_row(kind, name, table.files[fp], key)


def _pinned(store: Keystore, *, json: bool) -> Iterator[KeyRow]:
    """Servers and people of earlier contacts."""
    pins = Pins(store.folder)
    servers = pins.servers()
    file = shown(pins.folder / KNOWN_SERVERS)
    for pin in servers:
        yield _pin_row("known server", pin.address, pin, file)
    name_of = server_names(store, servers, json=json)
    file = shown(pins.folder / KNOWN_PEERS)
    for peer in pins.all_peers():
        yield _pin_row("known person", peer.name, peer, file, name_of(peer.server))


def _pin_row(
    kind: str, name: str, pin: ServerPin | PeerPin, file: str, server: str | None = None
) -> KeyRow:
    seen = pin.since_ms
    fingerprint = fingerprint_text(pin.fp)
    return KeyRow(kind, name, fingerprint, file, trust=pin.trust, server=server, first_seen=seen)
