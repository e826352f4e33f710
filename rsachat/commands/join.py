"""`rsachat join`: its arguments. newcomer.py does the work."""

from __future__ import annotations

import argparse
from pathlib import Path

from rsachat.commands.options import add_json_option, add_keys_options, examples, parse_server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Join a server by an invitation: makes an identity, proves both sides to each other, and "
        "remembers the server. The keys folder is ~/.config/rsachat/keys unless --keys or "
        "$RSACHAT_KEYS names another."
    )
    parser.add_argument(
        "address", metavar="HOST[:PORT]", help="where the server is, as the invitation says"
    )
    parser.add_argument(
        "--code-file",
        metavar="FILE",
        type=Path,
        help="holds the code of the invitation, - is standard input (default: asked for)",
    )
    parser.add_argument(
        "--password", action="store_true", help="protect the new private key: ask for a password"
    )
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat join example.org:8000",
        "rsachat join example.org:8000 --password",
        "rsachat join 192.0.2.7 --code-file invitation.txt",
    )


def run(args: argparse.Namespace) -> int:
    host, port = parse_server(args.address)

    from rsachat.commands.newcomer import join

    join(args, host, port)
    return 0
