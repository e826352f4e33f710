"""Files that are uploaded: opened, hashed in a worker, read at any place, spooled from a pipe."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rsachat.crypto.rsa import PrivateKey
from rsachat.errors import RsachatError
from rsachat.runtime import file_errors
from rsachat.runtime.key_files import make_folder

_SPOOL_PIECE = 1 << 20  # bytes read from a pipe at a time
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


@dataclass(frozen=True, slots=True)
class Hashed:
    """The answer of HashFile: size in bytes and SHA-256."""

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Unhashed:
    """The answer of HashFile where the file could not be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class HashFile:
    """A worker's job: hash a whole file."""

    path: Path

    def run(self, key: PrivateKey | None) -> Hashed | Unhashed:
        try:
            with open(self.path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
                return Hashed(file.tell(), digest)
        except OSError as error:
            return Unhashed(file_errors.why(error))


@contextmanager
def spooled(stream: BinaryIO, folder: Path) -> Iterator[Path]:
    """All of a pipe as a file of its owner's alone in `folder`, which goes at the end.

    Raises RsachatError if it cannot be written.
    """
    make_folder(folder)
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
