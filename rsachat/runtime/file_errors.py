"""Errors of files and folders in words: why, and what to check or type. Opens nothing."""

import errno

from rsachat.errors import RsachatError

HINTS = {
    errno.ENOENT: "check the path: ls shows what is there",
    errno.EACCES: "its owner or mode keeps this user out: ls -ld shows both, for each folder too",
    errno.EPERM: "its owner or mode keeps this user out: ls -ld shows both, for each folder too",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "a file stands in the path where a folder should be",
    errno.EEXIST: "something else has this name: choose another, or move that away",
    errno.ELOOP: "a link leads to itself: ls -l shows where it points",
    errno.ENOSPC: "make room on that disk: df shows how full it is",
    errno.EDQUOT: "make room: this user's quota on that disk is used up",
    errno.EFBIG: "files may not grow so large here: ulimit -f shows the limit",
    errno.EAGAIN: "another rsachat holds it: wait for it, or end it if it stands still",
    errno.EROFS: "that disk can only be read: choose a place on another",
    errno.EIO: "the disk or what stands for it is at fault: try a copy from elsewhere",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def why(error: Exception) -> str:
    """The system's own reason, without its number; of another error, what happened and why."""
    if isinstance(error, RsachatError):
        return ": ".join(filter(None, (error.what, error.why)))
    reason = error.strerror if isinstance(error, OSError) else ""
    return reason or str(error) or type(error).__name__


def hint(error: OSError) -> str:
    """What to check, "" where nothing of use can be said."""
    return HINTS.get(error.errno or 0, "")
