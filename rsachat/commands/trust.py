"""`rsachat trust`: its arguments. trust_pins.py does the work."""

from __future__ import annotations

import argparse

from rsachat.commands.options import (
    add_json_option,
    add_keys_options,
    add_server_options,
    examples,
)
from rsachat.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = f"{parser.prog} list | remove WHO | replace WHO [OPTION ...]"
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "remove", "replace"),
        default="list",
        help="list the pins, forget one, or accept a changed key (default: list)",
    )
    parser.add_argument(
        "who", nargs="?", metavar="WHO", help="a server as HOST:PORT, or a person as @name"
    )
    parser.add_argument(
        "--name",
        help="with replace: the identity to log in with (default: client, else the only one)",
    )
    add_server_options(parser)
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat trust list",
        "rsachat trust remove example.org:8000",
        "rsachat trust replace example.org:8000",
        "rsachat trust replace @bob --server example.org:8000",
    )


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        if args.who is not None:
            raise UsageError("list takes no name", hint="rsachat trust list")
        from rsachat.commands.trust_pins import list_pins

        list_pins(args)
        return 0
    if args.who is None:
        raise UsageError(f"{args.action} whom?", hint=f"rsachat trust {args.action} @name")
    from rsachat.commands.trust_pins import remove_pin, replace_pin

    (remove_pin if args.action == "remove" else replace_pin)(args)
    return 0
