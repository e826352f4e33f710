"""The server's machine: its process, its disk and its keys, through crashes and restarts."""

import random
from pathlib import Path

from rsachat.protocol.ambient import Ambient
from rsachat.protocol.envelope import SID_BYTES
from rsachat.runtime.files import UploadStore
from rsachat.runtime.server_shell import ServerShell
from rsachat.runtime.upload_jobs import DiskJobs
from rsachat.server.core import ServerCore
from rsachat.server.events import KeyRing
from rsachat.server.notices import Connected, Disconnected, Notice, Relayed
from rsachat.server.upload_io import StoreAction, StoreEvent
from rsachat.settings import RelayLimits, ServerSettings, TransferLimits
from tests.simulation.disk import Drive, SimDisk
from tests.simulation.machine import Host, Machine
from tests.simulation.network import Owner, SimSocket
from tests.simulation.stand_ins import identity
from tests.simulation.workers import Workers

_SID = 2 * (1 + SID_BYTES)  # hex digits of an envelope's kind and session
PEOPLE = ("alice", "bob", "carol")
SETTINGS = ServerSettings(
    tap=True,
    relay=RelayLimits(
        queue_sender=12_288,
        queue_all=24_576,
        other_pause=8192,
        other_close=32_768,
        in_flight=8192,
    ),
    transfer=TransferLimits(window=6, envelope_window=2, units_per_task=1),
)


class Ring:
    """The keys folder, which never changes."""

    ring = KeyRing({identity(name).public.fingerprint: name for name in PEOPLE})

    def load(self) -> KeyRing:
        return self.ring

    def changed(self) -> bool:
        return False


class Store(UploadStore):
    """The program's own, under a disk that may be cut off at any of its steps."""

    def __init__(self, drive: Drive) -> None:
        super().__init__(drive.disk.root)
        self._drive = drive

    def perform(self, action: StoreAction) -> StoreEvent | None:
        with self._drive.work():
            return super().perform(action)


class Site:
    """`up` while the server runs. What it announced is counted from its start on."""

    def __init__(self, host: Host, folder: Path, ambient: Ambient, dice: random.Random) -> None:
        self.host = host
        self.ambient = ambient
        self.drive = Drive(folder, dice)
        self.up = self.stopping = False
        self.listed: dict[str, Connected] = {}
        self.notices: list[Notice] = []
        self.sessions: dict[str, str] = {}
        """By an envelope's hash: to which end-to-end session it belongs."""
        self._ports = 50_000
        self.start()

    def start(self) -> None:
        self.up, self.stopping = True, False
        self.drive.die_in = None
        self.listed = {}
        machine = self.machine = Machine(self.host, "server")
        jobs = DiskJobs(self.disk.root, 0o600, SETTINGS.transfer.receipt_kept)
        key = identity("server")
        self.core = ServerCore(key.public, SETTINGS, self.ambient, Ring.ring, jobs)
        self.store = Store(self.drive)
        self.shell = ServerShell(
            machine.loop,
            self.core,
            self.store,
            Ring(),  # type: ignore[arg-type]
            self._announce,
            self._stopped,
        )
        self.workers = Workers(
            machine,
            key,
            self.shell.job_finished,
            self.shell.job_failed,
            around=self.disk.used,
        )
        self.shell.use(self.workers)  # type: ignore[arg-type]
        self.host.net.listener = self._take
        self.host.say("server", "starts")
        machine.wake(self.host.net.timeline.now)

    @property
    def disk(self) -> SimDisk:
        return self.drive.disk

    def crash(self) -> None:
        """The process is killed; what it wrote is there."""
        self._end()
        self.machine.die()

    def lose_power(self) -> None:
        """The machine goes dark."""
        self._end()
        self.machine.lose_power()
        self.drive.lose_power()

    def stop(self) -> None:
        """Ctrl+C: it says goodbye."""
        self.host.net.listener = None
        self.stopping = True
        self.machine.call(self.shell.stop)

    def _stopped(self) -> None:
        self._end()
        self.machine.die()

    def _end(self) -> None:
        self.up = False
        self.host.net.listener = None
        self.store.close()

    def _take(self, client: Owner) -> tuple[SimSocket, str]:
        self._ports += 1
        address = f"10.0.0.2:{self._ports}"
        ours, theirs = self.host.net.pair(client, self.machine)
        self.machine.own(theirs)
        shell = self.shell
        self.machine.call(lambda: shell._accept(theirs, address))  # type: ignore[arg-type]
        return ours, address

    def _announce(self, notice: Notice) -> None:
        self.notices.append(notice)
        match notice:
            case Relayed():
                self.host.say("server", f"relays from {notice.sender} to {notice.recipient}")
                self.sessions[notice.sha256] = notice.begins[:_SID]
                return
            case Connected():
                self.listed[notice.address] = notice
            case Disconnected():
                del self.listed[notice.address]
        self.host.say("server", f"announces {notice.line.plain[:100]}")
