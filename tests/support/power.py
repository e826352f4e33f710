"""What a disk may hold after a power cut: only what was synced, for sure; of the rest, anything.

`Disk` follows a folder while it is worked on. After each call that changes it there is one
`Moment`: what is on the disk for sure, and what the page cache holds. From a moment, a disk can
be made as it might be found: the least, all, or by the throw of dice some of it, torn.
"""

import os
import random
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Entries = dict[int, dict[str, int]]
"""By a folder's inode: names and the inodes they stand for."""
Contents = dict[int, bytes]

CALLS = (
    "open",
    "pwrite",
    "fsync",
    "rename",
    "replace",
    "link",
    "unlink",
    "mkdir",
    "ftruncate",
    "close",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """After `call`: inodes of folders and files, synced and as the cache has them."""

    call: str
    root: int
    synced: Entries
    cached: Entries
    synced_bytes: Contents
    cached_bytes: Contents

    def least(self, into: Path) -> None:
        """Nothing that was not synced. A file whose bytes were not is there, and empty."""
        self._make(into, self.root, self.synced, lambda inode: self.synced_bytes.get(inode, b""))

    def all(self, into: Path) -> None:
        self._make(into, self.root, self.cached, lambda inode: self.cached_bytes.get(inode, b""))

    def some(self, into: Path, dice: random.Random) -> None:
        """Each name old or new, each file's bytes old, new, or new and torn."""
        mixed: Entries = {}
        for folder in self._by_path(self.synced.keys() | self.cached.keys()):
            old, new = self.synced.get(folder, {}), self.cached.get(folder, {})
            names = sorted(old.keys() | new.keys())
            chosen = {name: dice.choice((old, new)).get(name) for name in names}
            mixed[folder] = {name: inode for name, inode in chosen.items() if inode is not None}
        torn: Contents = {}
        for inode in self._by_path(self.synced_bytes.keys() | self.cached_bytes.keys()):
            torn[inode] = self._torn(inode, dice)
        self._make(into, self.root, mixed, lambda inode: torn.get(inode, b""))

    def _by_path(self, inodes: Iterable[int]) -> list[int]:
        """In an order that another run has too, with other inodes."""
        paths = {self.root: ""}
        for tree in (self.synced, self.cached):
            _paths(tree, self.root, "", paths)
        return sorted((inode for inode in inodes if inode in paths), key=paths.__getitem__)

    def _torn(self, inode: int, dice: random.Random) -> bytes:
        old = self.synced_bytes.get(inode, b"")
        new = self.cached_bytes.get(inode, old)  # old if its last name is gone from the cache
        if old == new or dice.random() < 0.3:
            return old
        out = bytearray(new)
        if out and dice.random() < 0.7:
            start = dice.randrange(len(out))
            end = min(len(out), start + dice.randrange(1, 5000))
            out[start:end] = old[start:end].ljust(end - start, b"\0")
        return bytes(out)

    def _make(
        self, into: Path, folder: int, entries: Entries, content: Callable[[int], bytes]
    ) -> None:
        into.mkdir()
        made: dict[int, Path] = {}
        self._fill(into, folder, entries, content, made)

    def _fill(
        self,
        into: Path,
        folder: int,
        entries: Entries,
        content: Callable[[int], bytes],
        made: dict[int, Path],
    ) -> None:
        for name, inode in entries.get(folder, {}).items():
            path = into / name
            if inode in self.cached or inode in self.synced:
                path.mkdir(mode=0o700)
                self._fill(path, inode, entries, content, made)
            elif inode in made:
                path.hardlink_to(made[inode])
            else:
                path.write_bytes(content(inode))
                path.chmod(0o600)
                made[inode] = path


@dataclass
class Disk:
    """The folder `root`, empty at the start, and the moments of its life."""

    root: Path
    moments: list[Moment] = field(default_factory=list)
    synced: Entries = field(default_factory=dict)
    synced_bytes: Contents = field(default_factory=dict)

    @contextmanager
    def followed(self) -> Iterator["Disk"]:
        """Take a moment after each call of `os` that may change something."""
        real = {name: getattr(os, name) for name in CALLS}
        for name in CALLS:
            setattr(os, name, self._hooked(name, real[name]))
        try:
            yield self
        finally:
            for name, function in real.items():
                setattr(os, name, function)

    def _hooked(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if name == "fsync":
                self._sync(args[0])
            result = real(*args, **options)
            if name == "open" and args[1] & os.O_CREAT:
                self.synced_bytes.pop(os.fstat(result).st_ino, None)  # an inode used again
            if name not in ("open", "close") or (name == "open" and args[1] & os.O_CREAT):
                self.take(name)
            return result

        return call

    def _sync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            self.synced[status.st_ino] = _names(descriptor)
        else:
            self.synced_bytes[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def take(self, call: str) -> None:
        cached: Entries = {}
        contents: Contents = {}
        for path in (self.root, *self.root.rglob("*")):
            inode = path.lstat().st_ino
            if path.is_dir():
                cached[inode] = _names(path)
            else:
                contents[inode] = path.read_bytes()
        root = self.root.stat().st_ino
        synced = dict(self.synced)
        self.moments.append(Moment(call, root, synced, cached, dict(self.synced_bytes), contents))


def _names(folder: int | Path) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat(follow_symlinks=False).st_ino for entry in entries}


def _paths(tree: Entries, folder: int, path: str, found: dict[int, str]) -> None:
    for name, inode in tree.get(folder, {}).items():
        found[inode] = min(found.get(inode, f"{path}/{name}"), f"{path}/{name}")
        _paths(tree, inode, f"{path}/{name}", found)
