"""Who may come in to this machine's server: authorize, revoke and invite, and what is said."""

from __future__ import annotations

import argparse
import ipaddress
import os
import shlex
import sys
from pathlib import Path

from rsachat.amounts import rfc3339, when
from rsachat.commands.key_rows import key_row, put_rows
from rsachat.commands.options import SERVER_VARIABLE, keystore_of, parse_server, passwords_of
from rsachat.commands.speak import put_json, say, wall_ms
from rsachat.crypto.rsa import KeyFormatError, PublicKey
from rsachat.errors import KeyFileError, UsageError
from rsachat.names import is_client_name
from rsachat.runtime.addresses import host_port
from rsachat.runtime.authorization import Authorization
from rsachat.runtime.key_files import PUBLIC_SUFFIX, SERVER, check_name, read_public, shown
from rsachat.runtime.server_pin import is_loopback
from rsachat.settings import KEY_FILES

STDIN = "-"


def authorize(args: argparse.Namespace) -> None:
    """Let a public key in. Raises UsageError, KeyFileError, RsachatError, RefusedError."""
    name = _client_name(args.name or _name_of(args.file))
    key = _public_key(args.file)
    store = keystore_of(args)
    new = Authorization(store).authorize(name, key)
    row = key_row("authorized", name, store.public_path(name), key)
    if args.json:
        put_json("authorized", row.as_json() | {"new": new})
        return
    put_rows([row], ("name", "file", "bits", "fingerprint"))
    say(args, f"{name} is authorized" + ("" if new else " already"))


def revoke(args: argparse.Namespace) -> None:
    """Let nobody in by this name any more. Raises UsageError, RsachatError."""
    name = _client_name(args.name)
    done = Authorization(keystore_of(args)).revoke(name)
    files = [shown(path) for path in done.files]
    if args.json:
        put_json("revoked", {"name": name, "files": files, "uninvited": done.uninvited})
        return
    for file in files:
        say(args, f"{name} is revoked: the key lies in {file}, and no server here admits it")
    if done.uninvited:
        say(args, f"the invitation of {name} is withdrawn")


def invite(args: argparse.Namespace) -> None:
    """Print what to pass on to a newcomer. Raises UsageError, KeyFileError, RsachatError."""
    name = _client_name(args.name)
    address = _address(args, name)
    store = keystore_of(args)
    if not store.owns(SERVER):
        raise KeyFileError(
            f"no identity 'server' in {shown(store.folder)}",
            why="invitations are made on the server's machine",
            hint="--keys DIR names its keys folder; rsachat keygen server makes a new identity",
        )
    server = store.public_key(SERVER)
    if server is None:  # only its private half
        server = store.open_identity(SERVER, passwords_of(args)).public
    made = Authorization(store).invite(name, server.fingerprint, wall_ms(), os.urandom)
    command, code = f"rsachat join {shlex.quote(address)}", made.invitation.code()
    if made.replaced:
        say(args, f"an earlier invitation of {name} counts no more")
    if args.json:
        put_json(
            "invitation",
            {
                "name": name,
                "address": address,
                "command": command,
                "code": code,
                "expires": rfc3339(made.expires_ms),
            },
        )
        return
    ends = when(made.expires_ms, wall_ms())
    say(args, f"pass this on to {name}, the code in secret; it works once, and expires {ends}:")
    print(command)
    print(code)


def _client_name(name: str) -> str:
    if check_name(name) == SERVER:
        raise UsageError("'server' is never a client's name", hint="for example bob")
    return name


def _name_of(file: str) -> str:
    """The name that a file's name says. Raises UsageError."""
    if file == STDIN:
        raise UsageError("standard input has no name", hint="--name NAME gives it one")
    base = os.path.basename(file)
    name = base.removesuffix(PUBLIC_SUFFIX if base.endswith(PUBLIC_SUFFIX) else ".pem")
    if not is_client_name(name):
        raise UsageError(f"{file} does not say whose key it is", hint="--name NAME does")
    return name


def _public_key(file: str) -> PublicKey:
    """Raises KeyFileError."""
    if file == STDIN:
        where = "standard input"
        data = sys.stdin.buffer.read(KEY_FILES.file_bytes)
    else:
        where = shown(Path(file))
        data = read_public(Path(file))
    try:
        return PublicKey.from_pem(data)
    except KeyFormatError as error:
        hint = f"a public key is made by rsachat keygen, and ends in {PUBLIC_SUFFIX}"
        if b"PRIVATE KEY" in data:
            hint = f"that is a private key, which nobody else should see; {hint}"
        raise KeyFileError(f"{where} is not usable", why=str(error), hint=hint) from error


def _address(args: argparse.Namespace, name: str) -> str:
    """Where others reach the server, which only a person can know. Raises UsageError."""
    hint = f"for example: rsachat invite {name} --address example.org:8000"
    named = args.address or os.environ.get(SERVER_VARIABLE)
    if not named:
        what = "the address at which others reach this server is needed"
        raise UsageError(what, hint=hint)
    host, port = parse_server(named)
    address = host_port(host, port)
    if _is_unspecified(host):
        why = f"{host} means every address of a machine"
        raise UsageError(f"nobody can connect to {address}", why=why, hint=hint)
    if is_loopback(host):
        if not args.address:
            why = f"${SERVER_VARIABLE} names this machine to itself only"
            raise UsageError(f"others do not reach {address}", why=why, hint=hint)
        say(args, f"{address} is reached from this machine only")
    return address


def _is_unspecified(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_unspecified
