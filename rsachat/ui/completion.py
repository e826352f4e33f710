"""What Tab completes: commands, names, addresses. Pure but for the adapter at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rsachat.client import views
from rsachat.client.lines import COMMANDS
from rsachat.names import is_name
from rsachat.protocol.safe_text import clean_name

_TAKES_WHO = tuple(f"{command.name} " for command in COMMANDS if command.argument == "WHO")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text to put in place of the last `replaces` characters, and a word about it."""

    text: str
    replaces: int
    about: str = ""


class People:
    """Who is there, as far as the views tell."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by address

    @property
    def names(self) -> list[str]:
        return sorted({name for name in self._names.values() if is_name(name)})

    @property
    def addresses(self) -> list[tuple[str, str]]:
        return sorted(self._names.items())

    def see(self, view: views.View) -> None:
        match view:
            case views.Roster(entries):
                self._names = {entry.address: entry.name for entry in entries if not entry.own}
            case views.Joined(name, address):
                self._names[address] = name
            case views.Left(_, address):
                self._names.pop(address, None)
            case _:
                pass


def candidates(before: str, people: People) -> Iterator[Candidate]:
    """What can stand for the text before the cursor, once completed."""
    for prefix in _TAKES_WHO:
        if before.startswith(prefix):
            yield from _who(before[len(prefix) :].lstrip(), people)
            return
    if not before or any(character.isspace() for character in before):
        return
    if before.startswith("/"):
        for command in COMMANDS:
            space = " " if command.argument else ""
            yield from _if_begins(command.name + space, before, command.help)
    elif before.startswith("@"):
        for name in people.names:
            yield from _if_begins(f"@{name} ", before)
    else:
        for address, name in people.addresses:
            yield from _if_begins(f"{address}/", before, name)


def _who(typed: str, people: People) -> Iterator[Candidate]:
    at = "@" if typed.startswith("@") else ""
    for name in people.names:
        yield from _if_begins(at + name, typed)
    for address, name in people.addresses:
        yield from _if_begins(address, typed, name)


def _if_begins(text: str, typed: str, about: str = "") -> Iterator[Candidate]:
    if text.startswith(typed) and text != typed:
        yield Candidate(clean_name(text).plain, len(typed), clean_name(about).plain)


class TabCompleter(Completer):
    """`candidates` for prompt_toolkit."""

    def __init__(self, people: People) -> None:
        self._people = people

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        for candidate in candidates(document.text_before_cursor, self._people):
            about = candidate.about or None
            yield Completion(candidate.text, -candidate.replaces, display_meta=about)
