"""`python -m tests.fuzz [TARGET...]`: each target in a process of its own, then a table.

The minutes are those of the whole run, shared by the targets that are chosen. Knows no target
from inside; what one does is `child.py`'s.
"""

import argparse
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.inputs import FOUND, names

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "fuzz"
GRACE = 120.0  # seconds beyond its share, until a target that hangs is ended
HEAD = ("target", "executions", "exec/s", "CPU s", "coverage", "crashes")
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_FEATURES = re.compile(r" ft: (\d+) ")


@dataclass(frozen=True, slots=True)
class Tally:
    """What one target did: `features` is None where no coverage is measured."""

    target: str
    executions: int
    seconds: float
    features: int | None
    crashes: int

    def row(self) -> tuple[str, ...]:
        rate = self.executions / self.seconds if self.seconds else 0.0
        covered = "-" if self.features is None else str(self.features)
        numbers = (f"{self.executions:,}", f"{rate:,.0f}", f"{self.seconds:,.1f}")
        return (self.target, *numbers, covered, str(self.crashes))


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them without any")
    parser.add_argument("--minutes", type=float, default=5.0, help="of the whole run (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--seed", type=int, default=0, help="0 draws one (%(default)s)")
    parser.add_argument("--work", type=Path, default=WORK, help="where corpora grow")
    parser.add_argument("--plain", action="store_true", help="random mutations, no coverage")
    options = parser.parse_args(words)
    chosen = options.targets or names()
    unknown = set(chosen) - set(names())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    plain = options.plain or find_spec("atheris") is None
    if plain:
        print("no atheris: random mutations, which coverage does not guide")
    seconds = max(1, int(options.minutes * 60 * options.jobs / len(chosen)))
    flags = [f"--seconds={seconds}", f"--seed={options.seed}", *["--plain"] * plain]
    with ThreadPoolExecutor(options.jobs) as pool:
        tallies = list(pool.map(lambda name: run(name, options.work / name, flags), chosen))
    print(table(tallies))
    return 1 if any(tally.crashes for tally in tallies) else 0


def run(name: str, work: Path, flags: Sequence[str]) -> Tally:
    """One target for its share of the time; its output goes to a log in its folder."""
    work.mkdir(parents=True, exist_ok=True)
    seconds = float(flags[0].partition("=")[2])
    with (work / "log").open("wb") as log:
        command = [sys.executable, "-m", "tests.fuzz.child", name, f"--work={work}", *flags]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        hung = threading.Timer(seconds + GRACE, process.kill)
        hung.start()
        _, status, usage = os.wait4(process.pid, 0)
        hung.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    text = (work / "log").read_text(encoding="utf-8", errors="replace")
    found = sorted(path for path in work.glob(f"{FOUND}*") if path.suffix != ".txt")
    for path in found:
        print(f"{name}: {path} breaks it, {path}.txt says how")
    if process.returncode and not found:
        print(f"{name}: ended with {process.returncode}, see {work / 'log'}")
    broken = max(len(found), process.returncode != 0)
    executed = max(map(int, _EXECUTED.findall(text)), default=0)
    features = max(map(int, _FEATURES.findall(text)), default=None)
    return Tally(name, executed, usage.ru_utime + usage.ru_stime, features, broken)


def table(tallies: Iterable[Tally]) -> str:
    """The tallies as aligned lines, their sum last."""
    rows = [HEAD, *(tally.row() for tally in tallies), total(tallies).row()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def total(tallies: Iterable[Tally]) -> Tally:
    known = list(tallies)
    covered = [tally.features for tally in known if tally.features is not None]
    return Tally(
        "all",
        sum(tally.executions for tally in known),
        sum(tally.seconds for tally in known),
        sum(covered) if covered else None,
        sum(tally.crashes for tally in known),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
