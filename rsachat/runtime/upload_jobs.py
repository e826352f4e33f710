"""The workers' jobs of the receiving core: look at the uploads folder, commit a file, survey.

Whatever may take long on the disk is here and never on the loop. A commit is whole or not at
all: the bytes are on the disk before the name appears, and the name before the receipt.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import ENOSYS, EOPNOTSUPP, EPERM
from pathlib import Path
from typing import ClassVar

from rsachat.crypto.rsa import PrivateKey
from rsachat.errors import ProtocolError
from rsachat.protocol.manifest import Manifest, decode_manifest
from rsachat.protocol.receipt import decode_receipt, make_receipt
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey
from rsachat.runtime.upload_tree import (
    OFFER,
    PART,
    PARTS,
    RECEIPT,
    Folder,
    client_folder,
    folder_mode,
    offer_name,
    open_stored,
    part_name,
    parts_folder,
    receipt_name,
    whole_offer,
)
from rsachat.server.upload_io import (
    Committed,
    DiskFailed,
    Examined,
    NotCommitted,
    Target,
    Unfinished,
    Usage,
)

_NOT_EXECUTABLE = 0o666
_SLICE = 4 << 20  # bytes hashed between two pauses: 3 to 30 ms

Pause = Callable[[], object]
"""Called between two slices of a long job, so that a login's signature need not wait for it."""


def _go_on() -> None:
    """Nobody waits."""


@dataclass(frozen=True, slots=True)
class DiskJobs:
    """Makes the jobs for one uploads folder; stored files get `mode`, never executable.

    Receipts older than `receipt_kept` seconds are forgotten.
    """

    root: Path
    mode: int
    receipt_kept: float

    def examine(self, manifest: Manifest, client: str, name: StoredName) -> "Examine":
        return Examine(self.root, manifest, client, name)

    def commit(self, manifest: Manifest, client: str, name: StoredName, time_ms: int) -> "Commit":
        mode = self.mode & _NOT_EXECUTABLE
        return Commit(self.root, mode, manifest, client, name, time_ms)

    def survey(self) -> "Survey":
        return Survey(self.root, self.receipt_kept)


@dataclass(frozen=True, slots=True)
class Examine:
    """What the disk knows of an offer."""

    is_long: ClassVar[bool] = True
    root: Path
    manifest: Manifest
    client: str
    name: StoredName

    def run(self, key: PrivateKey | None, pause: Pause = _go_on) -> Examined | DiskFailed:
        try:
            with Folder.open(self.root) as root:
                receipt, known_mh, part_bytes = _known(root, self.manifest.key)
                target = self._target(root, pause)
                usage = _measure(root)
        except OSError as error:
            return _disk_failed(error)
        return Examined(receipt, known_mh, part_bytes, target, usage)

    def _target(self, root: Folder, pause: Pause) -> Target:
        try:
            with client_folder(root, self.client) as folder:
                return _look(folder, self.name, self.manifest, pause)
        except FileNotFoundError:
            return Target.ABSENT


@dataclass(frozen=True, slots=True)
class Commit:
    """Gives a complete `.part` its name, signs the receipt with the worker's key, and keeps it.

    Where the same file has the name already, only the receipt is made.
    """

    is_long: ClassVar[bool] = True
    root: Path
    mode: int
    manifest: Manifest
    client: str
    name: StoredName
    time_ms: int

    def run(
        self, key: PrivateKey | None, pause: Pause = _go_on
    ) -> Committed | NotCommitted | DiskFailed:
        if key is None:
            raise ValueError("this worker holds no key")
        transfer, mode = self.manifest.key, folder_mode(self.mode)
        try:
            with (
                Folder.open(self.root) as root,
                client_folder(root, self.client, create=True, mode=mode) as folder,
                parts_folder(root, transfer, create=True, sync=True) as parts,
            ):
                if not self._place(parts, folder, pause):
                    return NotCommitted()
                receipt = self._receipt(key)
                parts.write_small(receipt_name(transfer), receipt, sync=True)
                parts.remove(part_name(transfer))
                parts.remove(offer_name(transfer))
        except OSError as error:
            return _disk_failed(error)
        return Committed(receipt)

    def _place(self, parts: Folder, folder: Folder, pause: Pause) -> bool:
        """Have the file under its name, on the disk; False if another has it."""
        target = _look(folder, self.name, self.manifest, pause)
        if target is Target.SAME:
            _sync(open_stored(folder, self.name))
        elif target is Target.ABSENT or (target is Target.OTHER and self.manifest.replace):
            self._finish_part(parts)
            if not self._rename(parts, folder, replacing=target is Target.OTHER):
                return False
        else:
            return False
        os.fsync(folder.fd)
        return True

    def _finish_part(self, parts: Folder) -> None:
        descriptor = parts.open_file(part_name(self.manifest.key), os.O_RDWR)
        try:
            if os.fstat(descriptor).st_size != self.manifest.size:
                raise OSError("the part file has another size")
            os.fchmod(descriptor, self.mode)
            self._sync_part(parts, descriptor)
        finally:
            os.close(descriptor)

    def _sync_part(self, parts: Folder, descriptor: int) -> None:
        try:
            os.fsync(descriptor)
        except OSError:
            # The cache still shows what the disk refused, and the next sync says nothing of it.
            parts.remove(part_name(self.manifest.key))
            raise

    def _rename(self, parts: Folder, folder: Folder, *, replacing: bool) -> bool:
        """One step, so that no moment shows half a file. A new name never covers another."""
        part = part_name(self.manifest.key)
        if not replacing:
            try:
                os.link(
                    part,
                    self.name,
                    src_dir_fd=parts.fd,
                    dst_dir_fd=folder.fd,
                    follow_symlinks=False,
                )
            except FileExistsError:
                return False
            except OSError as error:
                # A filesystem without links: nobody else of this client commits meanwhile.
                if error.errno not in (EPERM, EOPNOTSUPP, ENOSYS):
                    raise
            else:
                parts.remove(part)
                return True
        os.rename(part, self.name, src_dir_fd=parts.fd, dst_dir_fd=folder.fd)
        return True

    def _receipt(self, key: PrivateKey) -> bytes:
        manifest = self.manifest
        return make_receipt(manifest.mh, manifest.sha256, manifest.size, self.time_ms, key.sign)


@dataclass(frozen=True, slots=True)
class Survey:
    """Measures the folder, and forgets receipts that no manifest can ask for any more."""

    root: Path
    receipt_kept: float

    def run(self, key: PrivateKey | None) -> Usage | DiskFailed:
        try:
            with Folder.open(self.root) as root:
                self._forget(root)
                return _measure(root)
        except OSError as error:
            return _disk_failed(error)

    def _forget(self, root: Folder) -> None:
        now = time.time()
        for folder, _ in _senders(root):
            for name, status in list(folder.entries()):
                stale = name.endswith((RECEIPT, ".tmp"))
                if stale and now - status.st_mtime > self.receipt_kept:
                    folder.remove(name)


def _known(root: Folder, key: TransferKey) -> tuple[bytes | None, bytes | None, int]:
    """Receipt, hash of the manifest that came first, and bytes in the `.part`."""
    try:
        with parts_folder(root, key) as folder:
            receipt = folder.read_small(receipt_name(key))
            receipt_mh = _receipt_mh(receipt)
            if receipt_mh is not None:
                return receipt, receipt_mh, 0
            status = folder.status(part_name(key))
            regular = status is not None and stat.S_ISREG(status.st_mode)
            manifest = _manifest(folder.read_small(offer_name(key)))
            known = manifest.mh if manifest is not None else None
            return None, known, status.st_size if status is not None and regular else 0
    except FileNotFoundError:
        return None, None, 0


def _look(folder: Folder, name: StoredName, manifest: Manifest, pause: Pause) -> Target:
    """What stands under a name, links not followed."""
    status = folder.status(name)
    if status is None:
        return Target.ABSENT
    if not stat.S_ISREG(status.st_mode):
        return Target.NO_FILE
    if status.st_size != manifest.size:
        return Target.OTHER
    hasher = hashlib.sha256()
    with os.fdopen(open_stored(folder, name), "rb", buffering=0) as file:
        while data := file.read(_SLICE):
            hasher.update(data)
            pause()
    return Target.SAME if hasher.digest() == manifest.sha256 else Target.OTHER


def _measure(root: Folder) -> Usage:
    disk = os.fstatvfs(root.fd)
    return Usage(
        stored={name: _stored(root, name) for name in _clients(root)},
        free=disk.f_bavail * disk.f_frsize,
        unfinished=tuple(
            waiting for folder, fp in _senders(root) for waiting in _unfinished(folder, fp)
        ),
    )


def _clients(root: Folder) -> list[str]:
    return [
        name
        for name, status in root.entries()
        if stat.S_ISDIR(status.st_mode) and not name.startswith(".")
    ]


def _stored(root: Folder, client: str) -> int:
    """Bytes in a client's folder; none in one that is not ours to look into, or gone by now."""
    try:
        with root.inner(client) as folder:
            return sum(s.st_size for _, s in folder.entries() if stat.S_ISREG(s.st_mode))
    except (PermissionError, FileNotFoundError):
        return 0


def _senders(root: Folder) -> Iterator[tuple[Folder, bytes]]:
    """The folders below .parts, with the fingerprints that they are named after."""
    if root.status(PARTS) is None:
        return
    with root.inner(PARTS) as parts:
        for name, status in list(parts.entries()):
            fp = _hex(name, 32)
            if fp is not None and stat.S_ISDIR(status.st_mode):
                with parts.inner(name) as folder:
                    yield folder, fp


def _unfinished(folder: Folder, fp: bytes) -> Iterator[Unfinished]:
    files = dict(folder.entries())
    now = time.time()
    for stem in {name.removesuffix(PART).removesuffix(OFFER) for name in files}:
        tid = _hex(stem, 16)
        own = [files[name] for name in (stem + PART, stem + OFFER) if name in files]
        if tid is None or not own:
            continue
        manifest = _manifest(folder.read_small(stem + OFFER))
        size = manifest.size if manifest is not None else own[0].st_size
        yield Unfinished(TransferKey(fp, tid), size, now - max(s.st_mtime for s in own))


def _hex(text: str, length: int) -> bytes | None:
    """The bytes of a name that we gave, or None for any other name."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    return data if len(data) == length and data.hex() == text else None


def _manifest(data: bytes | None) -> Manifest | None:
    """A stored offer; one that a crash has torn is none."""
    whole = whole_offer(data) if data is not None else None
    try:
        return decode_manifest(whole) if whole is not None else None
    except ProtocolError:
        return None


def _receipt_mh(data: bytes | None) -> bytes | None:
    try:
        return decode_receipt(data).mh if data is not None else None
    except ProtocolError:
        return None


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disk_failed(error: OSError) -> DiskFailed:
    return DiskFailed(error.strerror or str(error))
