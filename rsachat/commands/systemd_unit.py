"""`rsachat server --print-systemd`: the server as a service, in a sandbox, with the flags given.

Text only: nothing is installed, opened or asked. What the service may touch is its own folder
and what the flags name.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rsachat.commands import amount_options as amount
from rsachat.commands.options import Parser
from rsachat.errors import UsageError
from rsachat.runtime.addresses import host_port
from rsachat.runtime.upload_tree import folder_mode

USER = "rsachat"
STATE = "/var/lib/rsachat"
PRIVILEGED = 1024  # ports below need a capability
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""What the sandbox shows empty, or not at all."""

_OWN = frozenset(("keys", "uploads", "password_file", "print_systemd", "help"))
"""What the unit says in its own way, or not at all."""

_HEAD = """\
# The rsachat server as a service of systemd. As root, once:
#   useradd --system --user-group --home-dir {state} --shell /usr/sbin/nologin {user}
#   install -d -o {user} -g {user} -m {mode} {state}
#   install -d -o {user} -g {user} -m 0700 {keys}
{folders}#   rsachat keygen server --password --keys {keys}
#   (this text into /etc/systemd/system/rsachat.service)
#   systemctl daemon-reload && systemctl enable --now rsachat
# People are let in by `rsachat invite NAME --keys {keys} --address HOST:PORT`.
#
# The key's password: put it into a file that root alone may read, for example
# /etc/rsachat.password with mode 0600, and print this unit with --password-file FILE. systemd
# then gives the service a copy in memory, which nobody else sees (LoadCredential below). To have
# it encrypted on the disk as well:
#   systemd-creds encrypt --name=password FILE /etc/rsachat.cred
# and LoadCredentialEncrypted=password:/etc/rsachat.cred in place of LoadCredential=.
#
# What is delivered lies in {uploads}/NAME/. {readers}
"""
_FOLDER = "#   test -d {name} || install -d -o {user} -g {user} -m {mode} {name}\n"
_READABLE = """Whoever is in the group may read it:
#   usermod --append --groups {user} OPERATOR"""
_PRIVATE = """Only the service may read
# it; print this unit with --uploads-mode 0640 to let in the group {user}, and add operators to
# that: usermod --append --groups {user} OPERATOR"""

_UNIT = """
[Unit]
Description=rsachat server
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User={user}
Group={user}
StateDirectory=rsachat
StateDirectoryMode={mode}
WorkingDirectory={state}
UMask={umask}
{credential}ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
TimeoutStopSec=10
SuccessExitStatus=130
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2 5
LimitNOFILE=65536

NoNewPrivileges=yes
{capabilities}
ProtectSystem=strict
ProtectHome=yes
{writable}PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit_text(program: Sequence[str], parser: Parser, args: argparse.Namespace) -> str:
    """The unit that runs `program server` with what `args` says beside `parser`'s defaults.

    Raises UsageError for a path that no line of a unit can hold.
    """
    keys = Path(args.keys).absolute() if args.keys else Path(STATE, "keys")
    given = args.uploads != parser.get_default("uploads")
    uploads = args.uploads.absolute() if given else Path(STATE, "uploads")
    mode = folder_mode(args.uploads_mode)
    words = [*program, "server", "--keys", str(keys), "--uploads", str(uploads)]
    words += _flags(parser, args)
    _refuse_control_characters([*words, str(args.password_file)])
    command = " ".join(map(quoted, words))
    if args.password_file:
        command += " --password-file ${CREDENTIALS_DIRECTORY}/password"
    readers = _READABLE if args.uploads_mode & 0o040 else _PRIVATE
    shown = {"state": STATE, "user": USER, "mode": f"{mode:04o}"}
    head = _HEAD.format(
        **shown,
        keys=shlex.quote(str(keys)),
        folders=_folders(keys, uploads, mode, args.log_file),
        uploads=uploads,
        readers=readers.format(user=USER),
    )
    return head + _UNIT.format(
        **shown,
        umask=f"{~mode & 0o777:04o}",
        command=command,
        credential=_credential(args.password_file),
        capabilities=_capabilities(args),
        writable=_writable([keys, uploads], args.log_file),
    )


def hidden_paths(program: Sequence[str], args: argparse.Namespace) -> list[str]:
    """Which of the paths in the unit the sandbox would hide: they have to lie elsewhere."""
    named = [args.keys, args.uploads, args.log_file]
    paths = [*program, *(str(Path(path).absolute()) for path in named if path)]
    if args.uploads == Path("uploads"):
        paths.remove(str(args.uploads.absolute()))
    return [path for path in paths if any(Path(path).is_relative_to(top) for top in HIDDEN)]


def _refuse_control_characters(words: Sequence[str]) -> None:
    for word in words:
        if not word.isprintable():
            what = f"'{word}' cannot stand in a unit"
            raise UsageError(what, hint="choose a path without control characters")


def quoted(word: str) -> str:
    """A word as a unit's command line has it: no variable, specifier or quote has a meaning."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    plain = all(c.isalnum() or c in "%$-_./:,=+@[]" for c in escaped)
    return escaped if plain and word else f'"{escaped}"'


def _flags(parser: Parser, args: argparse.Namespace) -> Iterator[str]:
    """The options given, as words: those that differ from their defaults."""
    for action in parser._actions:
        value = getattr(args, action.dest, action.default)
        if action.dest in _OWN or value == action.default:
            continue
        yield action.option_strings[-1]
        if action.nargs != 0:
            yield _WORDS.get(action.dest, str)(value)


_WORDS: dict[str, Callable[[Any], str]] = {
    "uploads_mode": lambda mode: f"{mode:04o}",
    "metrics": lambda at: host_port(*at),
    "log_file": lambda path: str(path.absolute()),
    **dict.fromkeys(
        ("max_rsa_file", "max_file", "quota_client", "quota_total", "log_max_size"),
        amount.size_word,
    ),
}


def _credential(file: Path | None) -> str:
    if file is None:
        return ""
    path = str(file.absolute()).replace("%", "%%")
    return f"LoadCredential=password:{path}\n"


def _capabilities(args: argparse.Namespace) -> str:
    ports = [args.port, args.metrics[1] if args.metrics else 0]
    if any(0 < port < PRIVILEGED for port in ports):
        name = "CAP_NET_BIND_SERVICE"
        return f"AmbientCapabilities={name}\nCapabilityBoundingSet={name}"
    return "CapabilityBoundingSet=\nPrivateUsers=yes"


def _folders(keys: Path, uploads: Path, mode: int, log: Path | None) -> str:
    """How the folders that it writes to, and cannot make, are made: none that is there changes."""
    modes = {} if uploads.is_relative_to(STATE) else {uploads: mode}
    if log and (folder := log.absolute().parent) not in (Path(STATE), keys, uploads):
        modes[folder] = 0o700
    return "".join(
        _FOLDER.format(name=shlex.quote(str(path)), user=USER, mode=f"{bits:04o}")
        for path, bits in modes.items()
    )


def _writable(folders: Sequence[Path], log: Path | None) -> str:
    """ReadWritePaths for what lies outside the service's own folder."""
    paths = [*folders, *([log.absolute().parent] if log else [])]
    outside = {str(path) for path in paths if not path.is_relative_to(STATE)}
    words = " ".join(quoted(path).replace("$$", "$") for path in sorted(outside))
    return f"ReadWritePaths={words}\n" if words else ""


def print_unit(args: argparse.Namespace) -> None:
    """Print the unit, and on stderr what has to lie elsewhere before it can run."""
    from rsachat.commands.demo_programs import command_line
    from rsachat.commands.registry import parser_of
    from rsachat.commands.speak import say

    program = command_line()
    sys.stdout.write(unit_text(program, parser_of("server"), args))
    for path in hidden_paths(program, args):
        say(args, f"{path} is hidden from this service: put it elsewhere, and print the unit again")
