"""`rsachat revoke`: its arguments. admitting.py does the work."""

from __future__ import annotations

import argparse

from rsachat.commands.options import add_json_option, add_keys_options, examples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="whose key, or invitation, counts no more")
    add_json_option(parser)
    add_keys_options(parser)
    parser.epilog = examples("rsachat revoke bob", "rsachat revoke bob --keys /srv/rsachat/keys")


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.admitting import revoke

    revoke(args)
    return 0
