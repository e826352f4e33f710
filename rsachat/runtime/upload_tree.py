"""The uploads folder: every open goes through folder descriptors and follows no link.

    <root>/<client>/<name>                      what is stored
    <root>/.parts/<fingerprint>/<tid>.part      what is not whole yet
    <root>/.parts/<fingerprint>/<tid>.offer     its manifest
    <root>/.parts/<fingerprint>/<tid>.receipt   what was receipted

A peer's file name gets here as a `StoredName` only; all other names are hex digits of our own
or the name under which a client is authorized. Every function raises OSError.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ELOOP
from pathlib import Path

from rsachat.crypto.kdf import equal, sha256
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey

PARTS = ".parts"
PART, OFFER, RECEIPT = ".part", ".offer", ".receipt"
FILE_MODE = 0o600
FOLDER_MODE = 0o700
SMALL = 8192  # bytes: no manifest or receipt is longer

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO in our place must not hang us
_NEW = os.O_CREAT | os.O_EXCL | _SAFE


class Folder:
    """An open folder below the uploads root, or the root itself."""

    def __init__(self, descriptor: int) -> None:
        self.fd = descriptor

    @classmethod
    def open(cls, path: Path) -> "Folder":
        """The root. Only here may the last part of a path be a link: the operator chose it."""
        return cls(os.open(path, _FOLDER))

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.fd)

    def inner(
        self, name: str, *, create: bool = False, sync: bool = False, mode: int = FOLDER_MODE
    ) -> "Folder":
        """A folder in this one, never through a link; `mode` is that of a new one.

        With `sync` its name is on the disk, though who made it may have died before it was.
        """
        made = create and self._make(name, mode)
        if sync:
            os.fsync(self.fd)
        folder = Folder(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.fd))
        if made and mode != FOLDER_MODE:
            os.fchmod(folder.fd, mode)  # the umask must not narrow what was asked for
        return folder

    def _make(self, name: str, mode: int) -> bool:
        try:
            os.mkdir(name, mode, dir_fd=self.fd)
        except FileExistsError:
            return False
        return True

    def open_file(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A regular file that is there. Anything else there is an OSError."""
        descriptor = os.open(name, flags | _SAFE, dir_fd=self.fd)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(ELOOP, "not a regular file", name)
        return descriptor

    def create_file(self, name: str, flags: int = os.O_RDWR) -> int:
        """A new file of nobody else's; one that is there is a FileExistsError."""
        return os.open(name, flags | _NEW, FILE_MODE, dir_fd=self.fd)

    def status(self, name: str) -> os.stat_result | None:
        """What stands under a name, links not followed; None if nothing does."""
        try:
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read_small(self, name: str) -> bytes | None:
        """A manifest or receipt; None if there is none, or it cannot be one."""
        try:
            descriptor = self.open_file(name)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(SMALL + 1)
        return data if len(data) <= SMALL else None

    def write_small(self, name: str, data: bytes, *, sync: bool) -> None:
        """A file that is there whole or not at all; with `sync`, on the disk."""
        scratch = f".{os.urandom(8).hex()}.tmp"
        try:
            with os.fdopen(self.create_file(scratch), "wb") as file:
                file.write(data)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            os.rename(scratch, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except BaseException:
            self.remove(scratch)
            raise
        if sync:
            os.fsync(self.fd)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.fd)

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """Names and what stands under them, links not followed."""
        for name in os.listdir(self.fd):
            status = self.status(name)
            if status is not None:
                yield name, status


def folder_mode(file_mode: int) -> int:
    """The mode of a folder for files of `file_mode`: whoever may read them may look into it."""
    readable = file_mode & 0o044
    return FOLDER_MODE | readable | readable >> 2


@contextmanager
def client_folder(
    root: Folder, client: str, *, create: bool = False, mode: int = FOLDER_MODE
) -> Iterator[Folder]:
    """Where an identity's files are stored.

    One to `create` is on the disk when it is yielded; `mode` is that of a new one.
    """
    if not client or client.startswith(".") or "/" in client:
        raise OSError(ELOOP, "not a client's folder", client)
    with root.inner(client, create=create, sync=create, mode=mode) as folder:
        yield folder


@contextmanager
def parts_folder(
    root: Folder, key: TransferKey, *, create: bool = False, sync: bool = False
) -> Iterator[Folder]:
    """Where a sender's unfinished transfers lie; with `sync`, a folder that is on the disk."""
    with (
        root.inner(PARTS, create=create, sync=sync) as parts,
        parts.inner(key.fp.hex(), create=create, sync=sync) as folder,
    ):
        yield folder


def part_name(key: TransferKey) -> str:
    return key.tid.hex() + PART


def offer_name(key: TransferKey) -> str:
    return key.tid.hex() + OFFER


def receipt_name(key: TransferKey) -> str:
    return key.tid.hex() + RECEIPT


def open_stored(folder: Folder, name: StoredName) -> int:
    """A stored file for reading."""
    return folder.open_file(name)


def sealed_offer(manifest: bytes) -> bytes:
    """What is stored of an offer, unsynced: its hash tells a torn one after a power cut."""
    return manifest + sha256(manifest)


def whole_offer(stored: bytes) -> bytes | None:
    """The manifest in a stored offer, None if it was torn."""
    manifest, seal = stored[:-32], stored[-32:]
    return manifest if equal(sha256(manifest), seal) else None
