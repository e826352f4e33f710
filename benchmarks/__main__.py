"""`python -m benchmarks [--check] [NAME...]`: measure, print a table, with --check judge it."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.report import Figure, table

NAMES = ("pool", "upload", "relay", "handshakes", "memory")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}")
    parser.add_argument("--check", action="store_true", help="exit 1 where an aim is missed")
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in args.names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        figures += importlib.import_module(f"benchmarks.{name}").run()
    print(table(figures))
    return 1 if args.check and not all(figure.met for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
