"""The commands that documents and helps show: what a reader can type, and where it stands.

A block of code without a language is one to type if any line of it starts a program of this
project; then every line of it is a command. A block with a language is a file (recipes.md). In a
sentence, code that starts such a program is a command too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rsachat import cli
from rsachat.cli import COMMANDS, parser_of
from tests.support.transcript import ROOT

DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROGRAM = r"(?:rsachat|\./rsachat|make|(?:\.venv/bin/)?python|pip install) "
_TYPED = re.compile(rf"(?:^|\| |&& |; |\$\(|\b\w+=\S* ){_PROGRAM}")
_FORM = re.compile(r"[A-Z]+(?::[A-Z]+)?")


def in_text(text: str) -> list[str]:
    """Every command of a document, in its order."""
    found = [line for block in _blocks(text) for line in block]
    sentences = _BLOCK.sub("", text)
    code = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", sentences))
    return found + [span for span in code if _TYPED.search(span)]


def _blocks(text: str) -> Iterator[list[str]]:
    for language, body in _BLOCK.findall(text):
        lines = [bare(line) for line in body.splitlines()]
        if not language and any(map(_TYPED.search, lines)):
            yield [line for line in lines if line]


def files_in(text: str) -> list[str]:
    """The blocks in a language, but for pictures."""
    return [body for language, body in _BLOCK.findall(text) if language not in ("", "mermaid")]


def bare(line: str) -> str:
    """A line of a shell without its comment."""
    return re.split(r"(?:^|\s)#\s", line)[0].strip()


def in_help(text: str) -> list[str]:
    """The examples at the end of a help."""
    return [bare(line) for line in text.partition("examples:\n")[2].splitlines()]


def helps() -> dict[str, list[str]]:
    """The examples of every command, and of `rsachat --help` under "rsachat"."""
    shown = {name: in_help(parser_of(name).format_help()) for name in COMMANDS}
    return shown | {"rsachat": in_help(cli.overview())}


def is_filled_by(form: str, commands: Sequence[str]) -> bool:
    """Whether `form` is one of the commands with words like NAME or HOST:PORT for some of it."""
    words = (r"\S+" if _FORM.fullmatch(word) else re.escape(word) for word in form.split())
    pattern = re.compile(" ".join(words))
    return any(pattern.fullmatch(command) for command in commands)


def is_name(text: str, commands: Sequence[str]) -> bool:
    """Whether a sentence only names what some command begins with: no options, no values."""
    words = text.split()
    plain = all(re.fullmatch("[a-z.][a-z./-]*", word) for word in words) and len(words) <= 3
    return plain and any(command.split()[: len(words)] == words for command in commands)


def all_shown() -> dict[str, str]:
    """Each command that is shown, and the first place where it stands."""
    places = {path.name: in_text(path.read_text(encoding="utf-8")) for path in DOCUMENTS}
    places |= {f"help {name}": lines for name, lines in helps().items()}
    shown: dict[str, str] = {}
    for place, commands in places.items():
        for command in commands:
            shown.setdefault(command, place)
    return shown
