"""The two ends of a connection, from its first byte to its authenticated end. Sans-IO.

The client's link begins by itself: `data_to_send` holds its hello. What needs a private key or a
decision is the core's: SignatureNeeded is answered by `signature_ready`, ClientProven by
`accept` or `refuse`.
"""

from rsachat.crypto.kdf import equal
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import ProtocolError
from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.frames import (
    PREAMBLE,
    Preamble,
    encode_frame,
    other_version,
    read_preamble,
)
from rsachat.protocol.handshake import ClientHandshake, ServerHandshake
from rsachat.protocol.link_base import WIRE, Link, LinkEvents
from rsachat.protocol.records import MIN_RECORD, Opener, Sealer, Unanswered
from rsachat.protocol.states import OPENING, ClientState, ServerState, State, Step, after
from rsachat.settings import RecordLimits

RECORDS = RecordLimits()
_LOGIN_OVER = (ev.Refused, ev.ServerUnpinned, ev.ServerMismatch)


class ServerLink(Link):
    """The server's end. `identity` is the server's public key."""

    __slots__ = ("_handshake", "_role")

    def __init__(
        self, identity: PublicKey, ambient: Ambient, limits: RecordLimits = RECORDS
    ) -> None:
        super().__init__(ambient, limits, ServerState.PREAMBLE)
        self._handshake = ServerHandshake(identity, ambient)
        self._role = Role.CHAT

    def signature_ready(self, sig: bytes) -> LinkEvents:
        """The answer to SignatureNeeded; ignored if the link has ended meanwhile."""
        if self.state is not ServerState.SIGNING:
            return []
        self._out.append(self._handshake.signed(sig))
        self.state = after(self.state, Step.SIGNED)
        self._reader.limit(MIN_RECORD, WIRE.handshake_frame)
        return self._run()

    def accept(self, welcome: m.Welcome) -> None:
        """The answer to ClientProven: AUTH_RESULT 0 and WELCOME; messages may follow."""
        if self.state is not ServerState.DECIDING:
            return
        self._out.append(self._handshake.seal(m.AuthResult(AlertCode.ACCEPTED)))
        secrets = self._handshake.application()
        del self._handshake
        self.state = after(self.state, OPENING[self._role])
        stranger = self._role is Role.JOIN
        self._reader.limit(MIN_RECORD, WIRE.handshake_frame if stranger else WIRE.record)
        self._opener = Opener(secrets.client, self._limits)
        self._sealer = Sealer(secrets.server, self._ambient.monotonic(), self._limits)
        self.send([codec.encode(welcome)])

    def refuse(self, code: int) -> None:
        """The other answer to ClientProven: AUTH_RESULT with an alert's code; then close."""
        if self.state is ServerState.DECIDING:
            self._out.append(self._handshake.seal(m.AuthResult(code)))
            self._end()

    def _next_body(self) -> bytes | None:
        if self.state is ServerState.PREAMBLE and not self._preamble_read():
            return None
        return super()._next_body()

    def _preamble_read(self) -> bool:
        start = self._reader.take_exactly(len(PREAMBLE))
        match read_preamble(start):
            case Preamble.FOREIGN:
                raise Unanswered("no rsachat client")
            case Preamble.OTHER_VERSION:
                raise ProtocolError(AlertCode.VERSION, other_version(start[-1:]))
            case Preamble.INCOMPLETE:
                return False
        self.state = after(self.state, Step.PREAMBLE_READ)
        return True

    def _read_handshake(self, body: bytes) -> ev.LinkEvent | None:
        event: ev.LinkEvent | None = None
        message, state, raw = self._read_one(body)
        match message:
            case m.ClientHello():
                event = self._handshake.hello(raw, message)
            case m.ClientAuth():
                event = self._handshake.client_auth(raw, message)
                self.peer, self._role = event.key, event.role
        self.state = state
        return event

    def _open_handshake(self, body: bytes) -> bytes:
        return self._handshake.open(body)

    def _alert_before_open(self, alert: m.Alert) -> bytes:
        """In clear in place of SERVER_HELLO, under the handshake keys after it."""
        if self.state in (ServerState.CLIENT_AUTH, ServerState.DECIDING):
            return self._handshake.seal(alert)
        return encode_frame(alert)

    def _answer_failure(self, code: int) -> None:
        """What fails where CLIENT_AUTH was due is answered by the AUTH_RESULT it waits for."""
        if self.state is ServerState.CLIENT_AUTH:
            self._out.append(self._handshake.seal(m.AuthResult(code)))
            self._end()
        else:
            super()._answer_failure(code)


class ClientLink(Link):
    """The client's end. `identity` is the client's public key, `name` a wish or empty.

    `pin` is the first 16 or all 32 bytes of the server's fingerprint; with None the link stops
    at ServerUnpinned before the client has named itself.
    """

    __slots__ = ("_handshake", "_role")

    def __init__(
        self,
        identity: PublicKey,
        ambient: Ambient,
        role: Role,
        name: str,
        pin: bytes | None,
        limits: RecordLimits = RECORDS,
    ) -> None:
        super().__init__(ambient, limits, ClientState.SERVER_HELLO)
        self._handshake = ClientHandshake(identity, ambient, role, name, pin)
        self._role = role
        self._out.append(self._handshake.opening)

    def signature_ready(self, sig: bytes) -> LinkEvents:
        """The answer to SignatureNeeded; ignored if the link has ended meanwhile."""
        if self.state is not ClientState.SIGNING:
            return []
        self._out.append(self._handshake.signed(sig))
        self.state = after(self.state, Step.SIGNED)
        return self._run()

    def _read_handshake(self, body: bytes) -> ev.LinkEvent | None:
        event: ev.LinkEvent | None = None
        message, state, raw = self._read_one(body)
        match message:
            case m.ServerHello():
                self._handshake.server_hello(body, message)
                self._reader.limit(MIN_RECORD, WIRE.handshake_frame)
            case m.ServerAuth():
                event = self._handshake.server_auth(raw, message)
            case m.AuthResult(code=AlertCode.ACCEPTED):
                self._opener = Opener(self._handshake.application().server, self._limits)
            case m.AuthResult(code=code):
                event = ev.Refused(code)
            case m.Alert(code=code, versions=versions):
                event = ev.Refused(code, versions)
            case m.Welcome():
                event, state = self._open_up(message, state)
        self.state = state
        if isinstance(event, _LOGIN_OVER):
            self._end()
        return event

    def _open_handshake(self, body: bytes) -> bytes:
        return self._opener.open(body) if self._opener else self._handshake.open(body)

    def _open_up(self, welcome: m.Welcome, state: State) -> tuple[ev.Established, State]:
        """A WELCOME that opens confirms the whole transcript; from here on records are sent."""
        self.peer = self._handshake.server
        if not equal(welcome.server_fp, self.peer.fingerprint):
            raise ProtocolError(AlertCode.AUTH, "WELCOME names another server")
        secret = self._handshake.application().client
        del self._handshake
        self._reader.limit(MIN_RECORD, WIRE.record)
        self._sealer = Sealer(secret, self._ambient.monotonic(), self._limits)
        return ev.Established(welcome), after(state, OPENING[self._role])

    def _alert_before_open(self, alert: m.Alert) -> bytes:
        """A client says nothing at all before WELCOME."""
        return b""
