"""What the server's core tells the person beside it: notices, and rows for a screen.

Each notice has an `event` (its name in JSON) and a `line` (its one line of text, in which
whatever a peer chose is already safe to show). The fields hold raw values. A notice knows no
time, no screen and no JSON; who prints it adds the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rsachat import amounts
from rsachat.protocol.safe_text import Clean, clean_line, clean_name, join


@dataclass(frozen=True, slots=True)
class Listening:
    """The server takes connections. `authorized` counts keys; `open_to_all` admits any key.

    `engine` names what does the RSA.
    """

    event: ClassVar[str] = "listening"
    address: str
    fingerprint: str
    authorized: int
    open_to_all: bool
    engine: str

    @property
    def line(self) -> Clean:
        keys = amounts.number(self.authorized, "authorized key")
        who = f"open to every key ({keys})" if self.open_to_all else keys
        where = f"listening on {self.address}, fingerprint {self.fingerprint}"
        return join(f"{where}, {who}, RSA by {self.engine}")


@dataclass(frozen=True, slots=True)
class MetricsOpen:
    """The metrics can be collected; `address` is where."""

    event: ClassVar[str] = "metrics"
    address: str

    @property
    def line(self) -> Clean:
        return join(f"metrics at http://{self.address}/metrics")


@dataclass(frozen=True, slots=True)
class Connected:
    """A chat session is fully connected; `clients` counts it."""

    event: ClassVar[str] = "connected"
    name: str
    address: str
    clients: int

    @property
    def line(self) -> Clean:
        return join("connected ", _who(self.name, self.address), f" (clients: {self.clients})")


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A chat session ended after `seconds`; `clients` no longer counts it."""

    event: ClassVar[str] = "disconnected"
    name: str
    address: str
    seconds: float
    reason: str
    clients: int

    @property
    def line(self) -> Clean:
        who = _who(self.name, self.address)
        after = f" after {amounts.duration(self.seconds)}: "
        return join(
            "disconnected ", who, after, clean_line(self.reason), f" (clients: {self.clients})"
        )


@dataclass(frozen=True, slots=True)
class RefusedPeer:
    """A connection was turned away; `name` is empty where none was said."""

    event: ClassVar[str] = "refused"
    address: str
    reason: str
    name: str = ""

    @property
    def line(self) -> Clean:
        return join("refused ", _who(self.name, self.address), ": ", clean_line(self.reason))


@dataclass(frozen=True, slots=True)
class KeyShown:
    """Somebody saw the server prove its key and left: at a first contact, or expecting another."""

    event: ClassVar[str] = "key-shown"
    address: str

    @property
    def line(self) -> Clean:
        where = clean_name(self.address)
        return join("key shown to ", where, ", which left without logging in")


@dataclass(frozen=True, slots=True)
class Authorized:
    """A newcomer's key was let in by an invitation."""

    event: ClassVar[str] = "authorized"
    name: str
    address: str

    @property
    def line(self) -> Clean:
        return join("authorized ", _who(self.name, self.address), " by its invitation")


@dataclass(frozen=True, slots=True)
class UploadStarted:
    """A file of `size` bytes is coming in; `done` bytes of it were here from an earlier try."""

    event: ClassVar[str] = "upload-started"
    name: str
    address: str
    file: str
    size: int
    done: int = 0

    @property
    def line(self) -> Clean:
        what = f" ({amounts.size(self.size)})"
        if self.done:
            what = f" ({amounts.size(self.size)}, going on at {amounts.size(self.done)})"
        return join("upload started ", _file(self.name, self.address, self.file), what)


@dataclass(frozen=True, slots=True)
class UploadDone:
    """A file is stored whole; `sha256` is its hash in hex."""

    event: ClassVar[str] = "upload-done"
    name: str
    address: str
    file: str
    size: int
    sha256: str
    chunks: int

    @property
    def line(self) -> Clean:
        amount = f"{amounts.number(self.size, 'byte')}, {amounts.number(self.chunks, 'chunk')}"
        file = _file(self.name, self.address, self.file)
        return join("upload done ", file, f" ({amount}, SHA-256 {self.sha256})")


@dataclass(frozen=True, slots=True)
class UploadFailed:
    """A transfer ended before its file was whole."""

    event: ClassVar[str] = "upload-failed"
    name: str
    address: str
    file: str
    reason: str

    @property
    def line(self) -> Clean:
        file = _file(self.name, self.address, self.file)
        return join("upload failed ", file, ": ", clean_line(self.reason))


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the operator should know; the server goes on."""

    event: ClassVar[str] = "warning"
    text: str

    @property
    def line(self) -> Clean:
        return join("warning: ", clean_line(self.text))


@dataclass(frozen=True, slots=True)
class Relayed:
    """An envelope as the server saw it pass (`--tap`): its size in bytes, SHA-256 and beginning.

    Both are hex. More than this there is not to be seen here.
    """

    event: ClassVar[str] = "relayed"
    sender: str
    recipient: str
    size: int
    sha256: str
    begins: str

    @property
    def line(self) -> Clean:
        who = join(clean_name(self.sender), " → ", clean_name(self.recipient))
        return join("relayed ", who, f" ({amounts.size(self.size)}): {self.begins}…")


@dataclass(frozen=True, slots=True)
class Stopping:
    """The server says goodbye to the `clients` that are still there."""

    event: ClassVar[str] = "stopping"
    clients: int

    @property
    def line(self) -> Clean:
        return join(f"stopping (clients: {self.clients})")


Notice = (
    Listening
    | MetricsOpen
    | Connected
    | Disconnected
    | RefusedPeer
    | KeyShown
    | Authorized
    | UploadStarted
    | UploadDone
    | UploadFailed
    | Warned
    | Relayed
    | Stopping
)


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A connected session: `since` in ms of the wall clock, `messages` and `bytes` it sent."""

    name: str
    address: str
    since: int
    messages: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TransferRow:
    """An upload under way: bytes, and `started` in ms of the wall clock."""

    name: str
    file: str
    done: int
    total: int
    started: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The server at one moment (`now`, ms of the wall clock), for a screen that draws itself.

    `engine` names what does the RSA, where the screen should say so.
    """

    address: str
    fingerprint: str
    authorized: int
    open_to_all: bool
    started: int
    now: int
    clients: int
    rows: Sequence[ClientRow]
    transfers: Sequence[TransferRow]
    engine: str = ""


def _who(name: str, address: str) -> Clean:
    return join(clean_name(name), " " if name else "", clean_name(address))


def _file(name: str, address: str, file: str) -> Clean:
    return join(clean_name(name), "/", clean_name(file), " from ", clean_name(address))
