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
    IDENTITY = "a key pair in the keys folder"
    CLIENT = "a public key in the keys folder"
    SERVER = "a server met before"
    PERSON = "a person met before"
    PIN = "either of them, a person as @name"
    FREE = "only a person knows"


NAMES = frozenset({Value.IDENTITY, Value.CLIENT, Value.SERVER, Value.PERSON, Value.PIN})
"""What the keys folder holds: looked up by the shell when Tab is pressed."""

LOOKED_UP = {
    ("client", "--name"): Value.IDENTITY,
    ("client", "--server"): Value.SERVER,
    ("client", "--to"): Value.PERSON,
    ("doctor", "--name"): Value.IDENTITY,
    ("doctor", "--server"): Value.SERVER,
    ("keys", "NAME"): Value.IDENTITY,
    ("revoke", "NAME"): Value.CLIENT,
    ("trust", "--name"): Value.IDENTITY,
    ("trust", "--server"): Value.SERVER,
    ("trust", "WHO"): Value.PIN,
    ("upload", "--name"): Value.IDENTITY,
    ("upload", "--server"): Value.SERVER,
}
"""The values that are names, by command and by the option, or the argument as help calls it."""


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
    words = [_words(name, action) for action in parser._actions]
    return Described(name, line, [w for w in words if w.names], [w for w in words if not w.names])


def _words(command: str, action: argparse.Action) -> Words:
    choices = [str(choice) for choice in action.choices or ()]
    metavar = str(action.metavar or action.dest.upper())
    text = (action.help or "") % {"default": action.default}
    names = (*action.option_strings, metavar)
    looked_up = (LOOKED_UP[command, name] for name in names if (command, name) in LOOKED_UP)
    value = next(looked_up, _value(action, metavar))
    many = action.nargs in ("*", "+")
    return Words(list(action.option_strings), value, metavar, choices, text, many)


def _value(action: argparse.Action, metavar: str) -> Value:
    if action.nargs == 0:
        return Value.NONE
    if metavar == "DIR":
        return Value.FOLDER
    return Value.FILE if metavar in _FILES else Value.FREE
