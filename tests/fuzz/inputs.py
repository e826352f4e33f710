"""The targets by name, and the inputs that each begins with.

A target is a module of `targets/` with `target(data)`, which raises for what must not be, and
`seeds()`, its first inputs. What coverage found worth keeping, and what once broke a target, lies
in `corpus/<target>/`.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
FOUND = "found-"
"""How the names of inputs begin that broke a target once."""

Target = Callable[[bytes], None]


def names() -> list[str]:
    """Every target, in the order of its name."""
    return sorted(path.stem for path in (HERE / "targets").glob("[a-z]*.py"))


def target(name: str) -> Target:
    return cast(Target, import_module(f"tests.fuzz.targets.{name}").target)


def first_inputs(name: str) -> list[bytes]:
    """The seeds, then the kept files in the order of their names."""
    seeds: Iterable[bytes] = import_module(f"tests.fuzz.targets.{name}").seeds()
    kept = sorted(path for path in (CORPUS / name).glob("*") if path.is_file())
    return [*seeds, *(path.read_bytes() for path in kept)]
