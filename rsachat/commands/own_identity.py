"""One's own identity for a command: opened, or made at the first run if the person wants that."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING

from rsachat.commands.speak import say
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PrivateKey
from rsachat.errors import RsachatError, UsageError
from rsachat.runtime.key_files import SERVER, check_name, shown
from rsachat.runtime.keystore import CLIENT, Identity, Keystore
from rsachat.ui import ask
from rsachat.ui.waiting import Waiting

if TYPE_CHECKING:
    from rsachat.runtime.passwords import Passwords

DEFAULT_BITS = 3072


def open_client(
    args: argparse.Namespace, store: Keystore, passwords: Passwords, name: str | None
) -> Identity:
    """The identity of a client or an uploader; `name` is what --name says, if anything.

    Raises UsageError, KeyFileError, RsachatError.
    """
    if name == SERVER:
        raise UsageError("the identity 'server' is for the server alone", hint="--name names yours")
    return open_own(args, store, passwords, _client_name(store) if name is None else name)


def open_own(
    args: argparse.Namespace, store: Keystore, passwords: Passwords, name: str
) -> Identity:
    """The identity `name`, made now if there is none and the person at the terminal agrees.

    Raises UsageError, KeyFileError, RsachatError.
    """
    check_name(name)
    if store.owns(name):
        return store.open_identity(name, passwords)
    return _first_run(args, store, passwords, name)


def make_key(args: argparse.Namespace, name: str, bits: int) -> PrivateKey:
    """A new key, with a sign of life on a terminal; Ctrl+C ends the search."""
    what = f"searching primes for {name} (RSA {bits})"
    waiting = Waiting(what, sys.stderr, os.environ, clock=time.monotonic, plain=args.quiet)
    try:
        return PrivateKey.generate(bits, random=waiting.over(os.urandom))
    finally:
        waiting.done()


def refuse_anothers(store: Keystore, name: str) -> None:
    """Raises RsachatError if a public key of somebody else lies here under `name`."""
    path = store.public_path(name)
    if os.path.lexists(path) and not store.owns(name):
        raise RsachatError(
            f"{shown(path)} is another's key",
            why=f"an identity '{name}' made here would take its place",
            hint="choose another name, or move that file away",
        )


def _client_name(store: Keystore) -> str:
    if all(name == SERVER for name in store.identities()):
        return CLIENT  # the first run
    return store.default_client()


def _first_run(
    args: argparse.Namespace, store: Keystore, passwords: Passwords, name: str
) -> Identity:
    if not ask.can_ask():
        raise store.missing(name)
    refuse_anothers(store, name)
    if not ask.yes(f"There is no identity '{name}' in {shown(store.folder)}. Make one now?"):
        raise store.missing(name)
    password = passwords.given()
    if password is None and ask.yes("Protect it with a password?"):
        password = passwords.choose(f"'{name}'")
    private = make_key(args, name, DEFAULT_BITS)
    store.add_pair(name, private, password)
    fingerprint = fingerprint_text(private.public.fingerprint)
    say(args, f"made {shown(store.private_path(name))}, fingerprint {fingerprint}")
    return Identity(name, private, password is not None)
