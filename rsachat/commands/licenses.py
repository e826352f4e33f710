"""`rsachat licenses`: what is inside, and under which licences."""

from __future__ import annotations

import argparse
import sys

from rsachat.commands.options import add_json_option, examples
from rsachat.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "component", nargs="?", metavar="NAME", help="print the text of this part's licence"
    )
    add_json_option(parser)
    parser.epilog = examples("rsachat licenses", "rsachat licenses pycryptodome")


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.speak import put_json, put_table
    from rsachat.runtime.licenses import components
    from rsachat.ui.plain_table import Column

    parts = components()
    if args.component is not None:
        parts = [part for part in parts if part.name.lower() == args.component.lower()]
        if not parts:
            raise UsageError(f"no part named '{args.component}'", hint="rsachat licenses")
    if args.json:
        for part in parts:
            row = {"name": part.name, "version": part.version, "license": part.license}
            put_json("license", {**row, "text": part.text})
    elif args.component is not None:
        sys.stdout.write(parts[0].text)
    else:
        columns = [Column("part"), Column("version"), Column("license")]
        put_table(columns, [(part.name, part.version or "-", part.license) for part in parts])
    return 0
