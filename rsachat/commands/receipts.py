"""Keeps the receipts of one run of uploads as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rsachat.errors import RsachatError
from rsachat.protocol.receipt_file import ReceiptFile
from rsachat.runtime import file_errors
from rsachat.runtime.whole_file import make_folders, write_whole

MODE = 0o644
SUFFIX = ".receipt"
_AGAIN = "the same command says 'already there' and gets a receipt again"


@dataclass(frozen=True, slots=True)
class ReceiptKeeper:
    """`place` is the file for a single upload; with `several` a folder, made here."""

    place: Path
    several: bool

    def __post_init__(self) -> None:
        """Raises RsachatError where no receipt could be kept, before anything is sent."""
        around = self.place.parent
        try:
            if not around.is_dir():
                raise FileNotFoundError(2, "No such file or directory", str(around))
            if self.several:
                make_folders(self.place, None)  # the umask decides
            elif self.place.is_dir():
                raise IsADirectoryError(21, "Is a directory", str(self.place))
        except OSError as error:
            raise _not_kept(self.place, error, file_errors.hint(error)) from error

    def keep(self, target: str, proof: ReceiptFile) -> None:
        """Raises RsachatError."""
        path = self.place / f"{target}{SUFFIX}" if self.several else self.place
        try:
            write_whole(path, proof.encode(), MODE)
        except OSError as error:
            raise _not_kept(path, error, _AGAIN) from error


def _not_kept(path: Path, error: OSError, hint: str) -> RsachatError:
    return RsachatError(f"cannot keep the receipt in {path}", why=file_errors.why(error), hint=hint)
