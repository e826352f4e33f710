"""Files that are there whole or not at all, for every part that writes one.

Knows nothing of what the bytes mean, and never follows a link at the place it writes to.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EEXIST
from pathlib import Path

Owner = tuple[int, int]
"""User id and group id."""
_SCRATCH = re.compile(r"\.[0-9a-f]{16}\.tmp")
_synced: set[Path] = set()  # folders whose names this process has put on the disk


def write_whole(
    path: Path, data: bytes, mode: int, exclusive: bool = False, owner: Owner | None = None
) -> None:
    """Put `data` at `path` in one step, on the disk before this returns.

    The bytes go to a new file beside `path`, which then takes its name: a crash at any moment
    leaves the old file or the new one. With `exclusive` an existing `path` (a link too) is never
    replaced: FileExistsError. Raises OSError as the system gave it; nothing stays behind then.
    """
    scratch = _scratch_beside(path)
    try:
        _write_new(scratch, data, mode, owner)
        if exclusive:
            os.link(scratch, path, follow_symlinks=False)
        else:
            os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(path.parent)


def sweep(folder: Path, age: float) -> None:
    """Remove what writes left that were killed more than `age` seconds ago.

    As far as the system lets us: what stays is no reason to refuse a new write. Raises OSError
    for a folder that cannot be listed.
    """
    for name in filter(_SCRATCH.fullmatch, os.listdir(folder)):
        with suppress(OSError):
            status = os.lstat(folder / name)
            if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > age:
                os.unlink(folder / name)


def make_folders(
    folder: Path, mode: int | None, owner: Callable[[Path], Owner | None] = lambda _around: None
) -> None:
    """Make a folder, and those around it that are missing, on the disk before this returns.

    So are those that a process made which crashed before: each process syncs the names around
    a folder once. `mode` is the innermost one's, None leaves it to the umask; `owner(the folder
    around it)` is whom it is given to. Raises OSError.
    """
    missing = [path for path in folder.parents if not path.exists()]
    if not folder.is_dir():
        if os.path.lexists(folder):
            raise FileExistsError(EEXIST, os.strerror(EEXIST), str(folder))
        if missing:
            folder.parent.mkdir(parents=True, exist_ok=True)
        _new_folder(folder, mode, owner(folder.parent))
        _synced.clear()
    _sync_names(folder, {path.absolute() for path in missing})


def _sync_names(folder: Path, made: set[Path]) -> None:
    """A folder that is neither it nor `made` now may be anybody's, on any kind of disk."""
    whole = folder.absolute()
    done = []
    for path in (whole, *whole.parents):
        if path in _synced:
            break
        is_ours = path == whole or path in made
        with suppress(PermissionError if is_ours else OSError):  # may be written to, not read
            sync_folder(folder.parent if path == whole else path.parent)
        done.append(path)
    _synced.update(done)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` (a rename, a new file) outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _scratch_beside(path: Path) -> Path:
    return path.with_name(f".{os.urandom(8).hex()}.tmp")


def _new_folder(folder: Path, mode: int | None, owner: Owner | None) -> None:
    """In one step with its mode and owner: a crash leaves none that is somebody else's."""
    scratch = _scratch_beside(folder)
    scratch.mkdir(0o777 if mode is None else mode)
    try:
        _give(scratch, mode, owner)
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process made it meanwhile, and has used it
            raise
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            scratch.rmdir()


def _give(folder: Path, mode: int | None, owner: Owner | None) -> None:
    """By descriptor: root works in folders of other users, who may put a link in its place."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if mode is not None:
            os.fchmod(descriptor, mode)  # the umask must not narrow what was asked for
        if owner is not None:
            os.fchown(descriptor, *owner)
    finally:
        os.close(descriptor)


def _write_new(path: Path, data: bytes, mode: int, owner: Owner | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        os.fchmod(file.fileno(), mode)  # the umask must not narrow or widen what was asked for
        os.fsync(file.fileno())
