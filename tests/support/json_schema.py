"""The schema of `--json` as docs/scripting.md has it, and what an object lacks or has too much."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Fields = Mapping[str, str]
"""Name and type, as the document writes both; a `?` behind the name is kept."""

ROOT = Path(__file__).resolve().parents[2]
_SECTION = re.compile(r"^### Events of ([^\n]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"(\w+\??)(?:: (\{[^}]*\}|[^,]+))?")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "null": type(None),
}


def schema() -> dict[tuple[str, str], Fields]:
    """Of each documented (command, event), the fields."""
    text = (ROOT / "docs" / "scripting.md").read_text(encoding="utf-8")
    found: dict[tuple[str, str], Fields] = {}
    for section, body in _SECTION.findall(text):
        for row in re.findall(r"^\| `(.+) \|$", body, re.MULTILINE):
            *names, fields = f"`{row}".split(" | ")
            command, event = (name.strip("`") for name in (_program(section), *names)[-2:])
            found[command, event] = _fields(fields)
    return found


def _program(section: str) -> str:
    return section.rpartition(" ")[2]


def _fields(text: str) -> Fields:
    return {name: kind or "string" for name, kind in _FIELD.findall(text)}


def problems(event: Mapping[str, Any], fields: Fields) -> list[str]:
    """What of an object is not as documented; nothing if it is."""
    head = dict(list(event.items())[:3])
    found = [] if list(head) == ["v", "event", "time"] else [f"it begins with {list(head)}"]
    if event.get("v") != 1 or not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(event.get("time"))
    ):
        found.append(f"its head is {head}")
    rest = {name: value for name, value in event.items() if name not in head}
    return found + _differences(rest, fields)


def _differences(rest: Mapping[str, Any], fields: Fields) -> list[str]:
    kinds = {name.rstrip("?"): kind for name, kind in fields.items()}
    must = {name for name in fields if not name.endswith("?")}
    found = [f"{name} is not documented" for name in rest if name not in kinds]
    found += [f"{name} is missing" for name in must if name not in rest]
    return found + [
        f"{name} is {value!r}, not {kinds[name]}"
        for name, value in rest.items()
        if name in kinds and not _is(value, kinds[name])
    ]


def _is(value: Any, kind: str) -> bool:
    if kind.startswith("{"):
        inner = _fields(kind.strip("{}"))
        return isinstance(value, dict) and not _differences(value, inner)
    if isinstance(value, bool):
        return "boolean" in kind
    return any(isinstance(value, _TYPES[part]) for part in kind.split(" or "))
