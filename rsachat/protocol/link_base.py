"""What both ends of a link share: the reading loop, records once it is open, and its ends.

Sans-IO. Feed what arrives to `receive_data` and the end of input to `receive_eof`; act on the
events; then write what `data_to_send` gives. A link knows no PING policy and decides nothing
about who may enter.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from rsachat.crypto.rsa import PublicKey
from rsachat.errors import ProtocolError
from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.fields import decode_error
from rsachat.protocol.frames import VERSIONS, FrameReader
from rsachat.protocol.records import Opener, Sealer, Unanswered, pack
from rsachat.protocol.states import (
    OPEN,
    ORDINARY,
    ClientState,
    ServerState,
    State,
    Step,
    after,
    after_record,
)
from rsachat.settings import RecordLimits, WireLimits

WIRE = WireLimits()
_PEER_CLOSED = frozenset({ServerState.PEER_CLOSED, ClientState.PEER_CLOSED})
_RECORDS = OPEN | _PEER_CLOSED
_IN_CLEAR = frozenset({ServerState.CLIENT_HELLO, ClientState.SERVER_HELLO})
_WAITING = frozenset({ServerState.SIGNING, ServerState.DECIDING, ClientState.SIGNING})
_OVER = frozenset({ServerState.ENDED, ClientState.ENDED})

LinkEvents = list[ev.LinkEvent]


class Link(ABC):
    """One end of a connection. `peer` is the identity that was proven, None before.

    `untold` counts the messages that no event told of; whoever charges for them sets it to 0.
    """

    __slots__ = (
        *("_ambient", "_limits", "_opener", "_out", "_reader", "_said_last", "_sealer"),
        *("peer", "state", "untold"),
    )

    def __init__(self, ambient: Ambient, limits: RecordLimits, state: State) -> None:
        self._ambient = ambient
        self._limits = limits
        self._reader = FrameReader(1, WIRE.handshake_frame)
        self._out: list[bytes] = []
        self._opener: Opener | None = None
        self._sealer: Sealer | None = None
        self._said_last = False
        self.state = state
        self.peer: PublicKey | None = None
        self.untold = 0

    @property
    def established(self) -> bool:
        """Whether messages may be sent: logged in, and this side has not said its last."""
        return self._sealer is not None and not self._said_last

    def receive_data(self, data: bytes) -> LinkEvents:
        """Bytes from the peer, split anyhow. After a failure or an own ALERT: dropped."""
        if self.state in _OVER:
            return []
        self._reader.feed(data)
        return self._run()

    def receive_eof(self) -> LinkEvents:
        """End of input: ConnectionCut, unless the peer or this side had ended before."""
        if self.state in _OVER or self.state in _PEER_CLOSED:
            return []
        self._end()
        return [ev.ConnectionCut()]

    def send(self, messages: Sequence[bytes]) -> None:
        """Seal encoded messages, in order, into as few records as fit.

        Dropped once this side has said its last. Raises RuntimeError before WELCOME.
        """
        if self._said_last:
            return
        if self._sealer is None:
            raise RuntimeError("nothing is sent before WELCOME")
        now = self._ambient.monotonic()
        for plaintext in pack(messages):
            self._out.append(self._sealer.seal(plaintext, now))

    def close(self) -> None:
        """Say CLOSE as the last of this direction; input is read on until the peer's last.

        Before WELCOME there is no CLOSE: the link just ends.
        """
        if self._sealer is None:
            self._end()
            return
        self.send([codec.encode(m.Close())])
        self._said_last = True

    def alert(self, code: int) -> None:
        """End with an ALERT where one may be sent; input is dropped from here on."""
        self._last_word(m.Alert(code))

    def data_to_send(self) -> bytes:
        """All that waits to be written; handed out once."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    @abstractmethod
    def _read_handshake(self, body: bytes) -> ev.LinkEvent | None:
        """One frame or record of a link that is not open yet; moves the state."""

    @abstractmethod
    def _open_handshake(self, body: bytes) -> bytes:
        """The plaintext of a handshake's record. Raises Unanswered."""

    @abstractmethod
    def _alert_before_open(self, alert: m.Alert) -> bytes:
        """An ALERT in the form that this state of the handshake wants; empty for none."""

    def _next_body(self) -> bytes | None:
        return self._reader.take()

    def _run(self) -> LinkEvents:
        events: LinkEvents = []
        try:
            self._read(events)
        except Unanswered as error:
            self._end()
            events.append(ev.LinkFailed(None, str(error)))
        except ProtocolError as error:
            self._answer_failure(error.code)
            events.append(ev.LinkFailed(error.code, error.detail))
        return events

    def _read(self, events: LinkEvents) -> None:
        while self.state not in _RECORDS:
            if self.state in _OVER:
                return
            if self.state in _WAITING:
                self._bound_waiting()
                return
            body = self._next_body()
            if body is None:
                return
            event = self._read_handshake(body)
            if event is not None:
                events.append(event)
        self._read_records(events)

    def _bound_waiting(self) -> None:
        if self._reader.waiting > WIRE.inbox_handshake:
            raise decode_error("too much before the handshake is over")

    def _read_records(self, events: LinkEvents) -> None:
        """Every record that is complete: the path of all traffic, so it is short."""
        if self._opener is None:
            return
        take, unseal, decode = self._reader.take, self._opener.open, codec.decode_known
        ordinary = ORDINARY[self.state]
        while (body := take()) is not None:
            parts = codec.split_record(unseal(body))
            if parts[0][0] not in ordinary or (
                len(parts) > 1 and not ordinary.issuperset([type_ for type_, _ in parts])
            ):
                self._read_rare(parts, events)
                ordinary = ORDINARY[self.state]
                continue
            for type_, payload in parts:
                events.append(decode(type_, payload))

    def _read_rare(self, parts: list[tuple[int, bytes]], events: LinkEvents) -> None:
        """A record with something else than ordinary messages in it."""
        state = after_record(self.state, [type_ for type_, _ in parts])
        for type_, payload in parts:
            match codec.decode(type_, payload):
                case m.KeyUpdate():
                    self.untold += 1
                    self._change_peer_keys()
                case m.Close():
                    events.append(ev.PeerClosed())
                case m.Alert(code=code):
                    events.append(ev.PeerAlert(code))
                case m.Extension():
                    self.untold += 1
                case message:
                    events.append(message)
        self.state = state

    def _change_peer_keys(self) -> None:
        if self._opener is not None:
            self._opener.step()

    def _read_one(self, body: bytes) -> tuple[m.Message | m.Extension, State, bytes]:
        """A handshake's message, the state after it, and its bytes for the transcript."""
        if self.state in _IN_CLEAR:
            type_, payload, raw = body[0], body[1:], body
        else:
            raw = self._open_handshake(body)
            (type_, payload), *more = codec.split_record(raw)
            if more:
                raise ProtocolError(AlertCode.UNEXPECTED, "not the only message of its record")
        state = after(self.state, type_)
        return codec.decode(type_, payload), state, raw

    def _answer_failure(self, code: int) -> None:
        self._last_word(m.Alert(code, VERSIONS if code == AlertCode.VERSION else ()))

    def _last_word(self, alert: m.Alert) -> None:
        if not self._said_last:
            if self._sealer is None:
                self._out.append(self._alert_before_open(alert))
            else:
                self.send([codec.encode(alert)])
        self._end()

    def _end(self) -> None:
        self.state = after(self.state, Step.END)
        self._said_last = True
