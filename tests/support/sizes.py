"""`python -m tests.support.sizes`: long functions and modules, each a question, not a verdict."""

import ast
from collections.abc import Iterator
from pathlib import Path

FUNCTION_LINES = 50
MODULE_LINES = 400


def long_places(root: Path) -> Iterator[str]:
    """One line for each function over 50 and module over 400 lines under `root`, in order."""
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root.parent)
        if (lines := len(text.splitlines())) > MODULE_LINES:
            yield f"{name}: {lines} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{name}:{node.lineno} {node.name}: {lines} lines"


def main() -> None:
    home = Path(__file__).resolve().parent.parent.parent
    found = [place for part in ("rsachat", "benchmarks") for place in long_places(home / part)]
    print("\n".join(found) or "no long function, no long module")


if __name__ == "__main__":
    main()
