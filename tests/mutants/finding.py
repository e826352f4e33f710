"""Where a test function stands, read off the source: nothing is imported."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def files_of_tests() -> dict[str, list[Path]]:
    """The files of every test function under tests/, relative to the tree."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _functions(path):
            found.setdefault(name, []).append(path.relative_to(ROOT))
    return found


def node_ids(name: str) -> list[str]:
    """What pytest is told to run for a name without its `test_`: one for each file that has it."""
    return [f"{path}::test_{name}" for path in files_of_tests()[f"test_{name}"]]


def _functions(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
