"""`python -m benchmarks.beside`: rsachat beside others, as tables for a document.

What is not installed is named and left out. Every row of a table is measured in the same run.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterable, Sequence

from benchmarks import peer_files, peers, stop_and_wait, upload_far
from benchmarks.report import Figure, Skipped
from benchmarks.scratch import CORES
from rsachat.crypto.engine import chosen


def main() -> int:
    missing: list[Skipped] = []
    print(f"{time.strftime('%Y-%m-%d')}, {CORES} cores, {_machine()}\n")
    _said("relays")
    measured = peers.measure()
    missing += measured.missing
    _show(peers.rows(measured))
    _said("uploads of RSA chunks")
    _show([("upload in RSA chunks", "rsachat", "original design", "times"), *_uploads()])
    _said("files")
    rows, absent = peer_files.rows()
    _show(rows)
    for one in missing + absent:
        print(f"{one.name}: left out, {one.why}")
    return 0


def _machine() -> str:
    return f"{platform.machine()}, Python {platform.python_version()}, RSA by {chosen().NAME}"


def _uploads() -> list[Sequence[str]]:
    figures: list[tuple[str, Figure]] = [
        ("no delay", stop_and_wait.run()[0]),
        ("50 ms of round trip", upload_far.run()[0]),
    ]
    return [(name, one.value, one.reference, f"{one.ratio:.1f}") for name, one in figures]


def _said(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


def _show(rows: Iterable[Sequence[str]]) -> None:
    """A table of Markdown; the first row is its head."""
    head, *rest = rows
    for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rest):
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
