"""Data of which one is made for every message: frozen to the type checker alone.

A dataclass that is frozen at run time sets each attribute through a check, and that is most of
what making one costs.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def quick_data(cls: type[T]) -> type[T]:
    """A dataclass with slots, hashed by its values; mypy refuses to change one."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
