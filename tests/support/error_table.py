"""Every error that a person can read, as the code raises it: for docs/errors.md, and its tests.

Texts are read off the source. What is only known at run time is an ellipsis; a name that is set
in the same function, or in the same module, stands for what it is set to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rsachat import errors

ROOT = Path(__file__).resolve().parents[2]
_KINDS: tuple[type[errors.RsachatError], ...] = (
    errors.RsachatError,
    *errors.RsachatError.__subclasses__(),
)
KINDS = {kind.__name__: kind for kind in _KINDS}
UNKNOWN = "…"
Known = dict[str, str]
"""What names stand for at some place of the text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One place that makes an error; `place` is its module."""

    code: int
    what: str
    why: str
    hint: str
    place: str


def rows(folder: Path = ROOT / "rsachat") -> list[Row]:
    """All of them, by exit code and text, each text once."""
    found = {(row.code, row.what, row.why, row.hint): row for row in _all(folder)}
    return sorted(
        found.values(), key=lambda row: (row.code, row.what.strip(f"'{UNKNOWN} "), row.why)
    )


def _all(folder: Path) -> Iterator[Row]:
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = path.relative_to(folder).as_posix()
        top: Known = {}
        for call in _block(tree.body, top):
            yield _row(*call, place)
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for call in _block(function.body, dict(top)):
                    yield _row(*call, place)


def _block(body: Sequence[ast.stmt], known: Known) -> Iterator[tuple[ast.Call, Known]]:
    """The errors made in these statements, in the order of the text; `known` goes along."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        inner = list(_inner(statement))
        if inner:
            yield from _branches(inner, known)
        else:
            yield from ((call, dict(known)) for call in _calls(statement))
            if isinstance(statement, ast.Assign):
                known.update((name, _text(value, known)) for name, value in _pairs(statement))


def _branches(
    bodies: Sequence[Sequence[ast.stmt]], known: Known
) -> Iterator[tuple[ast.Call, Known]]:
    """Each branch begins with what is known before; after them it is the one or the other."""
    ends: list[Known] = []
    for body in bodies:
        branch = dict(known)
        yield from _block(body, branch)
        if not isinstance(body[-1], ast.Raise | ast.Return):
            ends.append(branch)
    for name in {name for end in ends for name in end}:
        texts = dict.fromkeys(end[name] for end in ends if name in end)
        known[name] = " / ".join(texts)


def _inner(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    parts = (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()), statement)
    for part in parts:
        for name in ("body", "orelse", "finalbody"):
            if found := getattr(part, name, None):
                yield found


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in KINDS:
                yield node


def _row(call: ast.Call, known: Known, place: str) -> Row:
    assert isinstance(call.func, ast.Name)
    named = {item.arg: _text(item.value, known) for item in call.keywords}
    what = _text(call.args[0], known)
    code = KINDS[call.func.id].exit_code
    return Row(code, what, named.get("why", ""), named.get("hint", ""), place)


def _pairs(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    target = node.targets[0]
    if isinstance(target, ast.Name):
        yield target.id, node.value
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        for part, value in zip(target.elts, node.value.elts, strict=True):
            if isinstance(part, ast.Name):
                yield part.id, value


def _text(node: ast.expr, known: Known) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_part(part, known) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            return " / ".join(filter(None, (_text(one, known), _text(other, known))))
        case ast.Name(id=name):
            return known.get(name, UNKNOWN)
        case _:
            return UNKNOWN


def _part(part: ast.expr, known: Known) -> str:
    if isinstance(part, ast.FormattedValue):
        text = known.get(part.value.id, UNKNOWN) if isinstance(part.value, ast.Name) else UNKNOWN
        return UNKNOWN if UNKNOWN in text else text
    return _text(part, known)


def texts() -> list[Row]:
    """The rows that say something of their own: what argparse or the system says is left out."""
    return [row for row in rows() if any(map(str.isalpha, row.what + row.why))]


def told_by_tests(folder: Path = ROOT / "tests") -> str:
    """All that tests say, transcripts included: the sentences they meet are among it."""
    texts = [path.read_text(encoding="utf-8") for path in (folder / "transcripts").glob("*.txt")]
    for path in sorted(folder.rglob("test_*.py")):
        if path.name != "test_error_table.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts.extend(filter(None, map(_said, ast.walk(tree))))
    return "\n".join(texts)


def _said(node: ast.AST) -> str:
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return _text(node, {})
        case _:
            return ""


def is_met(row: Row, told: str) -> bool:
    """Whether one of the ways in which the row's sentence can read stands in `told`.

    Names in it are whatever the test has there: one line, and not much of it.
    """
    return any(
        re.search("[^\n]{0,99}?".join(map(re.escape, re.split(f"{UNKNOWN}+", way))), told)
        for way in (way.strip(f"'{UNKNOWN} ") for way in row.what.split(" / "))
    )


def fits(row: Row, code: int, begin: str) -> bool:
    """Whether an error of which this beginning was read may come from `row`."""
    return row.code == code and any(
        sum(map(str.isalpha, row.what[:end])) >= _ENOUGH
        and _pattern(row.what[:end]).fullmatch(begin)
        for end in range(len(row.what) + 1)
    )


_ENOUGH = 5  # letters that a row and a beginning have to share


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(f"{UNKNOWN}+", text))), re.DOTALL)
