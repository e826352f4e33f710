"""What a short command says: notices on stderr, results on stdout."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from rsachat.protocol.safe_text import clean_line
from rsachat.ui.json_output import json_line
from rsachat.ui.plain_table import Column
from rsachat.ui.tables import print_table


def say(args: argparse.Namespace, text: str) -> None:
    """A notice about the work, unless --quiet was given."""
    if not args.quiet:
        print(clean_line(text).plain, file=sys.stderr)


def put_json(event: str, data: Mapping[str, object]) -> None:
    """A result as one JSON object."""
    print(json_line(event, wall_ms(), data))


def wall_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def put_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Results as a table."""
    print_table(columns, rows, sys.stdout, os.environ)
