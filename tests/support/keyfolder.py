"""Keys folders for tests, filled with the fixed identities."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.keys import FOLDER


def put_pair(folder: Path, name: str, key: str = "alice") -> None:
    """An identity `name`, its key the fixed one called `key`."""
    put_private(folder, name, key)
    put_public(folder, name, key)


def put_private(folder: Path, name: str, key: str = "alice") -> None:
    _copy(folder, f"{key}-rsapvt.pem", f"{name}-rsapvt.pem", 0o600)


def put_public(folder: Path, name: str, key: str = "alice") -> None:
    _copy(folder, f"{key}-rsapub.pem", f"{name}-rsapub.pem", 0o644)


def _copy(folder: Path, source: str, target: str, mode: int) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(FOLDER / source, folder / target)
    (folder / target).chmod(mode)
