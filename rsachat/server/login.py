"""From a stranger to a session: the server's signature, the decision on a proven key, WELCOME.

Order of work (PROTOCOL 2.3): limits, then the key encapsulation, then one RSA signature in the
pool, and only for who has proven a key a look at the key ring. A key about to be refused is
looked up on disk once more, so that an `authorize` of a moment ago counts.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from rsachat.crypto.jobs import Priority, Sign
from rsachat.errors import ProtocolError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.io_events import SubmitJob
from rsachat.protocol.link_events import ClientProven, SignatureNeeded
from rsachat.protocol.messages import Welcome
from rsachat.server.admission import Gate, authorized_name, free_name
from rsachat.server.connection import Connection, Phase
from rsachat.server.events import GuestSeen, KeyRing, LoadKeys, StoreGuest
from rsachat.server.outgoing import Outgoing
from rsachat.server.reasons import FAILED_PROOF
from rsachat.settings import ServerSettings


class Signing:
    """Which connection waits for which signature job."""

    def __init__(self, most: int, new_job: Callable[[], int], out: Outgoing) -> None:
        self._most = most
        self._new_job = new_job
        self._out = out
        self._waiting: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, conn: Connection, event: SignatureNeeded) -> None:
        """Give the work to the pool. Raises ProtocolError(BUSY)."""
        if len(self._waiting) >= self._most:
            raise ProtocolError(AlertCode.BUSY, "too many handshakes at once")
        job_id = self._new_job()
        self._waiting[job_id] = conn.id
        self._out.act(SubmitJob(job_id, Sign(event.label, event.message), Priority.URGENT))

    def take(self, job_id: int) -> int | None:
        """The connection that waits for this job, or None: not a signature of a handshake."""
        return self._waiting.pop(job_id, None)


class Login:
    """Decides on proven keys and makes sessions of them."""

    def __init__(
        self,
        server_fp: bytes,
        settings: ServerSettings,
        ambient: Ambient,
        gate: Gate,
        out: Outgoing,
    ) -> None:
        self._server_fp = server_fp
        self._settings = settings
        self._ambient = ambient
        self._gate = gate
        self._out = out
        self._here: Counter[tuple[bytes, Role]] = Counter()
        self.keys = KeyRing()

    def name_of(self, fp: bytes) -> str | None:
        """The name under which a key may be here now, or None."""
        return authorized_name(self.keys, fp, open_to_all=self._settings.open)

    def decide(self, conn: Connection, proven: ClientProven, now: float) -> str | AlertCode | None:
        """The name, the alert that refuses, or None: the keys are being looked at again."""
        name = self._name(conn, proven, now)
        if name is AlertCode.NOT_AUTHORIZED and not conn.looked_up:
            conn.looked_up, conn.proven, conn.phase = True, proven, Phase.DECIDING
            self._out.act(LoadKeys())
            return None
        if isinstance(name, str) and not self._has_room(proven):
            return AlertCode.RATE
        return name

    def refuse(self, conn: Connection, proven: ClientProven, code: AlertCode, now: float) -> None:
        """Tell it why it does not come in; a failed proof counts against its address."""
        conn.name = proven.name
        if code in FAILED_PROOF:
            self._gate.failed(conn.address, now)
        conn.link.refuse(code)

    def admit(self, conn: Connection, proven: ClientProven, name: str, online: int) -> None:
        """Make a session of it and welcome it."""
        conn.name, conn.fp, conn.role = name, proven.key.fingerprint, proven.role
        self._here[conn.fp, conn.role] += 1
        conn.session = self._ambient.random(8)
        conn.proven = None
        conn.admitted_at = self._ambient.monotonic()
        conn.phase = Phase.UNLISTED if conn.role is Role.CHAT else Phase.UPLOADING
        self._gate.leave(conn.id)
        self._see(conn)
        conn.link.accept(self._welcome(conn, online))
        if conn.role is Role.CHAT:
            conn.link.peer = None  # 2 KiB a session; its next bundle brings the key along
        self._out.touch(conn)

    def may_stay(self, conn: Connection) -> bool:
        """Whether the keys that were loaded a moment ago still have it, under its name."""
        if self.name_of(conn.fp) != conn.name:
            return False
        self._see(conn)
        return True

    def _see(self, conn: Connection) -> None:
        """It is here: a guest's name stays its own."""
        if conn.fp not in self.keys.authorized:
            self._out.act(GuestSeen(conn.name))

    def leave(self, conn: Connection) -> None:
        """A connection that was admitted is over."""
        held = conn.fp, conn.role
        self._here[held] -= 1
        if not self._here[held]:
            del self._here[held]

    def admit_to_join(self, conn: Connection, proven: ClientProven) -> None:
        """Welcome a newcomer, whoever it is, for one JOIN; it learns nothing about this place."""
        conn.name, conn.fp, conn.role = proven.name, proven.key.fingerprint, proven.role
        conn.phase = Phase.JOINING
        welcome = self._welcome(conn, 0)
        conn.link.accept(replace(welcome, session=bytes(8), address="", motd=""))
        self._out.touch(conn)

    def _name(self, conn: Connection, proven: ClientProven, now: float) -> str | AlertCode:
        name = self.name_of(proven.key.fingerprint)
        if name is not None:
            return name
        if not self._settings.open:
            return AlertCode.NOT_AUTHORIZED
        return self._new_guest(conn, proven, now)

    def _new_guest(self, conn: Connection, proven: ClientProven, now: float) -> str | AlertCode:
        fp = proven.key.fingerprint
        name = free_name(self.keys, fp, proven.name)
        if isinstance(name, AlertCode):
            return name
        if not self._gate.may_add_guest(conn.address, len(self.keys.guests), now):
            return AlertCode.RATE
        guests = {**self.keys.guests, fp: name}
        self.keys = KeyRing(self.keys.authorized, guests, self.keys.revoked)
        self._out.act(StoreGuest(name, proven.key.spki))
        return name

    def _has_room(self, proven: ClientProven) -> bool:
        limits = self._settings.session
        most = limits.uploads_per_key if proven.role is Role.UPLOAD else limits.sessions_per_key
        return self._here[proven.key.fingerprint, proven.role] < most

    def _welcome(self, conn: Connection, online: int) -> Welcome:
        transfer = self._settings.transfer
        return Welcome(
            self._server_fp,
            conn.session,
            conn.name,
            conn.address,
            online,
            self._ambient.wall_ms(),
            transfer.max_rsa_file,
            transfer.max_file,
            self._settings.motd,
        )
