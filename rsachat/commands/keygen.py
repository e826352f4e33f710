"""`rsachat keygen`: its arguments. make_pairs.py does the work."""

from __future__ import annotations

import argparse

from rsachat.commands.options import add_json_option, add_keys_options, examples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="an identity for each: 1 to 32 of a-z 0-9 - _ (default: server and client, those of "
        "the two that are missing)",
    )
    parser.add_argument(
        "--password", action="store_true", help="protect the private keys: ask for a password"
    )
    parser.add_argument(
        "--bits",
        type=int,
        choices=(3072, 4096),
        default=3072,
        help="size of the RSA modulus, in bits (default: 3072)",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace existing pairs, keeping the old as .bak"
    )
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat keygen --password", "rsachat keygen alice bob", "rsachat keygen --bits 4096 carol"
    )


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.make_pairs import make_pairs

    make_pairs(args)
    return 0
