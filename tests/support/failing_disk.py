"""A disk that fails at its nth change: once, or from then on, as a full one does.

Every call of `os` that changes something is counted, and each write to a file that `os.fdopen`
opened. A write that fails has written half before.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import ENOSPC
from typing import Any, Self

CALLS = (
    "open",
    "pwrite",
    "fsync",
    "rename",
    "link",
    "unlink",
    "mkdir",
    "ftruncate",
    "fchmod",
    "utime",
)


class FailingDisk:
    """Fails at change `at`, counted from 0, and with `stays` at all that follow."""

    def __init__(self, at: int, *, stays: bool = False) -> None:
        self._at = at
        self._stays = stays
        self.changes: list[str] = []

    @contextmanager
    def at_work(self) -> Iterator[Self]:
        real: dict[str, Callable[..., Any]] = {n: getattr(os, n) for n in (*CALLS, "fdopen")}
        for name in CALLS:
            setattr(os, name, self._hooked(name, real[name]))
        os.fdopen = lambda *args, **options: self._wrapped(real["fdopen"](*args, **options))
        try:
            yield self
        finally:
            for name, function in real.items():
                setattr(os, name, function)

    def fails(self, call: str) -> bool:
        """Count one change; whether it is to fail."""
        self.changes.append(call)
        number = len(self.changes) - 1
        return number == self._at or (self._stays and number > self._at)

    def _hooked(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **options)
            if self.fails(name):
                if name == "pwrite":
                    real(args[0], args[1][: len(args[1]) // 2], args[2])
                raise full()
            return real(*args, **options)

        return call

    def _wrapped(self, file: Any) -> Any:
        return _File(file, self) if file.writable() else file


class _File:
    """A file that is written through the disk that fails."""

    def __init__(self, file: Any, disk: FailingDisk) -> None:
        self._file = file
        self._disk = disk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        if self._disk.fails("write"):
            self._file.write(data[: len(data) // 2])
            raise full()
        self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number


def full() -> OSError:
    return OSError(ENOSPC, os.strerror(ENOSPC))
