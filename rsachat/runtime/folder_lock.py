"""A lock on what lies in one folder, held by one program at a time, and by it for a moment."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rsachat.runtime.key_files import PRIVATE_MODE, make_folder, owner_for, unwritable

PATIENCE = 10.0  # seconds; whoever holds it has a few files to write, or was stopped
_RETRY = 0.005  # seconds


@contextmanager
def locked(folder: Path, name: str, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock file `name` in `folder`, making both where there is none.

    Waits `patience` seconds for whoever holds it. Made by root, the lock belongs to the folder's
    owner, so that the server's own user can take it. Raises RsachatError.
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
        _take(lock, path, time.monotonic() + patience)
        yield
    finally:
        os.close(lock)  # unlocks too


def _take(lock: int, path: Path, until: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise unwritable(path, error) from error
            time.sleep(_RETRY)
        else:
            return
