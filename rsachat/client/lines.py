"""What a typed line means: one pure function from a line to an intent.

It knows the grammar and nothing of sessions, rosters or screens. A text keeps every character
after the first separator, so `:`, `/`, `|`, backslashes and line breaks can all be sent.
"""

import ipaddress
import re
from dataclasses import dataclass

from rsachat.names import RULE, is_name
from rsachat.settings import WireLimits

MAX_TEXT = WireLimits().text
_LONGEST_NAMED = 20  # characters of a mistyped command that its error repeats
_ADDRESS = re.compile(r"(localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]):(\d{1,6})", re.ASCII)
_SEPARATOR = re.compile(r"[/\\]")
_BLANK = re.compile(r"\s")
_SURROGATES = re.compile("[\ud800-\udfff]")  # bytes of the terminal that were no UTF-8


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, listed by /help and completed by Tab."""

    name: str
    argument: str
    help: str


COMMANDS = (
    Command("/to", "WHO", "send plain lines to WHO from now on: a name, @name or address"),
    Command("/who", "", "list who is there"),
    Command("/verify", "WHO", "show both fingerprints as words, to compare by voice"),
    Command("/say", "TEXT", "send TEXT as it is to the one chosen (quit, /x, @x)"),
    Command("/help", "", "this list"),
    Command("/quit", "", "leave; so do quit, Ctrl+D and Ctrl+C"),
)
ADDRESSING = (
    Command("IP:PORT/text", "", "send text to one session (IP:PORT\\text as well)"),
    Command("@name text", "", "send text to every session of that person"),
)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class ToAddress:
    """A text for the one session at `address`, in canonical form."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class ToName:
    """A text for every session of the identity `name` (without the @)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ToChosen:
    """A plain line for whom `/to` chose."""

    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """A text for whom `/to` chose that was not to be read as anything else."""

    text: str


@dataclass(frozen=True, slots=True)
class Choose:
    """Plain lines shall go to `who`: a canonical address, or `@name`."""

    who: str


@dataclass(frozen=True, slots=True)
class Who:
    """List who is there."""


@dataclass(frozen=True, slots=True)
class Verify:
    """Show the fingerprints of oneself and of `who`: a canonical address, or `@name`."""

    who: str


@dataclass(frozen=True, slots=True)
class Help:
    """List what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave the chat."""


@dataclass(frozen=True, slots=True)
class NotAddressed:
    """A text with nobody to go to; not sent."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that means nothing that can be done, and why."""

    reason: str


Intent = (
    Nothing
    | ToAddress
    | ToName
    | ToChosen
    | Say
    | Choose
    | Who
    | Verify
    | Help
    | Quit
    | NotAddressed
    | Bad
)


def parse_line(line: str, chosen: str | None) -> Intent:
    """The intent behind `line`; `chosen` is whom plain lines go to, None for nobody."""
    line = _SURROGATES.sub("\ufffd", line)
    bare = line.strip()
    if not bare:
        return Nothing()
    if bare == "quit":
        return Quit()
    if line.startswith("/"):
        return _command(line, chosen)
    if line.startswith("@"):
        return _to_name(line)
    return _to_address(line) or _plain(line, line, chosen, ToChosen)


def parse_who(text: str) -> str | None:
    """WHO in canonical form, `@name` or an address; None if `text` is neither."""
    text = text.strip()
    name = text.removeprefix("@")
    if is_name(name):
        return f"@{name}"
    return parse_address(text)


def parse_address(text: str) -> str | None:
    """`1.2.3.4:5` or `[v6]:5` as the protocol writes it, `localhost` being 127.0.0.1; or None."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    host, port = match[1].strip("[]"), int(match[2])
    try:
        ip = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
    if not 1 <= port <= 65_535 or (ip.version == 6) != match[1].startswith("["):
        return None
    if ip.version == 6 and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"


def text_problem(text: str) -> str | None:
    """Why `text` cannot be a message, None if it can."""
    if not text.strip():
        return "there is no text to send"
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_TEXT:
        return f"the text is too long: {size:,} bytes, at most {MAX_TEXT:,} can be sent"
    return None


def _command(line: str, chosen: str | None) -> Intent:
    word, _, rest = _split(line)
    argument = rest.strip()
    match word:
        case "/quit" | "/who" | "/help" if argument:
            return Bad(f"{word} stands alone")
        case "/quit":
            return Quit()
        case "/who":
            return Who()
        case "/help":
            return Help()
        case "/to" | "/verify":
            who = parse_who(argument)
            if who is None:
                return Bad(f"{word} needs a name, @name or address")
            return Choose(who) if word == "/to" else Verify(who)
        case "/say":
            return _plain(rest, line, chosen, Say)
        case _:
            named = word if len(word) <= _LONGEST_NAMED else word[:_LONGEST_NAMED] + "…"
            return Bad(f"there is no command {named}; /help lists them, /say sends it as text")


def _plain(text: str, line: str, chosen: str | None, kind: type[ToChosen] | type[Say]) -> Intent:
    problem = text_problem(text)
    if problem is not None:
        return Bad(problem)
    return NotAddressed() if chosen is None else kind(text)


def _to_name(line: str) -> Intent:
    word, separator, text = _split(line)
    name = word[1:]
    if not is_name(name):
        return Bad(f"@ needs a name, a space and the text; {RULE}")
    problem = text_problem(text) if separator else "there is no text to send"
    return Bad(problem) if problem is not None else ToName(name, text)


def _to_address(line: str) -> Intent | None:
    """The intent of `IP:PORT/text`, None if the line does not begin with an address."""
    separator = _SEPARATOR.search(line)
    if separator is None or not _ADDRESS.fullmatch(head := line[: separator.start()].strip()):
        return None
    address = parse_address(head)
    if address is None:
        return Bad("that is no address: it takes an IP, a colon and a port of 1 to 65535")
    text = line[separator.end() :]
    problem = text_problem(text)
    return Bad(problem) if problem is not None else ToAddress(address, text)


def _split(line: str) -> tuple[str, str, str]:
    """The first word, the one blank after it, and the untouched rest."""
    blank = _BLANK.search(line)
    if blank is None:
        return line, "", ""
    return line[: blank.start()], blank[0], line[blank.end() :]
