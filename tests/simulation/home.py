"""Somebody's own machine: the disk that holds their pins, unfinished uploads and receipts.

The program's own code writes there. What it said would last is remembered beside it.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rsachat.client.people import KnownPerson
from rsachat.client.upload_io import Delivered, Saved
from rsachat.commands.receipts import SUFFIX, ReceiptKeeper
from rsachat.protocol.receipt_file import ReceiptFile
from rsachat.runtime.pin_store import FilePinStore
from rsachat.runtime.pins import Pins
from rsachat.runtime.transfers import FOLDER, SavedTransfers, TransferName
from tests.simulation.disk import Drive
from tests.simulation.stand_ins import identity


class Home:
    """The machine of `name`, on which all processes of theirs run."""

    def __init__(
        self, name: str, folder: Path, dice: random.Random, wall_ms: Callable[[], int]
    ) -> None:
        self.name = name
        self.wall_ms = wall_ms
        self.drive = Drive(folder, dice)
        self.goes_dark = False
        """Whether a process that dies in a write does so because the power fails."""
        self.promised_pins: set[tuple[str, bytes]] = set()
        self.promised_receipts: dict[str, bytes] = {}

    @property
    def keys(self) -> Path:
        return self.drive.disk.root / "keys"

    @property
    def receipts(self) -> Path:
        return self.drive.disk.root / "receipts"

    def keep_receipt(self, target: str, done: Delivered) -> None:
        """As `rsachat upload --receipt` does it."""
        own = identity(self.name).public.spki
        proof = ReceiptFile(done.server, own, done.manifest, done.receipt)
        with self.drive.work():
            ReceiptKeeper(self.receipts, several=True).keep(target, proof)
        self.promised_receipts[target + SUFFIX] = proof.encode()


class HomePins:
    """The pins of a home. `warn` is told of what could not be written."""

    def __init__(self, home: Home, warn: Callable[[str], object]) -> None:
        self._home = home
        self._warn = warn

    def people(self, server_fp: bytes) -> tuple[KnownPerson, ...]:
        return self._store().people(server_fp)

    def pin(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        with self._home.drive.work():
            return self._promised(self._store().pin(server_fp, name, fp))

    def verify(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        with self._home.drive.work():
            return self._promised(self._store().verify(server_fp, name, fp))

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        with self._home.drive.work():
            return self._store().own_name(server_fp, own_fp, told)

    def _store(self) -> FilePinStore:
        return FilePinStore(Pins(self._home.keys), self._home.wall_ms, self._warn)

    def _promised(self, person: KnownPerson) -> KnownPerson:
        self._home.promised_pins.add((person.name, person.fp))
        return person


class HomeTransfers(SavedTransfers):
    """What a home remembers of one upload. `saved` is what its process has at hand.

    The source's path is not this run's, so that the file has the same name in each.
    """

    def __init__(self, home: Home) -> None:
        super().__init__(home.keys / FOLDER)
        self._home = home
        self.saved: Saved | None = None
        self.changes = 0

    def load(self, name: TransferName) -> Saved | None:
        self._has(super().load(_anywhere(name)))
        return self.saved

    def save(self, name: TransferName, saved: Saved) -> None:
        with self._home.drive.work():
            super().save(_anywhere(name), saved)
        self._has(saved)

    def drop(self, name: TransferName) -> None:
        with self._home.drive.work():
            super().drop(_anywhere(name))
        self._has(None)

    def _has(self, saved: Saved | None) -> None:
        self.changes += self.saved != saved
        self.saved = saved


def _anywhere(name: TransferName) -> TransferName:
    return replace(name, path=Path("/", name.path.name))
