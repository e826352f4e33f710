"""`python -m benchmarks [--check] [NAME...]`: measure, print a table, with --check judge it."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.report import Figure, Skipped, table

NAMES = (
    "pool",
    "upload",
    "two_uploads",
    "stop_and_wait",
    "upload_far",
    "resume",
    "fair",
    "envelope",
    "relay",
    "server_cpu",
    "peers",
    "session",
    "message",
    "echo",
    "server_screen",
    "handshakes",
    "hostile",
    "load",
    "engine",
    "start_up",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}")
    parser.add_argument("--check", action="store_true", help="exit 1 where an aim is missed")
    args = parser.parse_args()
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    results: list[Figure | Skipped] = []
    for name in args.names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found = importlib.import_module(f"benchmarks.{name}").run()
        print(table(found), file=sys.stderr, flush=True)  # a later one may never end
        results += found
    print(table(results))
    missed = any(isinstance(one, Figure) and not one.met for one in results)
    return 1 if args.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
