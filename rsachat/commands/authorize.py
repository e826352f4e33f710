"""`rsachat authorize`: its arguments. admitting.py does the work."""

from __future__ import annotations

import argparse

from rsachat.commands.options import add_json_option, add_keys_options, examples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="the public key that comes in; - is standard input"
    )
    parser.add_argument(
        "--name", help="the name it gets (default: bob, for a FILE called bob-rsapub.pem)"
    )
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat authorize bob-rsapub.pem",
        "rsachat authorize bobs-key.pem --name bob",
        "ssh bob@example.org cat keys/client-rsapub.pem | rsachat authorize - --name bob",
    )


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.admitting import authorize

    authorize(args)
    return 0
