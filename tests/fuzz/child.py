"""`python -m tests.fuzz.child TARGET`: one target until its seconds are over.

With atheris (libFuzzer under it) coverage guides what is tried; without it mutations are random.
A failure is written down once for each place it comes from, and the run goes on.
"""

import argparse
import hashlib
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import inputs
from tests.fuzz.mutate import Mutator

LONGEST = 4096  # bytes of an input; templates lie in the targets, so that inputs stay small
HANG = 20  # seconds for one input, which takes a millisecond
MEMORY = 1500  # MiB
GUIDING = ["rsachat", "Crypto.IO", "Crypto.Util.asn1"]  # whose branches guide


class Watched:
    """A target whose failures are kept as files, one a place in the code."""

    def __init__(self, target: inputs.Target, work: Path) -> None:
        self._target = target
        self._work = work
        self._seen: set[tuple[str, str, int]] = set()

    def __call__(self, data: bytes) -> None:
        try:
            self._target(data)
        except Exception as error:
            self._keep(data, error)

    def _keep(self, data: bytes, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = (type(error).__name__, last.filename, last.lineno or 0)
        if place in self._seen:
            return
        self._seen.add(place)
        path = self._work / f"{inputs.FOUND}{hashlib.sha1(data).hexdigest()[:16]}"
        path.write_bytes(data)
        path.with_name(f"{path.name}.txt").write_text("".join(traceback.format_exception(error)))
        print(f"found: {path}: {error!r}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.fuzz.child", description=__doc__)
    parser.add_argument("target", choices=inputs.names())
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    run = by_chance if options.plain else by_coverage
    run(options.target, options.work, options.seconds, options.seed)


def by_chance(name: str, work: Path, seconds: int, seed: int) -> None:
    """Random mutations of the first inputs."""
    seed = seed or time.time_ns()
    print(f"seed {seed}", flush=True)
    watched = Watched(inputs.target(name), work)
    mutator = Mutator(inputs.first_inputs(name), seed, LONGEST)
    executed, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        watched(mutator.next())
        executed += 1
    print(f"stat::number_of_executed_units: {executed}")


def by_coverage(name: str, work: Path, seconds: int, seed: int) -> None:
    """By atheris; `work/corpus` grows by what reaches something new. Ends the process."""
    import atheris

    with atheris.instrument_imports(include=GUIDING):
        watched = Watched(inputs.target(name), work)
    grown = work / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    for data in inputs.first_inputs(name):
        (grown / hashlib.sha1(data).hexdigest()).write_bytes(data)
    flags = {
        "max_total_time": seconds,
        "max_len": LONGEST,
        "timeout": HANG,
        "rss_limit_mb": MEMORY,
        "print_final_stats": 1,
        "artifact_prefix": f"{work / inputs.FOUND}",
        "seed": seed,
    }
    fuzz: Callable[[], None] = atheris.Fuzz
    atheris.Setup([sys.argv[0], *(f"-{k}={v}" for k, v in flags.items()), str(grown)], watched)
    fuzz()


if __name__ == "__main__":
    main()
