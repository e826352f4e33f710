"""`python -m tests.fuzz.keep [TARGET...]`: what a run found worth keeping goes into the corpus.

Of the inputs that `make fuzz` left in its folder those are copied which run from a line to another
as neither the seeds nor those kept before do; the one that does so most often comes first.
"""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.fuzz import inputs
from tests.fuzz.__main__ import WORK

MOST = 24  # inputs a target
LONGEST = 800  # bytes of one
_PACKAGE = "/rsachat/"

Steps = set[tuple[str, int, int]]
"""Where the program went: a file, a line in it and the line before that."""


def main(words: Sequence[str]) -> int:
    for name in words or inputs.names():
        kept = keep(name, WORK / name / "corpus", inputs.CORPUS / name)
        print(f"{name}: {len(kept)} new, {sum(map(len, kept))} bytes")
    return 0


def keep(name: str, grown: Path, corpus: Path) -> list[bytes]:
    """Copy the best of `grown` into `corpus`; returns what was copied."""
    target = inputs.target(name)
    known: Steps = set().union(*(reached(target, data) for data in inputs.first_inputs(name)))
    found = {path.read_bytes() for path in sorted(grown.glob("*"))}
    each = {data: reached(target, data) for data in found if len(data) <= LONGEST}
    kept = chosen(each, known, MOST - len(list(corpus.glob("*"))))
    corpus.mkdir(exist_ok=True)
    for data in kept:
        (corpus / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)
    return kept


def chosen(each: dict[bytes, Steps], known: Steps, most: int) -> list[bytes]:
    """At most so many inputs, each the one that adds most to those before it."""
    kept: list[bytes] = []
    while len(kept) < most:
        best = max(each, key=lambda d: (len(each[d] - known), -len(d), d), default=b"")
        if not each.get(best, known) - known:
            break
        kept.append(best)
        known = known | each[best]
    return kept


def reached(target: inputs.Target, data: bytes) -> Steps:
    """The steps inside the program that an input takes."""
    steps: Steps = set()

    def begin(frame: FrameType, _event: str, _value: object) -> object:
        file, last = frame.f_code.co_filename, 0
        if _PACKAGE not in file:
            return None

        def step(frame: FrameType, _event: str, _value: object) -> object:
            nonlocal last
            steps.add((file, last, frame.f_lineno))
            last = frame.f_lineno
            return step

        return step

    sys.settrace(begin)  # type: ignore[arg-type]
    try:
        target(data)
    finally:
        sys.settrace(None)
    return steps


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
