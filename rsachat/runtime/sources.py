"""Files that are uploaded: opened, hashed, read at any place, spooled from a pipe."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rsachat.errors import RsachatError
from rsachat.runtime import file_errors
from rsachat.runtime.key_files import make_folder
from rsachat.settings import TransferLimits

_SPOOL_PIECE = 1 << 20  # bytes read from a pipe at a time
_SEGMENT = TransferLimits().envelope_chunk
_SLICE_SEGMENTS = 16  # 1 MiB, in about a millisecond
_LEFT_BEHIND = 7 * 24 * 3600.0  # seconds
_PIPE = "rsachat upload - --as NAME"


class SourceFile:
    """One regular file. `open` may be called again: it takes the file that is there then."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self._descriptor: int | None = None

    def open(self) -> int:
        """Its size in bytes. Raises RsachatError for what cannot be read, or is no file."""
        self.close()
        try:
            # O_NONBLOCK: a FIFO must not hang the program.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._descriptor = descriptor
            status = os.fstat(descriptor)
        except OSError as error:
            raise self._failed(error) from error
        if not stat.S_ISREG(status.st_mode):
            self.close()
            if stat.S_ISDIR(status.st_mode):
                raise self.unreadable("it is a folder", "name the files in it, or pack it with tar")
            raise self.unreadable("it is no regular file", f"cat it: cat … | {_PIPE}")
        return status.st_size

    def read(self, offset: int, length: int) -> bytes:
        """As much as is there, up to `length` bytes. Raises RsachatError."""
        if self._descriptor is None:
            self.open()
        assert self._descriptor is not None
        parts = []
        try:
            while length and (part := os.pread(self._descriptor, length, offset)):
                parts.append(part)
                offset += len(part)
                length -= len(part)
        except OSError as error:
            raise self._failed(error) from error
        return b"".join(parts)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def unreadable(self, reason: str, hint: str = "") -> RsachatError:
        return RsachatError(f"cannot read {self.shown}", why=reason, hint=hint)

    def _failed(self, error: OSError) -> RsachatError:
        return self.unreadable(file_errors.why(error), file_errors.hint(error))


class SourceHash:
    """The SHA-256 of a whole source, a slice at a time, and those up to the end of each segment.

    `prefixes` has 32 bytes for each whole segment so far, and those of no byte before them.
    """

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.done = 0
        self.prefixes = bytearray(self._hash.digest())

    def step(self) -> bool:
        """Hash the next slice; whether there may be more. Raises RsachatError."""
        for _ in range(_SLICE_SEGMENTS):
            data = self._file.read(self.done, _SEGMENT)
            self._hash.update(data)
            self.done += len(data)
            if len(data) < _SEGMENT:
                return False
            self.prefixes += self._hash.digest()
        return True

    @property
    def sha256(self) -> bytes:
        return self._hash.digest()


@contextmanager
def spooled(stream: BinaryIO, folder: Path) -> Iterator[Path]:
    """All of a pipe as a file of its owner's alone in `folder`, which goes at the end.

    Raises RsachatError if it cannot be written.
    """
    make_folder(folder)
    _remove_left_behind(folder)
    path = folder / f"stdin-{os.urandom(8).hex()}.spool"
    try:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                while data := stream.read(_SPOOL_PIECE):
                    file.write(data)
        except OSError as error:
            raise RsachatError(
                "cannot keep standard input for sending",
                why=file_errors.why(error),
                hint=file_errors.hint(error),
            ) from error
        yield path
    finally:
        path.unlink(missing_ok=True)


def _remove_left_behind(folder: Path) -> None:
    """Spools of programs that were killed; nobody sends one for a week."""
    for path in folder.glob("stdin-*.spool"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > _LEFT_BEHIND:
                path.unlink()
