"""What a shell can complete of a command, read off its argparse parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

_FILES = ("FILE", "SOURCE")


class Value(Enum):
    """What completes a value, where no choices do."""

    NONE = "there is no value"
    FILE = "a file"
    FOLDER = "a folder"
    FREE = "only a person knows"


@dataclass(frozen=True, slots=True)
class Words:
    """An option (`names` begin with a dash) or a positional argument (no names).

    `many` is for an argument that may stand several times.
    """

    names: Sequence[str]
    value: Value
    metavar: str
    choices: Sequence[str]
    help: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """One command: its options, and its arguments in their order."""

    name: str
    help: str
    options: Sequence[Words]
    arguments: Sequence[Words]


def describe(name: str, line: str, parser: argparse.ArgumentParser) -> Described:
    """The command `name`, with `line` of help, as its parser has it."""
    words = [_words(action) for action in parser._actions]
    return Described(name, line, [w for w in words if w.names], [w for w in words if not w.names])


def _words(action: argparse.Action) -> Words:
    choices = [str(choice) for choice in action.choices or ()]
    metavar = str(action.metavar or action.dest.upper())
    text = (action.help or "") % {"default": action.default}
    value = _value(action, metavar)
    many = action.nargs in ("*", "+")
    return Words(list(action.option_strings), value, metavar, choices, text, many)


def _value(action: argparse.Action, metavar: str) -> Value:
    if action.nargs == 0:
        return Value.NONE
    if metavar == "DIR":
        return Value.FOLDER
    return Value.FILE if metavar in _FILES else Value.FREE
