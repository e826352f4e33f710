"""A lock on what lies in one folder, held by one program at a time, and by it for a moment."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rsachat.runtime.key_files import PRIVATE_MODE, make_folder, owner_for, unwritable


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock file `name` in `folder`, making both where there is none.

    Waits for whoever holds it. Made by root, the lock belongs to the folder's owner, so that the
    server's own user can take it. Raises RsachatError.
    """
    make_folder(folder)
    path = folder / name
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        lock = os.open(path, flags, PRIVATE_MODE)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        owner = owner_for(folder)
        if owner is not None:
            os.fchown(lock, *owner)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)  # unlocks too
