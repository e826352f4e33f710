"""Names that an open server gave away: whoever comes back keeps his, who stays away loses it.

A guest's file lies in `guests/`; its mtime says, to a day, when its owner was last here
(PROTOCOL 5.2). All times are seconds of the wall clock.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

DAY = 24 * 3600.0
UNSEEN = 30 * DAY


def note_seen(file: Path, now: float) -> None:
    """The owner of this file is here. Once a day: each change has the keys read anew."""
    with suppress(OSError):  # a name that could not be stored has no file
        if file.stat().st_mtime < now - DAY:
            os.utime(file, (now, now))


def forget_unseen(files: Iterable[Path], now: float) -> list[Path]:
    """Remove the files whose owners have not been here for 30 days; those that are gone now."""
    return [file for file in files if _is_unseen(file, now) and _removed(file)]


def _is_unseen(file: Path, now: float) -> bool:
    try:
        return file.stat().st_mtime < now - UNSEEN
    except OSError:
        return False


def _removed(file: Path) -> bool:
    try:
        file.unlink()
    except OSError:
        return False
    return True
