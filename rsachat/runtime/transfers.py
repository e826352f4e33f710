"""What an uploader remembers of a transfer until its receipt: `keys/transfers/`, mode 0600.

One small file for each source, server and target name, so that the same command goes on where
it ended; that of an envelope holds the file's key. A file that cannot be read or does not parse
is as good as none.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from rsachat.client.upload_io import Saved
from rsachat.runtime.key_files import make_folder
from rsachat.runtime.whole_file import write_whole

FOLDER = "transfers"
_MODE = 0o600
_VERSION = 1
_LIMIT = 64 * 1024  # bytes; a manifest has under 2 KiB, a path under 4 KiB


@dataclass(frozen=True, slots=True)
class TransferName:
    """What makes two runs the same upload: both keys, the source's path, the target's name."""

    server_fp: bytes
    own_fp: bytes
    path: Path
    target: str

    @property
    def file(self) -> str:
        parts = (self.server_fp, self.own_fp, bytes(self.path.absolute()), self.target.encode())
        digest = hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts))
        return f"{digest.hexdigest()[:32]}.json"


class SavedTransfers:
    """The folder of saved offers, made when the first one is saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: TransferName) -> Saved | None:
        """What was saved, or None."""
        try:
            with open(self.folder / name.file, "rb") as file:
                saved = json.loads(file.read(_LIMIT))
            if saved["v"] != _VERSION:
                return None
            return Saved(bytes.fromhex(saved["manifest"]), bytes.fromhex(saved.get("key", "")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, name: TransferName, saved: Saved) -> None:
        """Keep an offer. Raises OSError, or RsachatError where no folder can be made."""
        path = str(name.path.absolute())
        data = {"v": _VERSION, "path": path, "target": name.target}
        data |= {"manifest": saved.manifest.hex()}
        if saved.file_key:
            data["key"] = saved.file_key.hex()
        make_folder(self.folder)
        write_whole(self.folder / name.file, json.dumps(data).encode() + b"\n", _MODE)

    def drop(self, name: TransferName) -> None:
        """Nothing is left to go on with. Raises OSError."""
        (self.folder / name.file).unlink(missing_ok=True)
