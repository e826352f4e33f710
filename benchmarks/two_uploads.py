"""Two uploads at once, of two people: both together against the ceiling of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pool import make_units
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import Server, running_server
from benchmarks.upload import AIM, FEW, MANY, ceiling, upload_seconds

ROUNDS = 3
PEOPLE = ("alice", "bob")


def run() -> list[Figure]:
    with TemporaryDirectory() as name, running_server(Path(name)) as server:
        units = make_units(Path(name) / "units")
        numbers = count()
        return [
            rate_figure(
                "two uploads",
                "chunks/s",
                AIM,
                ROUNDS,
                lambda: ceiling(units),
                lambda: both_rate(server, next(numbers), PEOPLE),
            )
        ]


def both_rate(server: Server, number: int, people: Sequence[str]) -> float:
    """Chunks a second of all together, over the difference of long and short uploads."""
    short = upload_seconds(server, f"short{number}", FEW, people)
    long = upload_seconds(server, f"long{number}", MANY // len(people), people)
    return (MANY // len(people) - FEW) * len(people) / (long - short)
