"""`rsachat keys`: its arguments. list_keys.py and change_password.py do the work."""

from __future__ import annotations

import argparse
from pathlib import Path

from rsachat.commands.options import add_json_option, add_keys_options, examples
from rsachat.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = f"{parser.prog} [OPTION ...]\n       {parser.prog} passwd NAME [OPTION ...]"
    parser.add_argument(
        "action",
        nargs="?",
        choices=("passwd",),
        help="passwd: change, set or remove a key's password (default: list the keys)",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="with passwd: whose key")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--new-password-file",
        metavar="FILE",
        type=Path,
        help="with passwd: its first line is the new password (default: asked for, twice)",
    )
    ways.add_argument(
        "--remove", action="store_true", help="with passwd: leave the key without a password"
    )
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat keys", "rsachat keys passwd client", "rsachat keys passwd client --remove"
    )


def run(args: argparse.Namespace) -> int:
    if args.action is None:
        if args.remove or args.new_password_file:
            raise UsageError("whose password?", hint="rsachat keys passwd NAME")
        from rsachat.commands.list_keys import list_keys

        list_keys(args)
        return 0
    if args.name is None:
        raise UsageError("whose password?", hint="rsachat keys passwd NAME")
    from rsachat.commands.change_password import change_password

    change_password(args)
    return 0
