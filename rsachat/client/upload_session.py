"""One connection of an uploader: the login, then files one after the other, then a goodbye.

A core like the chat's: events in, actions out. Each file is an `Uploading`; what it asks of the
disk and the workers goes out as it is, with the file's number said once by `OpenSource`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rsachat.client.channel import Channel, ChannelEvent, Ended, LoggedIn
from rsachat.client.endings import changed_own_name, ending_error, lost
from rsachat.client.events import CONN, Finished, LeaveRequested
from rsachat.client.offering import Offer, Terms
from rsachat.client.upload_io import (
    Delivered,
    NotDelivered,
    OpenSource,
    Remark,
    Saved,
    SendMessage,
    SourceFailed,
    SourceHashed,
    SourceOpened,
    SourceRead,
)
from rsachat.client.uploading import Uploading
from rsachat.crypto.jobs import Sign
from rsachat.crypto.rsa import PrivateKey
from rsachat.errors import ProtocolError, RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.manifest import decode_manifest
from rsachat.protocol.transfer import Mode
from rsachat.settings import ClientSettings

Action = object
CHECK_CLOCK = "this machine's clock and the server's differ by over 5 minutes: check the clock"


@dataclass(frozen=True, slots=True)
class UploadLogin:
    """How to log in: the identity, the server as typed (`host:port`), its pinned key (32 bytes).

    `wish` is the name to ask an open server for.
    """

    identity: PrivateKey
    wish: str
    server: str
    pin: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """A file to deliver: its number at the shell, the name it gets, and whether it may replace."""

    number: int
    name: str
    replace: bool
    mode: Mode = Mode.RSA_CHUNKS


class NameStore(Protocol):
    """Which name a server calls this key by."""

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        """The name first told here; `told`, if this is the first time."""


class UploadSession:
    """Delivers `wishes` in their order. `new_job_id` numbers jobs for the shell's workers."""

    def __init__(
        self,
        login: UploadLogin,
        names: NameStore,
        wishes: Sequence[Wish],
        ambient: Ambient,
        settings: ClientSettings,
        new_job_id: Callable[[], int],
    ) -> None:
        self._login = login
        self._names = names
        self._wishes = list(wishes)
        self._ambient = ambient
        self._settings = settings
        self._new_job_id = new_job_id
        self._channel = Channel(
            login.identity, ambient, settings, Role.UPLOAD, login.wish, login.pin
        )
        self._actions: list[Action] = []
        self._uploading: Uploading | None = None
        self._welcome: m.Welcome | None = None
        self._login_at = 0.0
        self._leaving_until: float | None = None
        self._finished = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            io.BytesReceived: lambda e: self._from_server(self._channel.receive(e.data)),
            io.EofReceived: lambda e: self._from_server(self._channel.eof()),
            io.ConnectionLost: lambda e: self._from_server(self._channel.lost(e.why)),
            io.Backlog: lambda e: None,
            io.Tick: lambda e: self._on_tick(),
            LeaveRequested: lambda e: self._leave(),
            SourceOpened: self._on_opened,
            SourceHashed: lambda e: self._step(lambda u: u.source_hashed(e)),
            SourceRead: lambda e: self._step(lambda u: u.source_read(e.number, e.data)),
            SourceFailed: self._on_source_failed,
            io.JobFinished: lambda e: self._step(lambda u: u.job_finished(e.job_id, e.result)),
            io.JobFailed: lambda e: self._step(lambda u: u.job_failed(e.job_id, e.error)),
        }

    @property
    def logged_in(self) -> bool:
        return self._welcome is not None

    def handle(self, event: object) -> list[Action]:
        """Take one event; the actions it causes, to be done in order."""
        if not self._finished:
            self._handlers[event.__class__](event)
        return self._take()

    def flush(self) -> list[Action]:
        """At the end of a pass: seal and send what waits."""
        if not self._finished:
            self._send_waiting()
        return self._take()

    def next_deadline(self) -> float | None:
        """When `Tick` is due, in monotonic seconds."""
        if self._finished:
            return None
        wishes = (self._channel.next_deadline(), self._leaving_until)
        return min((wish for wish in wishes if wish is not None), default=None)

    # the server

    def _from_server(self, happened: Iterable[ChannelEvent]) -> None:
        for event in happened:
            match event:
                case LoggedIn(welcome=welcome):
                    self._logged_in(welcome)
                case Ended():
                    self._ended(event)
                case _:
                    self._on_message(event)

    def _logged_in(self, welcome: m.Welcome) -> None:
        own_fp = self._login.identity.public.fingerprint
        held = self._names.own_name(welcome.server_fp, own_fp, welcome.name)
        if held != welcome.name:
            self._finish(changed_own_name(self._login.server, held, welcome.name))
            return
        self._welcome, self._login_at = welcome, self._ambient.monotonic()
        if abs(welcome.time_ms - self._ambient.wall_ms()) > self._settings.chat.clock_skew_ms:
            self._actions.append(Remark(CHECK_CLOCK))
        self._next_file()

    def _on_message(self, message: m.Message) -> None:
        try:
            self._step(lambda uploading: uploading.message(message))
        except ProtocolError as error:
            self._finish(
                lost(self._login.server, f"the server broke the protocol ({error.detail})")
            )

    def _ended(self, ended: Ended) -> None:
        if self._leaving_until is not None:
            self._finish(None)
            return
        error = ending_error(ended, self._login.server, self._login.pin)
        self._finish(error or lost(self._login.server, "the server is stopping"))

    # files

    def _next_file(self) -> None:
        self._uploading = None
        if not self._wishes:
            self._leave()
        elif self._welcome is not None:
            self._actions.append(OpenSource(self._wishes[0].number, self._welcome.server_fp))

    def _on_opened(self, event: SourceOpened) -> None:
        wish, server = self._wishes[0], self._channel.server
        if self._welcome is None or server is None or event.number != wish.number:
            return
        terms = Terms(
            name=wish.name,
            replace=wish.replace,
            own=self._login.identity.public,
            server=server,
            max_rsa=self._welcome.max_rsa,
            max_file=self._welcome.max_file,
            now_ms=self._server_now_ms,
            random=self._ambient.random,
            mode=wish.mode,
        )
        saved, limits = _saved_offer(event.saved), self._settings.transfer
        self._uploading = Uploading(terms, limits, self._new_job_id, saved)
        self._do(self._uploading.start())

    def _on_source_failed(self, event: SourceFailed) -> None:
        if self._uploading is not None:
            self._step(lambda uploading: uploading.source_failed(event.error))
        elif self._wishes and self._welcome is not None:
            self._do([NotDelivered(event.error)])

    def _step(self, move: Callable[[Uploading], Iterable[Action]]) -> None:
        """Let the file at hand go on, if there is one."""
        if self._uploading is not None:
            self._do(move(self._uploading))

    def _do(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case SendMessage(message=message):
                    self._channel.send(message)
                case io.SubmitJob(job_id=job_id, job=Sign(label=label, message=message)):
                    self._sign(job_id, label, message)
                case Delivered() | NotDelivered():
                    self._actions.append(action)
                    del self._wishes[0]
                    self._next_file()
                case _:
                    self._actions.append(action)

    def _sign(self, job_id: int, label: bytes, message: bytes) -> None:
        """Here and at once: it is one signature a file, and the workers hold no key."""
        signature = self._login.identity.sign(label, message, self._ambient.random)
        self._step(lambda uploading: uploading.job_finished(job_id, signature))

    def _server_now_ms(self) -> int:
        """The server's clock, so that a wrong one here makes no offer too old or too new."""
        assert self._welcome is not None
        since = self._ambient.monotonic() - self._login_at
        return self._welcome.time_ms + int(since * 1000)

    # the end

    def _leave(self) -> None:
        """Say goodbye, and wait a moment for the server's own."""
        if self._leaving_until is not None:
            return
        self._leaving_until = self._ambient.monotonic() + self._settings.linger_seconds
        self._send_waiting()
        self._channel.close()
        if self._welcome is None:
            self._finish(None)

    def _on_tick(self) -> None:
        if self._leaving_until is not None and self._ambient.monotonic() >= self._leaving_until:
            self._finish(None)
            return
        self._from_server(self._channel.tick())

    def _finish(self, error: RsachatError | None) -> None:
        if not self._finished:
            self._send_waiting()
            self._finished = True
            self._actions += [io.CloseConnection(CONN), Finished(error)]

    def _send_waiting(self) -> None:
        data = self._channel.flush()
        if data:
            self._actions.append(io.SendBytes(CONN, data))

    def _take(self) -> list[Action]:
        taken, self._actions = self._actions, []
        return taken


def _saved_offer(saved: Saved | None) -> Offer | None:
    """One that does not parse is none: the file begins anew."""
    try:
        return Offer(decode_manifest(saved.manifest), saved.file_key) if saved is not None else None
    except ProtocolError:
        return None
