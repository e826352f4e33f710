"""Files that are there whole or not at all, for every part that writes one.

Knows nothing of what the bytes mean, and never follows a link at the place it writes to.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Owner = tuple[int, int]
"""User id and group id."""
_synced: set[Path] = set()  # folders whose names this process has put on the disk


def write_whole(
    path: Path, data: bytes, mode: int, exclusive: bool = False, owner: Owner | None = None
) -> None:
    """Put `data` at `path` in one step, on the disk before this returns.

    The bytes go to a new file beside `path`, which then takes its name: a crash at any moment
    leaves the old file or the new one. With `exclusive` an existing `path` (a link too) is never
    replaced: FileExistsError. Raises OSError as the system gave it; nothing stays behind then.
    """
    scratch = path.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        _write_new(scratch, data, mode, owner)
        if exclusive:
            os.link(scratch, path, follow_symlinks=False)
        else:
            os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folders(
    folder: Path, mode: int, owner: Callable[[Path], Owner | None] = lambda _around: None
) -> None:
    """Make a folder, and those around it that are missing, on the disk before this returns.

    So are those that a process made which crashed then. `mode` is the innermost one's, and
    `owner(the folder around it)` whom it is given to. Raises OSError.
    """
    folder = folder.absolute()
    around = list(folder.parents)
    if not folder.is_dir():
        missing = [path for path in around if not path.exists()]
        folder.parent.mkdir(parents=True, exist_ok=True)
        _synced.difference_update(missing, [folder])
        _new_folder(folder, mode, owner(folder.parent))
    for path in (folder, *around):
        if path in _synced:
            break
        with suppress(OSError if path in around else PermissionError):  # not ours, or not to read
            sync_folder(path.parent)
        _synced.add(path)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` (a rename, a new file) outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _new_folder(folder: Path, mode: int, owner: Owner | None) -> None:
    """In one step with its mode and owner: a crash leaves none that is somebody else's."""
    scratch = folder.with_name(f".{os.urandom(8).hex()}.tmp")
    scratch.mkdir(mode)
    try:
        scratch.chmod(mode)  # the umask must not narrow what was asked for
        if owner is not None:
            os.chown(scratch, *owner)
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process made it meanwhile, and has used it
            raise
    finally:
        with suppress(FileNotFoundError):
            scratch.rmdir()


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
