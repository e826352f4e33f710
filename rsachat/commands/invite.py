"""`rsachat invite`: its arguments. admitting.py does the work."""

from __future__ import annotations

import argparse

from rsachat.commands.options import (
    SERVER_VARIABLE,
    add_json_option,
    add_keys_options,
    examples,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Invite somebody: prints a command and a code to pass on, once usable within 24 hours."
    )
    parser.add_argument("name", metavar="NAME", help="the name that the newcomer gets")
    parser.add_argument(
        "--address",
        metavar="HOST[:PORT]",
        help=f"where others reach this server (default: ${SERVER_VARIABLE}, else it must be given)",
    )
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat invite bob --address example.org:8000",
        "rsachat invite bob --address 192.0.2.7",
    )


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.admitting import invite

    invite(args)
    return 0
