"""`rsachat client`: assembles the chat core, its connection and its screen."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from rsachat.commands.options import (
    add_json_option,
    add_keys_options,
    add_plain_option,
    add_server_options,
    examples,
    keystore_of,
    parse_port,
    passwords_of,
    server_of,
)
from rsachat.errors import UsageError

if TYPE_CHECKING:
    from rsachat.runtime.client_shell import Bind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name",
        help="the identity to use (default: the one that joined last, else client, else the only "
        "one in the keys folder)",
    )
    parser.add_argument(
        "--bind",
        metavar="[HOST:]PORT",
        help="the source port, under which others write to you (default: any free one)",
    )
    parser.add_argument(
        "--to",
        metavar="WHO",
        help="plain lines go to WHO: a name, @name or address (default: nobody)",
    )
    parser.add_argument(
        "--listen",
        action="store_true",
        help="in a pipe: stay when the input has ended (default: leave when all is delivered)",
    )
    parser.add_argument(
        "--reconnect",
        action="store_true",
        help="try again when the connection is lost, after 1, 2, 4 … 30 s (default: leave)",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="write to verified people only, and show nobody else (default: off)",
    )
    parser.add_argument("--no-bell", action="store_true", help="no bell at a message")
    add_server_options(parser)
    add_json_option(parser)
    add_plain_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat client",
        "rsachat client --server example.org:8000 --name alice",
        "rsachat client --bind 8002",
        "echo 'the build is done' | rsachat client --to bob",
        "rsachat client --listen --json < /dev/null",
    )


def run(args: argparse.Namespace) -> int:
    chosen = _chosen(args.to)
    bind = parse_bind(args.bind) if args.bind else None
    host, port = server_of(args)

    from rsachat.client.core import Login
    from rsachat.commands.chat import run_in_lines, run_on_screen
    from rsachat.commands.chat_run import Chat
    from rsachat.commands.own_identity import open_client
    from rsachat.commands.server_trust import server_pin
    from rsachat.runtime.addresses import host_port
    from rsachat.runtime.client_shell import Target
    from rsachat.ui.terminal import may_prompt

    store = keystore_of(args)
    identity = open_client(args, store, passwords_of(args), args.name)
    target = Target(host, port, bind)
    pin = server_pin(args, store, identity.private, target)
    on_screen = may_prompt(sys.stdin, sys.stdout, os.environ, plain=args.plain or args.json)
    login = Login(
        identity.private,
        identity.name,
        host_port(host, port),
        pin,
        chosen,
        piped=not on_screen,
        strict=args.strict,
        reconnect=args.reconnect,
    )
    chat = Chat(login, target, store.folder)
    if on_screen:
        run_on_screen(chat, bell=not args.no_bell)
    else:
        run_in_lines(chat, json=args.json, quiet=args.quiet, stay=args.listen)
    return 0


def parse_bind(text: str) -> Bind:
    """`PORT`, `HOST:PORT` or `[v6]:PORT`. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if colon and not host:
        raise UsageError(f"'{text}' is no source address", hint="--bind 8002, for example")
    return host.strip("[]") or None, parse_port(port)


def _chosen(who: str | None) -> str | None:
    if who is None:
        return None
    from rsachat.client.lines import parse_who

    chosen = parse_who(who)
    if chosen is None:
        hint = "a name, @name or an address such as 127.0.0.1:50412"
        raise UsageError(f"--to '{who}' names nobody", hint=hint)
    return chosen
