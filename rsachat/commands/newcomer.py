"""Joining a server by an invitation: code, identity, the proof of both sides, what is kept."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rsachat.client.endings import changed_server
from rsachat.client.joining import JoinCore
from rsachat.commands.one_question import ask_server
from rsachat.commands.options import command_in, home, passwords_of
from rsachat.commands.own_identity import DEFAULT_BITS, make_key, refuse_anothers
from rsachat.commands.speak import put_json, say, wall_ms
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import RefusedError, RsachatError, UsageError
from rsachat.protocol.invitation import Invitation, parse_code
from rsachat.runtime import file_errors
from rsachat.runtime.addresses import host_port
from rsachat.runtime.client_shell import Target
from rsachat.runtime.defaults import Defaults, write_defaults
from rsachat.runtime.key_files import personal_folder, shown
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.passwords import Passwords
from rsachat.runtime.pins import Pins, ServerPin, Trust
from rsachat.settings import KEY_FILES, ClientSettings
from rsachat.ui import ask

STDIN = Path("-")


def join(args: argparse.Namespace, host: str, port: int) -> None:
    """What `rsachat join` is for. Raises RsachatError and its kinds, OSError.

    It can be repeated after any failure: the key made by then is used again.
    """
    invitation = _invitation(args)
    store = Keystore(_folder(args))
    address = host_port(host, port)
    pins = Pins(store.folder)
    _refuse_other_pin(pins, store, address, invitation)
    identity = _identity(args, store, passwords_of(args), invitation.name)
    core = ask_server(
        Target(host, port),
        lambda ambient: JoinCore(identity.private, invitation, address, ambient, ClientSettings()),
    )
    assert core.server is not None
    _pin(pins, address, core.server.fingerprint)
    write_defaults(store.folder, Defaults(address, identity.name))
    _show(args, store, identity, address, core.server.fingerprint)


def _folder(args: argparse.Namespace) -> Path:
    """The folder that is named, else the per-user one: never a ./keys that happens to be here."""
    named = args.keys or os.environ.get("RSACHAT_KEYS")
    return Path(named) if named else personal_folder(os.environ, home())


def _invitation(args: argparse.Namespace) -> Invitation:
    """The invitation behind the code, which is repeated in no error. Raises UsageError, OSError."""
    for line in _code_text(args).splitlines():
        try:
            return parse_code(line)
        except ValueError:
            continue  # the command may stand above the code, as `invite` prints both
    raise UsageError(
        "that is no invitation code",
        why="a code is NAME. and 52 letters and digits, in one line",
        hint="copy it whole, as rsachat invite printed it",
    )


def _code_text(args: argparse.Namespace) -> str:
    if args.code_file == STDIN:
        return sys.stdin.buffer.read(KEY_FILES.file_bytes).decode("utf-8", "replace")
    if args.code_file is not None:
        return _text_of(args.code_file)
    if not ask.can_ask():
        raise UsageError(
            "the code of the invitation is needed",
            why="there is no terminal to ask on",
            hint="give it by --code-file FILE, or on standard input by --code-file -",
        )
    try:
        return ask.password("code of the invitation (not shown): ")
    except EOFError:
        return ""


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(KEY_FILES.file_bytes).decode("utf-8", "replace")
    except OSError as error:
        why, hint = file_errors.why(error), file_errors.hint(error)
        raise RsachatError(f"cannot read {shown(path)}", why=why, hint=hint) from error


def _refuse_other_pin(pins: Pins, store: Keystore, address: str, invitation: Invitation) -> None:
    """Raises RefusedError if another server than the code's is known at this address."""
    known = pins.server(address)
    if known is None or known.fp.startswith(invitation.server):
        return
    raise RefusedError(
        f"another server is known at {address} than the one that the code names",
        why=(
            f"known    {fingerprint_text(known.fp)}\n"
            f"the code {fingerprint_text(invitation.server)}…\n"
            "nothing was sent"
        ),
        hint=f"if the change is expected: {command_in(store.folder, 'trust', 'remove', address)}",
    )


def _identity(
    args: argparse.Namespace, store: Keystore, passwords: Passwords, name: str
) -> Identity:
    if store.owns(name):
        say(args, f"{shown(store.private_path(name))} is there already and is used")
        return store.open_identity(name, passwords)
    refuse_anothers(store, name)
    password = passwords.given()
    if args.password and password is None:
        password = passwords.choose(f"'{name}'")
    private = make_key(args, name, DEFAULT_BITS)
    store.add_pair(name, private, password)
    say(args, f"made {shown(store.private_path(name))}")
    if password is None:
        way = command_in(store.folder, "keys", "passwd", name)
        say(args, f"without a password: {name}; to set one: {way}")
    return Identity(name, private, password is not None)


def _pin(pins: Pins, address: str, fp: bytes) -> None:
    """The code came from who runs the server: its key is verified, not just met."""
    pin = ServerPin(address, fp, Trust.VERIFIED, wall_ms())
    held = pins.add_server(pin)
    if held.fp != fp:
        raise changed_server(address, held.fp, fp)
    if held.trust is not Trust.VERIFIED:
        pins.replace_server(pin)


def _show(
    args: argparse.Namespace, store: Keystore, identity: Identity, address: str, fp: bytes
) -> None:
    own = fingerprint_text(identity.public.fingerprint)
    following = command_in(store.folder, "client")
    if args.json:
        put_json(
            "joined",
            {
                "name": identity.name,
                "fingerprint": own,
                "server": address,
                "server_fingerprint": fingerprint_text(fp),
                "keys": shown(store.folder),
                "next": following,
            },
        )
        return
    say(args, f"{identity.name} is authorized at {address}, with the key {own}")
    say(args, f"the server has proven the key {fingerprint_text(fp)}")
    print(f"now type: {following}")
