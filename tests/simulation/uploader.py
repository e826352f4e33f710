"""Somebody who delivers one file, however often the command must be given."""

from pathlib import Path

from rsachat.client import upload_io as up
from rsachat.client.upload_session import UploadLogin, UploadSession, Wish
from rsachat.errors import RsachatError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.manifest import decode_manifest
from rsachat.protocol.transfer import Mode
from rsachat.runtime.client_shell import Target
from rsachat.runtime.sources import SourceFile
from rsachat.runtime.upload_shell import Report, Source, UploadShell
from rsachat.settings import ClientSettings, TransferLimits
from tests.simulation.home import Home, HomePins, HomeTransfers
from tests.simulation.machine import Host, Machine
from tests.simulation.stand_ins import identity

AGAIN = 4.0  # seconds until the person gives the command again
SETTINGS = ClientSettings(transfer=TransferLimits(read_ahead=8))
SERVER = Target("10.0.0.1", 8000)


class Uploader:
    """Its home and the source outlive the process, which is another each time `again`."""

    session_type: type[UploadSession] = UploadSession

    def __init__(
        self, host: Host, label: str, home: Home, source: Path, mode: Mode, ambient: Ambient
    ) -> None:
        self.host = host
        self.label = label
        self.home = home
        self.name = home.name
        self.data = source.read_bytes()
        self.target = source.name
        self._source = source
        self._mode = mode
        self._ambient = ambient
        self.new_stored = False
        self._distrusting = False
        self.done: up.Delivered | None = None
        self.wanted = True
        """Whether the command is given until it is done."""
        self.failures: list[str] = []
        self._run()

    @property
    def running(self) -> bool:
        return not self.machine.dead

    @property
    def tid(self) -> bytes | None:
        saved = self.kept.saved
        return decode_manifest(saved.manifest).tid if saved is not None else None

    @property
    def stored(self) -> int:
        """Bytes that the server said it has, of this transfer and since its last power cut."""
        return self._stored if self._changes == self.kept.changes else 0

    def again(self) -> None:
        """The command is given once more, if it has to be."""
        if self.wanted and self.done is None and self.machine.dead:
            self._run()

    def give_up(self) -> None:
        """It is not given any more."""
        self.wanted = False
        self.end()

    def kill(self) -> None:
        self.end()
        self._try_again()

    def lose_power(self) -> None:
        self.machine.lose_power()
        self.kill()

    def end(self) -> None:
        """The process is gone, with its files."""
        self.machine.die()
        self._shell.close()

    def server_lost_power(self) -> None:
        """What the server said before counts no more, also where it is still on its way."""
        self._stored, self._distrusting = 0, True

    def _run(self) -> None:
        self.host.say(self.label, f"uploads {self.target} ({len(self.data)} bytes)")
        self.machine = Machine(self.host, self.label)
        self.kept = HomeTransfers(self.home)
        self.session: UploadSession | None = None
        self._stored = self._changes = 0
        source = Source(SourceFile(self._source, self.target), self.target)
        own_fp = identity(self.name).public.fingerprint
        loop = self.machine.loop
        self._shell = UploadShell(loop, 1, [source], self.kept, own_fp, self._hear)
        self._shell.connect(SERVER, self._session, self._finished)

    def _session(self) -> UploadSession:
        self._distrusting = False
        key, pin = identity(self.name), identity("server").public.fingerprint
        self.session = self.session_type(
            UploadLogin(key, "", "10.0.0.1:8000", pin),
            HomePins(self.home, lambda text: self.host.say(self.label, text)),
            [Wish(0, self.target, False, self._mode)],
            self._ambient,
            SETTINGS,
            self._shell.new_job_id,
        )
        return self.session

    def _hear(self, _number: int, event: Report) -> None:
        match event:
            case up.Progress(done=done, size=size):
                self.host.say(self.label, f"{done} of {size} bytes are stored")
                if not self._distrusting:
                    self._stored, self._changes = done, self.kept.changes
                    self.new_stored = True
            case up.Remark(text=text):
                self._stored = 0
                self.host.say(self.label, text)
            case up.Delivered():
                self.home.keep_receipt(self.target, event)
                self.done = event
                self.host.say(self.label, f"{self.target} is delivered")
            case up.NotDelivered(error=error):
                self.failures.append(f"{error.what}: {error.why}")
                self.host.say(self.label, f"{self.target} is not delivered: {self.failures[-1]}")

    def _finished(self, error: RsachatError | None) -> None:
        self.end()
        if self.done is None:
            self.host.say(self.label, f"ends: {error or 'in order'}")
            self._try_again()

    def _try_again(self) -> None:
        pause = AGAIN * (0.5 + self.host.net.dice.random())
        self.host.net.timeline.after(pause, self.again)
