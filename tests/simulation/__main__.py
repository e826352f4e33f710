"""`python -m tests.simulation SEEDS [FIRST]` or `--seed N`: many worlds, on all cores.

Exit code 1 where an invariant broke, or where a kind of fault never happened in a long run.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import track

from tests.simulation.simulate import Report, simulate
from tests.simulation.story import ALL_KINDS

LONG = 500  # seeds: from here on each kind of fault has to happen
PORTION = 5  # seeds a process is given at a time
SHOWN = 3  # failed seeds that are printed in full


@dataclass
class Sum:
    """What came of all seeds together."""

    seeds: int = 0
    steps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failed: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> None:
        self.seeds += 1
        self.steps += report.steps
        self.faults += report.faults
        if report.broken:
            self.failed.append(report)

    @property
    def missing(self) -> list[str]:
        """Kinds of faults that a long run has to have, and has not."""
        if self.seeds < LONG:
            return []
        return [kind for kind in ALL_KINDS if not self.faults[kind]]


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seeds", nargs="?", type=int, default=500, help="how many (500)")
    parser.add_argument("first", nargs="?", type=int, default=0, help="the first (0)")
    parser.add_argument("--seed", type=int, help="play this one again, and print what happens")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args(words)
    if args.seed is not None:
        report = simulate(args.seed)
        print(report.text())
        return 1 if report.broken else 0
    began = time.monotonic()
    result = Sum()
    for report in _reports(range(args.first, args.first + args.seeds), args.processes):
        result.add(report)
    return tell(result, args.first, time.monotonic() - began)


def tell(result: Sum, first: int, seconds: float) -> int:
    """Print what came out; the exit code."""
    for report in result.failed[:SHOWN]:
        print(report.text(), end="\n\n")
    for report in result.failed:
        print(f"BROKEN  seed {report.seed}: {report.broken}: {report.how.splitlines()[-1]}")
        print(f"        again: make simulate SEED={report.seed}")
    for kind in result.missing:
        print(f"NEVER   {kind}: not once in {result.seeds} seeds")
    print("\n".join(f"{count:>9,}  {kind}" for kind, count in result.faults.most_common()))
    last, rate = first + result.seeds - 1, result.steps / seconds
    print(
        f"seeds {first} to {last}: {result.steps:,} steps in {seconds:.0f} s ({rate:,.0f} a second)"
    )
    failed = len(result.failed)
    print(
        f"{failed} of {result.seeds} seeds broke an invariant" if failed else "no invariant broke"
    )
    return 1 if failed or result.missing else 0


def _reports(seeds: range, processes: int) -> Iterator[Report]:
    with ProcessPoolExecutor(processes) as pool:
        done = pool.map(_simulate, seeds, chunksize=PORTION)
        console = Console(stderr=True)
        yield from track(done, "simulating", total=len(seeds), console=console, transient=True)


def _simulate(seed: int) -> Report:
    """Without the dialogue where nothing broke: it is long."""
    report = simulate(seed)
    if not report.broken:
        report.dialogue.clear()
    return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
