"""`rsachat server`: what its options mean, and the screen and the log that it runs with."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rsachat.commands import amount_options as amount
from rsachat.commands.options import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    add_json_option,
    add_keys_options,
    add_plain_option,
    examples,
    keystore_of,
    parse_port,
    passwords_of,
)
from rsachat.errors import RsachatError, UsageError
from rsachat.settings import ServerSettings

if TYPE_CHECKING:
    from rsachat.runtime.loop import Loop
    from rsachat.ui.log_file import LogFile
    from rsachat.ui.server_screen import ServerScreen

DEFAULT_UPLOADS = Path("uploads")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default=DEFAULT_HOST, help="the address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        default=DEFAULT_PORT,
        type=lambda text: parse_port(text, lowest=0),
        help="the port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        help="admit every key, not only authorized ones (default: off)",
    )
    parser.add_argument(
        "--workers",
        type=amount.count,
        metavar="N",
        help="processes for RSA (default: one for each core)",
    )
    _add_operating_options(parser)
    _add_upload_options(parser)
    _add_chat_options(parser)
    add_json_option(parser)
    add_plain_option(parser)
    add_keys_options(parser)
    parser.epilog = examples(
        "rsachat server",
        "rsachat server --host 0.0.0.0 --port 9000 --log-file rsachat.log",
        "rsachat server --open --json",
        "rsachat server --metrics 127.0.0.1:9464",
        "rsachat server --print-systemd --uploads-mode 0640",
    )


def _add_operating_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("operation")
    group.add_argument(
        "--log-file", type=Path, metavar="FILE", help="append the notices to FILE (default: no log)"
    )
    group.add_argument(
        "--log-max-size",
        type=amount.size,
        default=amount.size("10MiB"),
        metavar="SIZE",
        help="the log becomes FILE.1 before it is longer than this, 0 for never (default: 10MiB)",
    )
    group.add_argument(
        "--log-keep",
        type=amount.count,
        default=5,
        metavar="N",
        help="older logs that are kept, FILE.1 to FILE.N (default: %(default)s)",
    )
    group.add_argument(
        "--metrics",
        type=_metrics_address,
        metavar="HOST:PORT",
        help="numbers for Prometheus, as /metrics at this address; a loopback one keeps them on "
        "this machine (default: off)",
    )
    group.add_argument(
        "--print-systemd",
        action="store_true",
        help="print a systemd unit that runs the server in a sandbox, with the other options given",
    )


def _metrics_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` or `[v6]:PORT`; port 0 for any free one. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not (colon and host):
        raise UsageError(f"'{text}' is no address", hint="--metrics 127.0.0.1:9464, for example")
    return host.strip("[]"), parse_port(port, lowest=0)


def _add_upload_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("uploads")
    group.add_argument(
        "--uploads",
        type=Path,
        default=DEFAULT_UPLOADS,
        metavar="DIR",
        help="where files are stored (default: ./uploads)",
    )
    for option, default, what in (
        ("--max-rsa-file", "64MiB", "the largest file in RSA chunks"),
        ("--max-file", "4GiB", "the largest file in any mode"),
        ("--quota-client", "8GiB", "bytes stored for one client"),
        ("--quota-total", "32GiB", "bytes stored in all"),
    ):
        group.add_argument(
            option,
            type=amount.size,
            default=amount.size(default),
            metavar="SIZE",
            help=f"{what} (default: {default})",
        )
    group.add_argument(
        "--window",
        type=amount.count,
        default=640,
        metavar="N",
        help="chunks under way beyond the acknowledged ones (default: %(default)s)",
    )
    group.add_argument(
        "--uploads-mode",
        type=amount.file_mode,
        default=0o600,
        metavar="MODE",
        help="the mode of stored files, octal (default: 0600)",
    )


def _add_chat_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("chat and limits")
    group.add_argument(
        "--sessions-per-key",
        type=amount.count,
        default=64,
        metavar="N",
        help="chat sessions of one key at a time (default: %(default)s)",
    )
    group.add_argument(
        "--chat-rate",
        type=amount.count,
        default=100,
        metavar="N",
        help="messages a second of one session, on average (default: %(default)s)",
    )
    group.add_argument(
        "--tap",
        action="store_true",
        help="announce every message as it is relayed, which is ciphertext (default: off)",
    )
    group.add_argument(
        "--limit-loopback",
        action="store_true",
        help="apply the limits for each address to this machine as well (default: off)",
    )


def run(args: argparse.Namespace) -> int:
    if args.print_systemd:
        from rsachat.commands.systemd_unit import print_unit

        print_unit(args)
        return 0
    _serve(args)
    return 0


def _serve(args: argparse.Namespace) -> None:
    from rsachat.commands.own_identity import open_own
    from rsachat.commands.serving import Service, serve
    from rsachat.runtime.addresses import raise_file_limit
    from rsachat.runtime.key_files import SERVER
    from rsachat.runtime.loop import Loop

    settings = _settings(args)
    store = keystore_of(args)
    identity = open_own(args, store, passwords_of(args), SERVER)
    _prepare_uploads(args.uploads, args.uploads_mode)
    raise_file_limit()
    with Loop() as loop, _log(args, settings) as log, _screen(args, loop) as screen:
        serve(Service(settings, store, identity, args.uploads.absolute(), log), loop, screen)


def _settings(args: argparse.Namespace) -> ServerSettings:
    base = ServerSettings()
    replace = dataclasses.replace
    return replace(
        base,
        host=args.host,
        port=args.port,
        open=args.open,
        tap=args.tap,
        workers=args.workers or os.cpu_count() or 1,
        uploads_mode=args.uploads_mode,
        metrics_at=args.metrics,
        log=replace(base.log, max_size=args.log_max_size, keep=args.log_keep),
        admission=replace(base.admission, limit_loopback=args.limit_loopback),
        session=replace(base.session, sessions_per_key=args.sessions_per_key),
        relay=replace(
            base.relay,
            envelopes_per_second=float(args.chat_rate),
            envelopes_burst=max(base.relay.envelopes_burst, 10.0 * args.chat_rate),
        ),
        transfer=replace(
            base.transfer,
            window=min(args.window, 65_535),
            max_rsa_file=args.max_rsa_file,
            max_file=args.max_file,
            quota_client=args.quota_client,
            quota_total=args.quota_total,
        ),
    )


def _prepare_uploads(folder: Path, file_mode: int) -> None:
    from rsachat.runtime import file_errors
    from rsachat.runtime.upload_tree import folder_mode
    from rsachat.runtime.whole_file import make_folders

    mode = folder_mode(file_mode)
    try:
        make_folders(folder, mode)
    except OSError as error:
        raise _no_uploads(folder, file_errors.why(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _no_uploads(folder, "this user may not write there")


def _no_uploads(folder: Path, why: str) -> RsachatError:
    return RsachatError(
        f"cannot store files in {folder}", why=why, hint="--uploads DIR names another folder"
    )


@contextmanager
def _log(args: argparse.Namespace, settings: ServerSettings) -> Iterator[LogFile | None]:
    from rsachat.ui.log_file import LogFile

    if args.log_file is None:
        yield None
        return
    with closing(LogFile(args.log_file, settings.log)) as log:
        yield log


@contextmanager
def _screen(args: argparse.Namespace, loop: Loop) -> Iterator[ServerScreen]:
    from rsachat.commands.speak import wall_ms
    from rsachat.ui.line_writer import LineWriter, lost_as_text
    from rsachat.ui.notice_log import lost_as_json
    from rsachat.ui.server_screen import LinesScreen, LiveScreen
    from rsachat.ui.terminal import may_draw

    screen: ServerScreen
    if may_draw(sys.stdout, os.environ, plain=args.plain or args.json):
        from rsachat.ui.console import make_console
        from rsachat.ui.dashboard import Dashboard

        screen = live = LiveScreen(Dashboard(make_console(sys.stdout, os.environ)))
        loop.on_signal(signal.SIGTSTP, live.suspend)
    else:
        on_lost = lost_as_json(wall_ms) if args.json else lost_as_text
        screen = LinesScreen(LineWriter(1, loop=loop, on_lost=on_lost), json=args.json)
    screen.start()
    try:
        yield screen
    finally:
        screen.stop()
