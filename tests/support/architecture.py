"""The rules of the house, read off the source by `ast`; nothing of rsachat is imported.

Each rule is a function from a source tree to the sentences that say where it is broken, so that
the tests can show both that the real tree keeps it and that a made-up tree can break it.
"""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "rsachat"

LAYERS: Mapping[str, int] = {
    "errors": 0,
    "settings": 0,
    "names": 0,
    "amounts": 0,
    "crypto": 1,
    "protocol": 2,
    "server": 3,
    "client": 3,
    "runtime": 4,
    "ui": 5,
    "commands": 6,
    "cli": 7,
}

CONFINED: Mapping[str, str] = {
    "Crypto": "crypto",
    "cryptography": "crypto",
    "rich": "ui",
    "prompt_toolkit": "ui",
}
"""Third-party packages and the one part that may import each; any other is refused."""

OUTSIDE_WORLD = frozenset(
    "socket selectors select ssl asyncio multiprocessing concurrent threading subprocess signal"
    " time random secrets os shutil tempfile".split()
)
"""Clock, randomness, files and sockets: they reach the cores as arguments."""

EDGELESS: Mapping[str, frozenset[str]] = {
    "errors": OUTSIDE_WORLD,
    "settings": OUTSIDE_WORLD,
    "names": OUTSIDE_WORLD,
    "amounts": OUTSIDE_WORLD,
    "crypto": OUTSIDE_WORLD - {"os", "secrets"},  # os.urandom is a default argument there
    "protocol": OUTSIDE_WORLD,
    "server": OUTSIDE_WORLD,
    "client": OUTSIDE_WORLD,
}

SANS_IO = frozenset({"protocol", "server", "client"})
IO_BUILTINS = frozenset({"open", "input", "print"})


@dataclass(frozen=True)
class Import:
    """One imported module, by its full dotted name, and the line that asks for it."""

    target: str
    line: int


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    imports: tuple[Import, ...]
    tree: ast.Module

    @property
    def part(self) -> str:
        """`crypto` for rsachat.crypto.rsa, `cli` for rsachat.cli, empty for the package itself."""
        return part_of(self.name)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@dataclass(frozen=True)
class Source:
    """A source tree: the folder that holds the package, and beside it `tests/`."""

    root: Path

    @cached_property
    def modules(self) -> dict[str, Module]:
        files = sorted((self.root / PACKAGE).rglob("*.py"))
        paths = {_dotted(path, self.root): path for path in files}
        return {name: _parse(name, path, paths) for name, path in paths.items()}


def part_of(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def upward_imports(source: Source) -> list[str]:
    """Imports that do not go to a lower layer, and modules that stand in no layer."""
    found = [
        f"{module.name}: belongs to no layer"
        for module in source.modules.values()
        if module.part and module.part not in LAYERS
    ]
    for module, item in _internal_imports(source):
        here, there = module.part, part_of(item.target)
        if here != there and _level(there) >= _level(here):
            found.append(_at(module, item, f"{here or PACKAGE} may not import {there}"))
    return found


def cycles(source: Source) -> list[str]:
    """Every import cycle, lazy imports included, written as the way round."""
    graph = {name: set[str]() for name in source.modules}
    for module, item in _internal_imports(source):
        if item.target in graph:
            graph[module.name].add(item.target)
    done: set[str] = set()
    return [
        " -> ".join(way) for name in sorted(graph) for way in _ways_round(name, graph, [], done)
    ]


def stray_third_party(source: Source) -> list[str]:
    """Third-party imports outside the part that each is confined to."""
    found = []
    for module, item in _imports(source):
        top = item.target.partition(".")[0]
        if top == PACKAGE or top in sys.stdlib_module_names:
            continue
        if CONFINED.get(top) != module.part:
            found.append(_at(module, item, f"{top} may not be imported here"))
    return found


def outside_world(source: Source) -> list[str]:
    """Clock, randomness, sockets, processes and files inside the sans-IO layers."""
    found = [
        _at(module, item, f"{item.target} is for the edge")
        for module, item in _imports(source)
        if item.target.partition(".")[0] in EDGELESS.get(module.part, frozenset())
    ]
    found += [
        f"{module.name}:{node.lineno}: {node.func.id}() is for the edge"
        for module in source.modules.values()
        if module.part in SANS_IO
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in IO_BUILTINS
    ]
    return found


def busy_packages(source: Source) -> list[str]:
    """`__init__.py` files with code: importing one module must not load its neighbours."""
    return [
        f"{module.name}: a package's __init__ holds a docstring only"
        for module in source.modules.values()
        if module.is_package
        and module.part
        and any(not _is_text(node) for node in module.tree.body)
    ]


def undocumented(source: Source) -> list[str]:
    """Modules without a docstring at their head."""
    return [
        f"{module.name}: no docstring"
        for module in source.modules.values()
        if not module.is_package and not ast.get_docstring(module.tree)
    ]


def untested(source: Source, exceptions: Mapping[str, str]) -> list[str]:
    """Modules without a test module at the mirrored place, and exceptions that are none.

    A module of declarations only, without one function, does nothing that a test could see.
    """
    modules = [m for m in source.modules.values() if not m.is_package and _does_something(m)]
    missing = {m.name for m in modules if not _test_exists(source, m)}
    return [
        *(f"{name}: no test module" for name in sorted(missing - exceptions.keys())),
        *(f"{name}: is no exception any more" for name in sorted(exceptions.keys() - missing)),
    ]


def _does_something(module: Module) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.Lambda) for node in ast.walk(module.tree))


def _test_exists(source: Source, module: Module) -> bool:
    place = source.root / "tests" / module.path.relative_to(source.root / PACKAGE).parent
    name = module.path.stem.strip("_")
    prefixed = f"test_{module.part}_{name}.py"
    return (place / f"test_{name}.py").is_file() or (place / prefixed).is_file()


def _imports(source: Source) -> Iterator[tuple[Module, Import]]:
    for module in source.modules.values():
        for item in module.imports:
            yield module, item


def _internal_imports(source: Source) -> Iterator[tuple[Module, Import]]:
    for module, item in _imports(source):
        if item.target.partition(".")[0] == PACKAGE:
            yield module, item


def _ways_round(
    name: str, graph: Mapping[str, set[str]], trail: list[str], done: set[str]
) -> Iterator[list[str]]:
    if name in trail:
        yield [*trail[trail.index(name) :], name]
    elif name not in done:
        for target in sorted(graph[name]):
            yield from _ways_round(target, graph, [*trail, name], done)
        done.add(name)


def _dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parse(name: str, path: Path, known: Collection[str]) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports = [
        Import(target, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for target in _targets(node, package, known)
    ]
    return Module(name, path, tuple(imports), tree)


def _targets(
    node: ast.Import | ast.ImportFrom, package: str, known: Collection[str]
) -> Iterator[str]:
    """What an import names: a module of the tree where there is one, else its first part."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        yield inner if inner in known else base


def _level(part: str) -> int:
    """The layer's height; the package itself, which holds only the version, is the lowest."""
    return LAYERS.get(part, -1)


def _at(module: Module, item: Import, what: str) -> str:
    return f"{module.name}:{item.line}: {what}"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
