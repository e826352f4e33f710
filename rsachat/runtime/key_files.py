"""The keys folder as files: where it is, what they are called, how they are read.

Bytes and modes only; what is in a key, keystore.py knows.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from rsachat.errors import KeyFileError, RsachatError, UsageError
from rsachat.names import RULE, is_client_name, is_name
from rsachat.runtime import file_errors
from rsachat.runtime.whole_file import Owner, make_folders, sweep, write_whole
from rsachat.settings import KEY_FILES

SERVER = "server"
"""The one name that is an identity but never a client's."""

PRIVATE_SUFFIX = "-rsapvt.pem"
PUBLIC_SUFFIX = "-rsapub.pem"
PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o644
FOLDER_MODE = 0o700


def resolve_folder(option: str | None, environ: Mapping[str, str], home: Path) -> Path:
    """The keys folder: the option, $RSACHAT_KEYS, ./keys, the per-user one, else ./keys."""
    named = option or environ.get("RSACHAT_KEYS")
    if named:
        return Path(named)
    here = Path("keys")
    if here.is_dir():
        return here
    personal = personal_folder(environ, home)
    return personal if personal.is_dir() else here


def personal_folder(environ: Mapping[str, str], home: Path) -> Path:
    """The per-user keys folder (XDG base directories), whether it is there or not."""
    config = environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else home / ".config") / "rsachat" / "keys"


def check_name(name: str) -> str:
    """`name` itself. Raises UsageError if it is none (PROTOCOL section 0, Names)."""
    if is_client_name(name) or name == SERVER:
        return name
    why = "this name is kept for the program itself" if is_name(name) else RULE
    raise UsageError(
        f"'{name}' is not a name for an identity", why=why, hint="for example alice or laptop-2"
    )


def shown(path: Path) -> str:
    """A path as a person types it: a relative one begins with ./"""
    return str(path) if path.is_absolute() or path.parts[:1] == ("..",) else f"./{path}"


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, where there is none, on the disk. Raises RsachatError.

    Made by root, it belongs to whom the folder around it belongs.
    """
    try:
        make_folders(folder, FOLDER_MODE, owner_for)
    except OSError as error:
        what = f"cannot make the folder {shown(folder)}"
        raise RsachatError(
            what, why=file_errors.why(error), hint=file_errors.hint(error)
        ) from error


def write_file(path: Path, data: bytes, mode: int, *, exclusive: bool) -> None:
    """Write a file of the keys folder whole, making the folder first.

    What a killed write left there goes, as it may be a private key. Root gives the file to the
    folder's owner, so that the server's own user can read it. Raises FileExistsError with
    `exclusive`, RsachatError for whatever else the system refuses.
    """
    make_folder(path.parent)
    try:
        sweep(path.parent, KEY_FILES.scratch_kept)
        write_whole(path, data, mode, exclusive=exclusive, owner=owner_for(path.parent))
    except FileExistsError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def owner_for(folder: Path) -> Owner | None:
    """Whom a new file in `folder` belongs to: its owner where root makes it, else who makes it."""
    if os.geteuid() != 0:
        return None
    status = folder.stat()
    return (status.st_uid, status.st_gid)


def read_private(path: Path) -> bytes:
    """A private key's file, which nobody but its owner may read. Raises KeyFileError.

    The mode is looked at before the file is opened, and again on what was opened.
    """
    try:
        _check_mode(path, path.stat())
    except OSError as error:
        raise _unreadable(path, error) from error
    return read_bounded(path, KEY_FILES.file_bytes, private=True)


def read_public(path: Path) -> bytes:
    """A public key's file. Raises KeyFileError."""
    return read_bounded(path, KEY_FILES.file_bytes)


def read_bounded(path: Path, limit: int, *, private: bool = False) -> bytes:
    """A regular file of at most `limit` bytes. Raises KeyFileError."""
    try:
        # O_NONBLOCK: a FIFO under a key's name must not hang the program.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError(
                    f"{shown(path)} is not a file", hint="put the key itself there, as a file"
                )
            if private:
                _check_mode(path, status)
            data = file.read(limit + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > limit:
        raise KeyFileError(
            f"{shown(path)} is too big",
            why=f"it has more than {limit} bytes",
            hint="something else lies under this name: move it away",
        )
    return data


def _check_mode(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(
            f"the private key {shown(path)} is open to others",
            why=f"its mode is {mode:04o}; only its owner may read it",
            hint=f"chmod 600 {shlex.quote(shown(path))}",
        )


def unwritable(path: Path, error: OSError) -> RsachatError:
    """The error for a file of the keys folder that the system does not let us write."""
    return RsachatError(
        f"cannot write {shown(path)}", why=file_errors.why(error), hint=file_errors.hint(error)
    )


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"cannot read {shown(path)}", why=file_errors.why(error), hint=file_errors.hint(error)
    )
