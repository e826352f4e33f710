"""`rsachat upload`: which files, under which names, as whom, to which server."""

from __future__ import annotations

import argparse
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rsachat.commands.options import (
    add_json_option,
    add_keys_options,
    add_plain_option,
    add_server_options,
    examples,
    keystore_of,
    passwords_of,
    server_of,
)
from rsachat.errors import RsachatError, UsageError

if TYPE_CHECKING:
    from rsachat.client.upload_session import Wish
    from rsachat.commands.deliver import Outcomes
    from rsachat.runtime.keystore import Keystore
    from rsachat.runtime.upload_shell import Source

STDIN = "-"
CLASSIC = {"source.txt": "target.txt"}
"""The original program's pair of names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="the file to deliver, or several, one after the other; - is standard input",
    )
    parser.add_argument(
        "--as",
        dest="target",
        metavar="NAME",
        help="the name it gets there, for a single SOURCE (default: its own; source.txt becomes "
        "target.txt)",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="replace another file of that name on the server (default: refuse)",
    )
    _add_ways(parser)
    parser.add_argument(
        "--name",
        help="the identity to use (default: the one that joined last, else client, else the only "
        "one in the keys folder)",
    )
    add_server_options(parser)
    add_json_option(parser)
    add_plain_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat upload source.txt",
        "rsachat upload report.pdf photo.jpg --server example.org:8000",
        "rsachat upload notes.txt --as notes-today.txt --replace",
        "tar c photos | rsachat upload - --as backup.tar --envelope",
        "rsachat upload report.pdf --receipt report.receipt",
    )


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """How it is sent, and what is kept of it."""
    parser.add_argument(
        "--envelope",
        action="store_true",
        help="one RSA-wrapped key and AES in segments of 64 KiB: seconds for a big file (default: "
        "each 256 bytes a ciphertext of its own under RSA)",
    )
    parser.add_argument(
        "--receipt",
        metavar="FILE",
        type=Path,
        help="keep the server's signed receipt there, for rsachat verify-receipt; with several "
        "SOURCEs a folder, NAME.receipt in it for each (default: it is checked and not kept)",
    )
    parser.add_argument(
        "--no-retry",
        dest="retry",
        action="store_false",
        help="end when the connection is lost (default: try again for two minutes)",
    )


def run(args: argparse.Namespace) -> int:
    _check_usage(args)
    host, port = server_of(args)

    from rsachat.client.upload_session import UploadLogin
    from rsachat.commands.deliver import Delivery, Outcomes, deliver
    from rsachat.commands.own_identity import open_client
    from rsachat.commands.receipts import ReceiptKeeper
    from rsachat.commands.server_trust import server_pin
    from rsachat.runtime.addresses import host_port
    from rsachat.runtime.client_shell import Target

    store = keystore_of(args)
    outcomes = Outcomes([])
    receipts = ReceiptKeeper(args.receipt, several=len(args.sources) > 1) if args.receipt else None
    with ExitStack() as ends:
        sources = list(_sources(args, store, outcomes, ends))
        if not sources:
            return outcomes.code
        identity = open_client(args, store, passwords_of(args), args.name)
        target = Target(host, port)
        pin = server_pin(args, store, identity.private, target)
        login = UploadLogin(identity.private, identity.name, host_port(host, port), pin)
        outcomes.pending = _wishes(args, sources)
        delivery = Delivery(
            login,
            target,
            store.folder,
            sources,
            receipts,
            args.retry,
            args.json,
            args.quiet,
            args.plain,
            args.debug,
        )
        deliver(delivery, outcomes, os.environ)
    return outcomes.code


def _check_usage(args: argparse.Namespace) -> None:
    if "" in args.sources:
        raise UsageError("a SOURCE is empty", hint="is a variable in the command unset?")
    if len(args.sources) > 1 and args.target is not None:
        raise UsageError("--as names a single file", hint="upload the files one by one")
    if STDIN not in args.sources:
        return
    if len(args.sources) > 1:
        raise UsageError("- stands alone", hint="upload the other files in another command")
    if args.target is None:
        raise UsageError("standard input has no name", hint="--as NAME gives it one")


def _wishes(args: argparse.Namespace, sources: Sequence[Source]) -> list[Wish]:
    from rsachat.client.upload_session import Wish
    from rsachat.protocol.transfer import Mode

    mode = Mode.ENVELOPE if args.envelope else Mode.RSA_CHUNKS
    return [Wish(i, source.target, args.replace, mode) for i, source in enumerate(sources)]


def _sources(
    args: argparse.Namespace, store: Keystore, outcomes: Outcomes, ends: ExitStack
) -> Iterator[Source]:
    """What can be offered; what cannot is said, and does not stop the rest."""
    from rsachat.commands.deliver import say_failed, say_failed_json

    for word in args.sources:
        try:
            yield _source(args, word, store, ends)
        except RsachatError as error:
            if args.json:
                say_failed_json(word, args.target or word, error)
            say_failed(error, outcomes, os.environ, debug=args.debug)


def _source(args: argparse.Namespace, word: str, store: Keystore, ends: ExitStack) -> Source:
    from rsachat.commands.speak import say
    from rsachat.runtime.sources import SourceFile, spooled
    from rsachat.runtime.transfers import FOLDER
    from rsachat.runtime.upload_shell import Source

    target = target_name(word, args.target)
    if word != STDIN:
        file = SourceFile(Path(word), word)
        file.open()
        return Source(file, target)
    say(args, "reading standard input to its end first; this upload cannot be gone on with later")
    path = ends.enter_context(spooled(sys.stdin.buffer, store.folder / FOLDER))
    return Source(SourceFile(path, "standard input"), target, lasting=False)


def target_name(word: str, wish: str | None) -> str:
    """The name that SOURCE `word` gets on the server, in NFC. Raises RsachatError."""
    from rsachat.protocol.safe_names import NameRefused, check_stored_name

    own = os.path.basename(os.path.abspath(word))
    name = unicodedata.normalize("NFC", wish if wish is not None else CLASSIC.get(own, own))
    try:
        return check_stored_name(os.fsencode(name))
    except NameRefused as refused:
        raise RsachatError(
            f"{word} cannot be stored under the name {name}",
            why=str(refused),
            hint="choose another name with --as NAME",
        ) from refused
