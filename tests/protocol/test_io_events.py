"""Events and actions are data: frozen, without behaviour, comparable."""

import dataclasses
from typing import Any

import pytest

from rsachat.crypto.jobs import Priority
from rsachat.protocol import io_events

CLASSES: list[Any] = [
    value
    for value in vars(io_events).values()
    if isinstance(value, type) and value.__module__ == io_events.__name__
]
FROZEN_TO_MYPY = (io_events.BytesReceived, io_events.SendBytes)
"""Made for every message: tests/protocol/test_quick_data.py holds what refuses to change them."""


def example(cls: Any) -> Any:
    """An instance with a value for each field."""
    return cls(*[object() for _ in dataclasses.fields(cls)])


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_it_is_frozen_data(cls: Any) -> None:
    item = example(cls)
    assert not hasattr(item, "__dict__")
    if cls not in FROZEN_TO_MYPY:
        refuses_change(item)
    own = {name for name in vars(cls) if not name.startswith("_")}
    assert own == {field.name for field in dataclasses.fields(cls)}


def refuses_change(item: Any) -> None:
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError, AttributeError)):
        item.conn = 5


def test_equal_data_is_equal() -> None:
    assert io_events.Accepted(1, "1.2.3.4:5") == io_events.Accepted(1, "1.2.3.4:5")
    assert io_events.SendBytes(1, b"x") != io_events.SendBytes(2, b"x")


def test_what_is_left_out_is_the_usual() -> None:
    assert io_events.CloseConnection(1).linger
    assert io_events.SubmitJob(1, object(), Priority.BULK).queue == b""
