"""`rsachat doctor`: looks at everything that keeps rsachat from working, and says what to do."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rsachat.commands.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    SERVER_VARIABLE,
    add_json_option,
    add_keys_options,
    add_server_options,
    examples,
    keystore_of,
    named_fingerprint,
    parse_port,
    passwords_of,
    server_of,
)
from rsachat.errors import KeyFileError

if TYPE_CHECKING:
    from rsachat.commands.checks import Report
    from rsachat.crypto.rsa import PublicKey
    from rsachat.runtime.keystore import Identity, Keystore
    from rsachat.runtime.passwords import Secret


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name", help="the identity that logs in (default: the one that a client takes)"
    )
    group = parser.add_argument_group("this machine's own server")
    group.add_argument(
        "--host", default=DEFAULT_HOST, help="where it listens, or will (default: %(default)s)"
    )
    group.add_argument(
        "--port", default=DEFAULT_PORT, type=parse_port, help="its port (default: %(default)s)"
    )
    group.add_argument(
        "--uploads",
        type=Path,
        default=Path("uploads"),
        metavar="DIR",
        help="where it stores files (default: ./uploads)",
    )
    add_server_options(parser)
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat doctor",
        "rsachat doctor --server example.org:8000",
        "rsachat doctor --uploads delivered --port 9000 --json",
    )


def run(args: argparse.Namespace) -> int:
    """0 if nothing is wrong (a warning is nothing wrong), else 1."""
    from rsachat.commands.checks import Check, Report, State
    from rsachat.commands.speak import put_json, say
    from rsachat.protocol.safe_text import clean_line

    def show(check: Check) -> None:
        if args.json:
            put_json("check", check.as_json())
        else:
            print(*(clean_line(line).plain for line in check.lines), sep="\n", flush=True)

    report = Report(show)
    _look(args, report)
    say(args, ", ".join(f"{report.count(state)} {state.value}" for state in State))
    return int(report.count(State.FAIL) > 0)


def _look(args: argparse.Namespace, report: Report) -> None:
    from rsachat.commands import check_keys
    from rsachat.commands.versions import lines
    from rsachat.protocol.frames import VERSION

    with report.trouble("program", "here"):
        report.ok("program", "here", "; ".join([*lines(), f"protocol {VERSION}"]))
    store = keystore_of(args)
    if not check_keys.check_folder(report, store):
        return
    with report.trouble("keys folder", str(store.folder)):
        opened = check_keys.check_identities(report, store, _password(args, report))
        running = _look_at_own_server(args, report, store)
        if _server_named(args, store) or running is not False:
            _look_at_far_end(args, report, store, opened)


def _password(args: argparse.Namespace, report: Report) -> Secret | None:
    """The password that was given, from where commands take it; nobody is asked."""
    from rsachat.runtime.passwords import Secret

    with report.trouble("password", "given"):
        given = passwords_of(args).given()
        return Secret(given) if given else None
    return None


def _look_at_own_server(args: argparse.Namespace, report: Report, store: Keystore) -> bool | None:
    """Whether this machine's server runs; None where there is none to run."""
    from rsachat.commands import check_far_end, check_keys, check_server
    from rsachat.runtime.client_shell import Target
    from rsachat.runtime.key_files import SERVER
    from rsachat.settings import TransferLimits

    if not store.owns(SERVER):
        return None
    running = False
    check_keys.check_others(report, store)
    with report.trouble("port", str(args.port)):
        public = store.public_key(SERVER)
        target = Target(args.host, args.port)
        running = public is not None and check_far_end.proves(public, target)
        check_server.check_port(report, args.host, args.port, running=running)
    check_server.check_uploads(report, args.uploads, TransferLimits())
    return running and any(name != SERVER for name in store.identities())


def _server_named(args: argparse.Namespace, store: Keystore) -> bool:
    from rsachat.runtime.defaults import read_defaults

    return bool(
        args.server or os.environ.get(SERVER_VARIABLE) or read_defaults(store.folder).server
    )


def _look_at_far_end(
    args: argparse.Namespace, report: Report, store: Keystore, opened: list[Identity]
) -> None:
    """The server that a client of this folder would use; logged in at, if its key can be opened."""
    from rsachat.commands import check_far_end
    from rsachat.runtime.addresses import host_port
    from rsachat.runtime.client_shell import Target
    from rsachat.runtime.pins import Pins
    from rsachat.runtime.server_pin import expected_server, is_loopback

    named = _server_named(args, store)
    target = Target(*(server_of(args) if named else (args.host, args.port)))
    address = host_port(target.host, target.port)
    with report.trouble("server", address):
        name = args.name or store.default_client()
        identity = _identity(args, store, opened, name)
        expected = expected_server(
            store,
            Pins(store.folder),
            address,
            loopback=is_loopback(target.host),
            named=named_fingerprint(args),
        )
        pin = expected.fp if expected is not None else None
        if identity is not None and pin is not None:
            check_far_end.check_login(report, identity.private, target, pin)
        else:
            check_far_end.check_key(report, _public(store, name, identity), target, pin)


def _identity(
    args: argparse.Namespace, store: Keystore, opened: list[Identity], name: str
) -> Identity | None:
    """Who logs in: opened already, or now, if a person can be asked for the password."""
    from rsachat.ui import ask

    for identity in opened:
        if identity.name == name:
            return identity
    may_ask = ask.can_ask() and not (args.password_file or args.password_variable)
    if not may_ask and store.owns(name) and store.is_protected(name):
        return None
    return store.open_identity(name, passwords_of(args))


def _public(store: Keystore, name: str, identity: Identity | None) -> PublicKey:
    """The public half of who would log in. Raises KeyFileError."""
    key = identity.public if identity is not None else store.public_key(name)
    if key is None:
        raise KeyFileError(
            f"the key of '{name}' is not opened, and its public half is missing",
            hint="give its password by --password-file FILE",
        )
    return key
