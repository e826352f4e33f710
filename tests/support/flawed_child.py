"""rsachat that notes each chunk it opens, and whose disk fails on demand.

`python -m tests.support.flawed_child WORD...` runs `rsachat WORD...`. Its workers import this
file, too, so they have the same flaws:

`OPENED_FILE`: for each batch that a worker begins, "transfer first count" is appended there.
`DISK_FILE`: while it exists, the calls of `os` it names fail, on whatever they are called.
"""

import os
import sys
from collections.abc import Callable
from errno import EIO
from pathlib import Path
from typing import Any

from rsachat.crypto.jobs import DecryptChunks
from rsachat.crypto.rsa import PrivateKey
from rsachat.runtime import worker_process

CALLS = ("pwrite", "fsync", "link", "unlink", "ftruncate")


def note_opened(file: str) -> None:
    run = DecryptChunks.run

    def noted(self: DecryptChunks, key: PrivateKey | None) -> bytes | None:
        line = f"{self.mh.hex()} {self.first} {len(self.units)}\n"
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)
        return run(self, key)

    DecryptChunks.run = noted  # type: ignore[method-assign]


def fail_on_demand(file: Path) -> None:
    for name in CALLS:
        setattr(os, name, _failing(name, getattr(os, name), file))


def _failing(name: str, real: Callable[..., Any], file: Path) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if file.exists() and name in file.read_text().split():
            raise OSError(EIO, "Input/output error")
        return real(*args, **options)

    return call


if "OPENED_FILE" in os.environ:
    note_opened(os.environ["OPENED_FILE"])
if "DISK_FILE" in os.environ:
    fail_on_demand(Path(os.environ["DISK_FILE"]))


def flaw_the_workers() -> None:
    whole = "from rsachat.runtime.worker import"
    assert whole in worker_process._CODE
    flawed = f"import tests.support.flawed_child; {whole}"
    worker_process._CODE = worker_process._CODE.replace(whole, flawed)


if __name__ == "__main__":
    from rsachat.cli import main

    flaw_the_workers()
    sys.exit(main())
