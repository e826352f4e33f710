"""Does the receiving core's StoreActions: `.part` files on the page cache, at once.

No fsync here: a torn `.part` is found when it is hashed again, and the commit job syncs what
becomes a file. Every failure of the disk is an answer, never an exception.
"""

import os
from contextlib import suppress
from pathlib import Path

from rsachat.protocol.transfer import TransferKey
from rsachat.runtime.upload_tree import (
    Folder,
    offer_name,
    part_name,
    parts_folder,
    sealed_offer,
)
from rsachat.server.upload_io import (
    ClosePart,
    OpenPart,
    PartOpened,
    PartRead,
    PartWritten,
    ReadPart,
    RemovePart,
    StoreAction,
    StoreEvent,
    StoreFailed,
    WritePart,
)

_PORTION = 1 << 20  # bytes; measured: smaller gains nothing, bigger may hold up the loop


class UploadStore:
    """The open `.part` files of one server, by the core's numbers."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[int, int] = {}

    def perform(self, action: StoreAction) -> StoreEvent | None:
        """Do it and give the answer, if the action has one."""
        try:
            return self._perform(action)
        except OSError as error:
            if isinstance(action, RemovePart | ClosePart):
                return None
            return StoreFailed(action.part, error.strerror or str(error))

    def close(self) -> None:
        """Close every file; what is in them stays."""
        for part in list(self._open):
            self.perform(ClosePart(part))

    def _perform(self, action: StoreAction) -> StoreEvent | None:
        match action:
            case OpenPart():
                return self._open_part(action)
            case WritePart():
                self._write(action)
                return PartWritten(action.part)
            case ReadPart():
                descriptor = self._open.get(action.part)
                if descriptor is None:  # reads are done later: its upload is over meanwhile
                    return None
                return PartRead(action.part, os.pread(descriptor, action.length, action.offset))
            case ClosePart():
                descriptor = self._open.pop(action.part, None)
                if descriptor is not None:
                    os.close(descriptor)
            case RemovePart():
                self._remove(action.key)
        return None

    def _write(self, action: WritePart) -> None:
        descriptor = self._open[action.part]
        _write_all(descriptor, action.data, action.offset)
        _begin_writing_out(descriptor, action.offset, len(action.data))

    def _open_part(self, action: OpenPart) -> PartOpened:
        key, keep = action.key, action.keep
        with Folder.open(self._root) as root, parts_folder(root, key, create=True) as folder:
            descriptor = _reopen(folder, part_name(key), keep)
            if descriptor is None:
                keep = 0
                folder.remove(part_name(key))
                descriptor = folder.create_file(part_name(key))
            self._open[action.part] = descriptor
            os.ftruncate(descriptor, keep)
            os.utime(descriptor)
            folder.write_small(offer_name(key), sealed_offer(action.offer), sync=False)
        return PartOpened(action.part, keep)

    def _remove(self, key: TransferKey) -> None:
        with Folder.open(self._root) as root, parts_folder(root, key) as folder:
            folder.remove(part_name(key))
            folder.remove(offer_name(key))


def _reopen(folder: Folder, name: str, keep: int) -> int | None:
    """A `.part` to go on with; None if it is too short, or not simply a file of ours.

    One with a second name was killed between its commit's two steps: the other name is a
    stored file, which must not be written to.
    """
    try:
        descriptor = folder.open_file(name, os.O_RDWR)
    except OSError:
        return None
    status = os.fstat(descriptor)
    if status.st_nlink == 1 and 0 < keep <= status.st_size:
        return descriptor
    os.close(descriptor)
    return None


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    left = memoryview(data)
    while left:
        count = os.pwrite(descriptor, left, offset)
        left = left[count:]
        offset += count


def _begin_writing_out(descriptor: int, offset: int, length: int) -> None:
    """Have the kernel write each whole portion out meanwhile, and forget it then.

    The sync at the end of a long file has little left to wait for, and a gigabyte of another's
    file does not drive the machine's own files out of its memory. It is advice, nothing more.
    """
    begun, whole = offset // _PORTION, (offset + length) // _PORTION
    if whole > begun and hasattr(os, "posix_fadvise"):
        start, size = begun * _PORTION, (whole - begun) * _PORTION
        with suppress(OSError):
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)
