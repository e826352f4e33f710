"""What several commands share: common options, the parser they stand in, what they mean.

Loads no cryptography and no drawing before an option is put to use.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rsachat.errors import UsageError

if TYPE_CHECKING:
    from rsachat.runtime.keystore import Keystore
    from rsachat.runtime.passwords import Passwords

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
SERVER_VARIABLE = "RSACHAT_SERVER"


_SAID = (
    (r"the following arguments are required: (.+)", r"missing: \1"),
    (r"argument (\S+): expected .*", r"\1 needs a value"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 and \2 do not go together"),
    (r"argument (\S+): invalid \w+ value: (.+)", r"\1 takes no \2"),
    (r"argument (\S+): (.+)", r"\1: \2"),
)
"""What argparse says, and how it is said here."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, and names the option that was meant."""

    def error(self, message: str) -> NoReturn:
        for pattern, said in _SAID:
            if match := re.fullmatch(pattern, message, re.DOTALL):
                message = match.expand(said)
                break
        raise UsageError(message, hint=f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if not choices or str(value) in choices:
            return
        option = action.option_strings[-1:]
        what = f"{option[0]} takes no '{value}'" if option else f"no {action.dest} '{value}' here"
        *others, last = choices
        why = f"it is {', '.join(others)} or {last}" if others else f"it can only be {last}"
        raise UsageError(what, why=why, hint=self._near(str(value), choices))

    def parse_args(  # type: ignore[override]  # one form of the two that argparse has is used
        self, args: list[str], namespace: None = None
    ) -> argparse.Namespace:
        found, extra = self.parse_known_args(args, namespace)
        if extra:
            raise UsageError(f"no place for {extra[0]} here", hint=self._meant(extra[0]))
        return found

    def _meant(self, word: str) -> str:
        known = [text for action in self._actions for text in action.option_strings]
        return self._near(word.partition("=")[0], known)

    def _near(self, word: str, known: Sequence[str]) -> str:
        from difflib import get_close_matches

        near = get_close_matches(word, known, n=1)
        return f"did you mean {near[0]}?" if near else f"{self.prog} --help"


def make_parser(prog: str, description: str) -> Parser:
    """An empty parser with the options that every command has."""
    parser = Parser(
        prog=prog,
        description=description,
        allow_abbrev=False,
        add_help=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = parser.add_argument_group("common options")
    common.add_argument("-h", "--help", action="help", help="print this help")
    common.add_argument("-q", "--quiet", action="store_true", help="no notices, only errors")
    common.add_argument(
        "--debug", action="store_true", help="with an error, print its traceback (no secrets)"
    )
    return parser


def examples(*lines: str) -> str:
    """The end of a help text."""
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="results as one JSON object a line")


def add_plain_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plain", action="store_true", help="plain lines: no colour, no live drawing"
    )


def add_keys_options(parser: argparse.ArgumentParser) -> None:
    """--keys and --password-file, for keystore_of() and passwords_of()."""
    group = add_keys_folder_option(parser)
    group.add_argument(
        "--password-file",
        metavar="FILE",
        type=Path,
        help="its first line is the key's password (default: $RSACHAT_PASSWORD, else asked for)",
    )


def add_keys_folder_option(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """--keys alone, for a command that opens no private key; the group it is in."""
    group = parser.add_argument_group("keys")
    group.add_argument(
        "--keys",
        metavar="DIR",
        help="the keys folder (default: $RSACHAT_KEYS, else ./keys where it is there, else "
        "~/.config/rsachat/keys where it is there, else ./keys)",
    )
    return group


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """--server, --fingerprint and --server-key, for server_of() and named_fingerprint()."""
    group = parser.add_argument_group("server")
    group.add_argument(
        "--server",
        metavar="HOST[:PORT]",
        help=f"where the server is (default: ${SERVER_VARIABLE}, else the one joined last, else "
        f"{DEFAULT_HOST}:{DEFAULT_PORT}; IPv6 as [::1]:8000)",
    )
    proof = group.add_mutually_exclusive_group()
    proof.add_argument(
        "--fingerprint",
        metavar="FP",
        help="accept only the server with this fingerprint (default: the pinned one)",
    )
    proof.add_argument(
        "--server-key",
        metavar="FILE",
        type=Path,
        help="accept only the server with this public key (default: the pinned one)",
    )


def server_of(args: argparse.Namespace) -> tuple[str, int]:
    """Host and port of the server that is meant. Raises UsageError, KeyFileError."""
    named = args.server or os.environ.get(SERVER_VARIABLE)
    return parse_server(named or _remembered_server(args) or DEFAULT_HOST)


def _remembered_server(args: argparse.Namespace) -> str:
    from rsachat.runtime.defaults import read_defaults

    return read_defaults(_folder(args)).server


def parse_server(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT`, `[v6]` or `[v6]:PORT`; a bare IPv6 address too. Raises UsageError."""
    host, port = _split(text)
    bad = not host or any(c.isspace() or not c.isprintable() or c in "[]/@#?" for c in host)
    if bad or (":" in host and not _is_ipv6(host)):
        hint = "for example example.org, 127.0.0.1:8000 or [::1]:8000"
        raise UsageError(f"'{text}' is no server address", hint=hint)
    return host.lower(), parse_port(port) if port is not None else DEFAULT_PORT


def parse_port(text: str, lowest: int = 1) -> int:
    """A port number. Raises UsageError."""
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:6]) <= 65535):
        why = f"ports are {lowest} to 65535"
        raise UsageError(f"'{text}' is no port", why=why, hint="for example 8000")
    return int(text)


def _split(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")) or ":" not in host:
            return "", None
        return host, rest[1:] if rest else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _is_ipv6(host: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True


def keystore_of(args: argparse.Namespace) -> Keystore:
    """The keys folder that is meant, whether it is there or not."""
    from rsachat.runtime.keystore import Keystore

    return Keystore(_folder(args), by_option=args.keys is not None)


def _folder(args: argparse.Namespace) -> Path:
    from rsachat.runtime.key_files import resolve_folder

    return resolve_folder(args.keys, os.environ, home())


def home() -> Path:
    """The user's own folder."""
    return Path(os.path.expanduser("~"))


def command_in(folder: Path, *words: str) -> str:
    """A command for a keys folder as it is to be typed here."""
    import shlex

    from rsachat.runtime.key_files import resolve_folder

    default = resolve_folder(None, os.environ, home())
    keys = () if default == folder else ("--keys", str(folder))
    return shlex.join(["rsachat", *words, *keys])


def passwords_of(args: argparse.Namespace) -> Passwords:
    """Where this command's passwords come from; the variable was taken at the start."""
    from rsachat.runtime.passwords import Passwords
    from rsachat.ui import ask
    from rsachat.ui.opening import opening_key

    return Passwords(
        file=args.password_file,
        variable=args.password_variable,
        ask=ask.password if ask.can_ask() else None,
        opening=partial(opening_key, sys.stderr, os.environ, quiet=args.quiet),
    )


def named_fingerprint(args: argparse.Namespace) -> bytes | None:
    """What --fingerprint or --server-key says (32 bytes). Raises UsageError, KeyFileError."""
    if args.server_key is not None:
        from rsachat.runtime.keystore import load_public

        return load_public(args.server_key).fingerprint
    if args.fingerprint is None:
        return None
    from rsachat.crypto.fingerprint import parse_fingerprint

    try:
        return parse_fingerprint(args.fingerprint)
    except ValueError as error:
        hint = "it has 52 letters and digits, in groups of four: rsachat keys shows it"
        raise UsageError("--fingerprint names no fingerprint", hint=hint) from error
