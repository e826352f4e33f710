"""What the targets of the two handshake roles share: records to send, and what holds of a link."""

from functools import cache

from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.link_base import Link
from rsachat.protocol.records import Sealer
from rsachat.protocol.states import CHANGES, ClientState, ServerState, State
from rsachat.settings import RecordLimits, WireLimits
from tests.fuzz.drawn import Drawn
from tests.support.message_vectors import message_vectors

RECORDS = 6  # after a login
_LONGEST = 1400  # bytes of a template's payload
_ENDED = (ServerState.ENDED, ClientState.ENDED)
_ENDINGS = (ev.LinkFailed, ev.ConnectionCut, ev.Refused, ev.ServerUnpinned, ev.ServerMismatch)
_WIRE = WireLimits()


@cache
def templates() -> tuple[tuple[int, bytes], ...]:
    """Type and payload of the vectors' messages."""
    known = [v for v in message_vectors() if len(v.payload) <= _LONGEST]
    return tuple((vector.type, vector.payload) for vector in known)


def message(type_: int, payload: bytes) -> bytes:
    """A message as it stands in a record."""
    return bytes([type_]) + len(payload).to_bytes(3, "big") + payload


def plaintext(drawn: Drawn) -> bytes:
    """A record's inside: known messages with changes, of one type or another; or anything."""
    kind = drawn.number() % 8
    if kind == 0:
        return drawn.blob()
    parts = []
    for _ in range(1 + kind % 3):
        type_, payload = drawn.one_of(templates())
        if drawn.number() % 8 == 7:
            type_ = drawn.number()
        parts.append(message(type_, drawn.patched(payload)))
    return b"".join(parts)


def feed(link: Link, data: bytes) -> list[ev.LinkEvent]:
    """Give bytes to a link, and look at what it makes of them."""
    before = link.state
    events = link.receive_data(data)
    for event in events:
        if isinstance(event, m.Message):
            assert (before, event.type) in CHANGES
        if isinstance(event, _ENDINGS):
            assert event is events[-1]
            assert link.state in _ENDED
    assert link._reader.waiting <= _most_waiting(link.state)
    if link.state in _ENDED:
        assert link.receive_data(b"more") == []
        assert link.receive_eof() == []
    return events


def _most_waiting(state: State) -> int:
    """Bytes that may wait untaken: a frame that is not whole, or what came too early."""
    return 1 << 32 if state in _ENDED else _WIRE.record + 4


def talk(link: Link, secret: bytes, drawn: Drawn) -> None:
    """Records of a peer that is logged in and holds the keys; `secret` is its direction's."""
    sealer = Sealer(secret, 0.0, RecordLimits())
    for step in drawn.steps(RECORDS):
        record = sealer.seal(plaintext(drawn), 0.0)
        if step % 4 == 3:
            record = sealer._step(0.0)
        feed(link, drawn.patched(record) if step % 16 == 15 else record)
        if link.state in _ENDED:
            return
