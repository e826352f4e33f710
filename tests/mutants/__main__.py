"""`python -m tests.mutants [NAME...]`: takes away one check after the other; the tests notice.

In a scratch copy of the tree the named tests are first run as they are, and must pass. Then each
mutant of the table is applied to it, and the test that it names must go red by its own assertion:
neither by an import that fails nor by any other error.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.finding import ROOT, node_ids
from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

PROCESSES = 2
SECONDS = 120
COPIED = ("rsachat", "tests", "rsachat.py", "pyproject.toml")
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def main(words: list[str]) -> int:
    chosen = [m for m in MUTANTS if not words or m.name in words or m.test in words]
    if not chosen:
        print("no mutant has such a name", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rsachat-mutants-") as folder:
        copies = [copy_tree(Path(folder) / str(i)) for i in range(PROCESSES)]
        if not all_green(copies[0], {m.test for m in chosen}):
            return 1
        bad = [mutant for mutant, fault in hunt(copies, chosen) if fault]
    names = len({m.name for m in chosen})
    taken = f"{len(chosen)} mutants for {names} names in {time.monotonic() - began:.0f} s"
    print(f"{taken}: " + (f"{len(bad)} not caught as they should be" if bad else "each was caught"))
    return 1 if bad else 0


def copy_tree(target: Path) -> Path:
    target.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_SKIPPED)
        else:
            shutil.copy(source, target / name)
    return target


def all_green(copy: Path, tests: Iterable[str]) -> bool:
    """Whether the named tests pass while nothing is taken away."""
    nodes = sorted(node for test in tests for node in node_ids(test))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", str(PROCESSES), *nodes],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(ran.stdout[-3000:], ran.stderr[-1000:], sep="\n")
        print("the tests are not green to begin with")
    return ran.returncode == 0


def hunt(copies: list[Path], mutants: list[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Each mutant and what is wrong with its death (empty: nothing), as a line is printed."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> str:
        copy = free.get()
        try:
            return fault_of(copy, mutant)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for mutant, fault in zip(mutants, pool.map(one, mutants), strict=True):
            print(f"{'NOT SO' if fault else 'caught'}  {mutant.test}: without {mutant.without}")
            if fault:
                print(f"        {fault}")
            yield mutant, fault


def fault_of(copy: Path, mutant: Mutant) -> str:
    """Empty if the mutant applies and imports, and its test goes red by its own assertion.

    A test whose name stands in several files has to do so in each of them.
    """
    with patched(copy, mutant):
        return fault_in(copy, mutant, node_ids(mutant.test))


def fault_in(copy: Path, mutant: Mutant, nodes: list[str]) -> str:
    report = copy / "report.json"
    report.unlink(missing_ok=True)
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("-p", "tests.mutants.witness", f"--timeout={SECONDS}", *nodes),
        ],
        cwd=copy,
        env={
            **os.environ,
            "MUTANT_MODULES": " ".join(mutant.modules),
            "MUTANT_REPORT": str(report),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        return f"pytest did not get so far: {(ran.stdout + ran.stderr)[-500:]}"
    failures: list[dict[str, str]] = json.loads(report.read_text(encoding="utf-8"))
    return verdict(ran.returncode, failures, nodes)


def verdict(exit_code: int, failures: list[dict[str, str]], nodes: list[str]) -> str:
    """What is wrong; a test of several cases has to fail in one of them."""
    if exit_code not in (0, 1) or bool(exit_code) is not bool(failures):
        return f"pytest ended with {exit_code}"
    for node in nodes:
        if not any(failure["test"].partition("[")[0] == node for failure in failures):
            return f"{node} stays green"
    for failure in failures:
        if failure["phase"] != "call" or failure["by_itself"] != "True":
            return "red, but not by an assertion of the test: {error} {text}".format(**failure)
    return ""


@contextmanager
def patched(copy: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with the mutant applied; its compiled modules are dropped before and after."""
    before = {name: (copy / name).read_text(encoding="utf-8") for name in mutant.files}
    try:
        for name, text in mutant.apply(before).items():
            (copy / name).write_text(text, encoding="utf-8")
            forget_compiled(copy / name)
        yield
    finally:
        for name, text in before.items():
            (copy / name).write_text(text, encoding="utf-8")
            forget_compiled(copy / name)


def forget_compiled(path: Path) -> None:
    """A change of the same length within a second would go unseen by the import system."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
