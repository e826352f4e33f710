"""Making identities: which of them, under which password, and what is said about it."""

from __future__ import annotations

import argparse

from rsachat.commands.key_rows import BARE, identity_row, put_rows
from rsachat.commands.options import command_in, keystore_of, passwords_of
from rsachat.commands.own_identity import make_key, refuse_anothers
from rsachat.commands.speak import put_json, say
from rsachat.runtime.key_files import SERVER, check_name, shown
from rsachat.runtime.keystore import CLIENT, Keystore
from rsachat.runtime.passwords import Passwords


def make_pairs(args: argparse.Namespace) -> None:
    """What `rsachat keygen` is for. Raises RsachatError and its kinds, OSError."""
    store, passwords = keystore_of(args), passwords_of(args)
    names = _asked_for(args, store) if args.names else _defaults(args, store)
    missing = [name for name in names if args.force or not store.owns(name)]
    password = _password(args, passwords, missing)
    for name in names:
        if name in missing:
            _make(args, store, name, password)
        else:
            _keep(args, store, name, passwords)
    _show(args, store, names, missing)


def _asked_for(args: argparse.Namespace, store: Keystore) -> list[str]:
    names = list(dict.fromkeys(map(check_name, args.names)))
    for name in () if args.force else names:
        refuse_anothers(store, name)
    return names


def _defaults(args: argparse.Namespace, store: Keystore) -> list[str]:
    """Server and client, without one whose public key here is somebody else's."""
    names = []
    for name in (SERVER, CLIENT):
        if store.owns(name) or store.public_key(name) is None:
            names.append(name)
        else:
            path = shown(store.public_path(name))
            say(args, f"no identity '{name}' made: {path} is another's key")
    return names


def _password(args: argparse.Namespace, passwords: Passwords, names: list[str]) -> str | None:
    """The one password for all that is made; to give one is to ask for protection."""
    if not names:
        return None
    given = passwords.given()
    return passwords.choose(" and ".join(names)) if args.password and given is None else given


def _make(args: argparse.Namespace, store: Keystore, name: str, password: str | None) -> None:
    private = make_key(args, name, args.bits)
    for old in store.set_aside(name) if args.force else ():
        say(args, f"the old one is kept as {shown(old)}")
    store.add_pair(name, private, password)


def _keep(args: argparse.Namespace, store: Keystore, name: str, passwords: Passwords) -> None:
    say(args, f"{shown(store.private_path(name))} is there already and stays as it is")
    if store.public_key(name) is None:
        store.add_public(name, store.open_identity(name, passwords).public)
        say(args, f"its public half was missing: {shown(store.public_path(name))} is made again")


def _show(args: argparse.Namespace, store: Keystore, names: list[str], made: list[str]) -> None:
    rows = [identity_row(store, name) for name in names]
    if args.json:
        for row in rows:
            put_json("key", row.as_json() | {"made": row.name in made})
    elif rows:
        put_rows(rows, ("name", "file", "bits", "protection", "fingerprint"))
    bare = [row.name for row in rows if row.protection == BARE]
    if bare:
        way = command_in(store.folder, "keys", "passwd", bare[0])
        say(args, f"without a password: {', '.join(bare)}; to set one: {way}")
