"""The frozen bytes of every message, read from tests/vectors/messages.json."""

import json
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rsachat.protocol import messages as m

FILE = Path(__file__).resolve().parent.parent / "vectors" / "messages.json"


@dataclass(frozen=True)
class MessageVector:
    name: str
    type: int
    message: m.Message
    payload: bytes


def message_vectors() -> list[MessageVector]:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return [
        MessageVector(
            f"{row['message']}-{number}",
            row["type"],
            _build(getattr(m, row["message"]), row["fields"]),
            bytes.fromhex(row["payload"]),
        )
        for number, row in enumerate(rows)
    ]


def _build(cls: Any, values: dict[str, Any]) -> Any:
    kinds = typing.get_type_hints(cls)
    assert values.keys() == {field.name for field in fields(cls)}
    return cls(**{name: _value(kinds[name], value) for name, value in values.items()})


def _value(kind: Any, value: Any) -> Any:
    """A JSON value as the attribute's type wants it: bytes stand there as hex."""
    if kind is bytes:
        return bytes.fromhex(value)
    if isinstance(value, list):
        return tuple(_value(typing.get_args(kind)[0], item) for item in value)
    return _build(m.Entry, value) if isinstance(value, dict) else value
