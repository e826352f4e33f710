"""`make docs`: the parts of docs/ that the code itself says, written between their marks.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; tests/test_docs.py holds
that each is what the code says now.
"""

import argparse
import ast
import dataclasses
import os
import re
import typing
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any

from rsachat.cli import COMMANDS, parser_of
from rsachat.client import endings, upload_errors, views
from rsachat.names import MAX_NAME
from rsachat.protocol import codec
from rsachat.protocol import layout as lay
from rsachat.protocol.codes import AlertCode, ErrorCode
from rsachat.protocol.states import CHANGES, Cause, ClientState, ServerState, State, Step
from rsachat.runtime import file_errors
from rsachat.server import notices
from rsachat.server.exposition import FAMILIES, Samples, Source
from rsachat.server.metrics import Metrics
from rsachat.server.worker_load import WorkerLoad
from tests.support import error_table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SETTINGS = ROOT / "rsachat" / "settings.py"
_BLOCK = re.compile(r"<!-- generated: ([a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
_FIRST = {ServerState: ServerState.PREAMBLE, ClientState: ClientState.SERVER_HELLO}


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def wire_name(cls: type) -> str:
    """`UP_OFFER` for UpOffer."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).upper()


# states


def state_diagram(role: type[ServerState] | type[ClientState]) -> str:
    """Mermaid. END leads from every state to ENDED and is left out."""
    causes: dict[tuple[State, State], list[str]] = {}
    for (before, cause), after in CHANGES.items():
        if isinstance(before, role) and cause is not Step.END:
            causes.setdefault((before, after), []).append(_cause(cause))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {_FIRST[role].name}"]
    lines += [f"    {a.name} --> {b.name}: {', '.join(c)}" for (a, b), c in causes.items()]
    return "\n".join([*lines, "    ENDED --> [*]", "```"])


def _cause(cause: Cause) -> str:
    if isinstance(cause, Step):
        return f"({cause.name.lower().replace('_', ' ')})"
    return wire_name(next(cls for cls in codec.LAYOUTS if cls.type == cause))


# messages


def messages() -> str:
    rows = sorted(codec.LAYOUTS, key=lambda cls: cls.type)
    head = ("type", "name", "from", "payload")
    return table(
        head,
        ((f"{c.type:02X}", wire_name(c), _from(c.type), _payload(codec.LAYOUTS[c])) for c in rows),
    )


def entry() -> str:
    return f"entry = {_payload(codec.ENTRY)}"


def _from(type_: int) -> str:
    readers = {type(state) for state, cause in CHANGES if cause == type_}
    return {(True, False): "C", (False, True): "S"}.get(
        (ServerState in readers, ClientState in readers), "both"
    )


def _payload(layout: lay.Layout[Any]) -> str:
    names = [field.name for field in dataclasses.fields(layout.cls)]
    parts = (f"{_kind(kind)} {name}" for kind, name in zip(layout.fields, names, strict=True))
    return ", ".join(parts) or "empty"


def _kind(field: lay.Field) -> str:
    match field:
        case lay.Number(size=size, low=low, high=high):
            bounds = f"({low}..{'' if high is None else high})" if low or high is not None else ""
            return f"u{8 * size}{bounds}"
        case lay.Fixed(length=length):
            return f"b[{length}]"
        case lay.Text(high=high):
            return f"s8(0..{high})"
        case lay.Name():
            return f"s8(1..{MAX_NAME})"
        case lay.Blob(low=low, high=high):
            return f"v16({low}..{high})"
        case lay.Rest(low=low, high=high):
            return f"rest({low}..{high})"
        case lay.Listed(count=count, item=item):
            return f"{_kind(count)} n, n × {_kind(item)}"
        case lay.Optional(item=item):
            return f"{_kind(item)} or nothing:"
        case _:
            return "entry"


def codes(enum: type[IntEnum]) -> str:
    return table(("code", "name"), ((str(code.value), code.name) for code in enum))


# commands, settings, events


def options(command: str) -> str:
    shown = [a for a in parser_of(command)._actions if "--help" not in a.option_strings]
    return table(("option", "meaning"), (_option(action) for action in shown))


def _option(action: argparse.Action) -> tuple[str, str]:
    words = action.option_strings or [str(action.metavar)]
    value = "" if action.nargs == 0 or not action.option_strings else f" {_value(action)}"
    text = (action.help or "") % {"default": action.default}
    return ", ".join(f"`{word}{value}`" for word in words), text.replace("|", "\\|")


def _value(action: argparse.Action) -> str:
    return str(action.metavar or "|".join(map(str, action.choices or [action.dest.upper()])))


def commands() -> str:
    return table(
        ("command", "what it does"), ((f"`{n}`", line) for n, (_, line) in COMMANDS.items())
    )


def limits() -> str:
    """The limits of a server, as settings.py has them: name, default, reason."""
    wanted = ("AdmissionLimits", "SessionLimits", "RelayLimits", "TransferLimits")
    source = SETTINGS.read_text(encoding="utf-8")
    rows = (
        row
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name in wanted
        for row in _fields(node, source.splitlines())
    )
    return table(("limit", "default", "unit or reason"), rows)


def _fields(cls: ast.ClassDef, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            name = f"{cls.name.removesuffix('Limits').lower()}.{ast.unparse(node.target)}"
            reason = lines[node.lineno - 1].partition("#")[2].strip()
            yield f"`{name}`", f"`{ast.unparse(node.value)}`", reason


def events(union: object, special: dict[type, str] | None = None) -> str:
    """The JSON events of a program, by the fields of what it announces."""
    rows: dict[str, str] = {}
    for kind in typing.get_args(union):
        said = (special or {}).get(kind, ", ".join(map(_json_field, dataclasses.fields(kind))))
        if kind.event and said:
            rows[kind.event] = said
    return table(("event", "fields"), ((f"`{event}`", said) for event, said in rows.items()))


def _json_field(field: dataclasses.Field[Any]) -> str:
    kind = {bool: ": boolean", int: ": number", float: ": number"}.get(field.type, "")  # type: ignore[arg-type]
    return f"{field.name}{kind}"


_OTHERWISE = {
    views.Message: "id, from: {name, address, fingerprint, trust}, to, text, envelope",
    views.Undelivered: "id: string or null, to: string or null, text, reason, hint?",
    views.Rejected: "",  # the same event: a line that was not sent at all, with its hint
}

# errors


def errors() -> str:
    rows = ((str(r.code), _cell(r.what), _cell(r.why), _cell(r.hint)) for r in error_table.texts())
    return table(("exit", "what happened", "why", "hint"), rows)


def _cell(text: str) -> str:
    """One line without code marks: an example in a hint is none that works as it stands."""
    text = re.sub(r"\s*\n\s*", "; ", text.replace("`", "").replace("|", "\\|"))
    return re.sub("…+", "…", text)


def refusals() -> str:
    """Why a server ends a login or a session, by the alert that it sends."""
    rows = (
        (str(kind.exit_code), AlertCode(code).name, why, hint)
        for code, (kind, why, hint) in endings.REFUSALS.items()
    )
    return table(("exit", "alert", "why", "hint"), rows)


def upload_refusals() -> str:
    rows = (
        (ErrorCode(code).name, why, hint) for code, (why, hint) in upload_errors.REASONS.items()
    )
    return table(("code", "why", "hint"), rows)


def file_hints() -> str:
    rows = ((os.strerror(number), hint) for number, hint in file_errors.HINTS.items())
    return table(("why", "hint"), rows)


# metrics


def metrics() -> str:
    """What a collector finds: each family with its labels."""
    names = typing.get_type_hints(Metrics)
    source = Source(
        Metrics(**{name: _SHOWN.get(kind, {"…": 0}) for name, kind in names.items()}),
        WorkerLoad(0, 0, 0, 0.0),
        {},
    )
    rows = (
        (f"`rsachat_{family.name}`", family.kind, _labels(family.samples(source)), family.help)
        for family in FAMILIES
    )
    return table(("metric", "type", "label", "meaning"), rows)


_SHOWN: dict[object, Any] = {int: 0, float: 0.0}


def _labels(samples: Samples) -> str:
    return ", ".join(sorted({f"`{label[0]}`" for label in samples if label is not None}))


PARTS: dict[str, Callable[[], str]] = {
    "server-states": lambda: state_diagram(ServerState),
    "client-states": lambda: state_diagram(ClientState),
    "messages": messages,
    "entry": entry,
    "alert-codes": lambda: codes(AlertCode),
    "error-codes": lambda: codes(ErrorCode),
    "commands": commands,
    "server-options": lambda: options("server"),
    "limits": limits,
    "metrics": metrics,
    "server-events": lambda: events(notices.Notice),
    "errors": errors,
    "refusals": refusals,
    "upload-refusals": upload_refusals,
    "file-hints": file_hints,
    "client-events": lambda: events(views.View, _OTHERWISE),
}


def regenerated(text: str) -> str:
    """`text` with every generated part as the code says it now."""

    def fresh(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- generated: {name} -->\n{PARTS[name]()}\n<!-- end -->"

    return _BLOCK.sub(fresh, text)


def main() -> None:
    for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        old = path.read_text(encoding="utf-8")
        new = regenerated(old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} is up to date again")


if __name__ == "__main__":
    main()
