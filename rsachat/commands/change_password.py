"""`rsachat keys passwd NAME`: change, set or remove the password of a private key."""

from __future__ import annotations

import argparse

from rsachat.commands.key_rows import identity_row
from rsachat.commands.options import keystore_of, passwords_of
from rsachat.commands.speak import put_json, say
from rsachat.runtime.key_files import check_name, shown
from rsachat.runtime.keystore import Identity
from rsachat.runtime.passwords import Passwords, read_password_file
from rsachat.ui import ask


def change_password(args: argparse.Namespace) -> None:
    """Rewrite one private key. Raises UsageError, KeyFileError, RsachatError."""
    store, passwords = keystore_of(args), passwords_of(args)
    identity = store.open_identity(check_name(args.name), passwords)
    new = _new_password(args, identity, passwords)
    store.set_password(identity, new)
    state = "has no password now" if new is None else "is protected by the new password now"
    say(args, f"{shown(store.private_path(identity.name))} {state}")
    if args.json:
        put_json("password-changed", identity_row(store, identity.name).as_json())


def _new_password(args: argparse.Namespace, identity: Identity, passwords: Passwords) -> str | None:
    if args.remove:
        return None
    if args.new_password_file is not None:
        return read_password_file(args.new_password_file)
    if not identity.protected and (given := passwords.given()) is not None:
        return given  # no old password was needed, so the one given is the new one
    asker = ask.password if ask.can_ask() else None
    ways = "give it by --new-password-file FILE, or --remove leaves the key without one"
    return Passwords(ask=asker, ways=ways).choose(f"'{identity.name}'")
