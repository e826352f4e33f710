"""Which commands there are, and the parser of each; a command's module is loaded when asked for.

The command line looks a command up here, and so does `completion`, which needs them all.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own takes longer to load than all the rest of --version
if TYPE_CHECKING:
    import argparse
    from typing import Protocol

    from rsachat.commands.options import Parser

    class Command(Protocol):
        """What each module of rsachat.commands offers."""

        def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
        def run(self, args: argparse.Namespace) -> int: ...


COMMANDS = {
    "server": ("rsachat.commands.server", "relay messages and receive files"),
    "client": ("rsachat.commands.client", "talk to others over a server"),
    "keygen": ("rsachat.commands.keygen", "make RSA identities"),
    "keys": ("rsachat.commands.keys", "list the keys folder, change a key's password"),
    "authorize": ("rsachat.commands.authorize", "let a public key in to this machine's server"),
    "revoke": ("rsachat.commands.revoke", "let nobody in by a name any more"),
    "invite": ("rsachat.commands.invite", "invite somebody to this machine's server"),
    "join": ("rsachat.commands.join", "join a server by an invitation"),
    "upload": ("rsachat.commands.upload", "deliver files to a server, in encrypted chunks"),
    "verify-receipt": (
        "rsachat.commands.verify_receipt",
        "check a kept receipt against a file, without the server",
    ),
    "trust": ("rsachat.commands.trust", "list the pinned keys, accept a changed one"),
    "doctor": ("rsachat.commands.doctor", "look at keys, port, disk and server, say what to do"),
    "completion": (
        "rsachat.commands.completion",
        "print a script that completes commands in a shell",
    ),
    "licenses": ("rsachat.commands.licenses", "tell what is inside, and under which licences"),
    "demo": ("rsachat.commands.demo", "show the whole thing at work, in a scratch folder"),
}
"""Name: the module with add_arguments(parser) and run(args), and one line of help."""


def parser_of(name: str) -> Parser:
    """The parser of one command, its module loaded for it."""
    from importlib import import_module

    from rsachat.commands.options import make_parser

    module, line = COMMANDS[name]
    parser = make_parser(f"rsachat {name}", description=f"{line[0].upper()}{line[1:]}.")
    command: Command = import_module(module)
    command.add_arguments(parser)
    parser.set_defaults(run=command.run)
    return parser
