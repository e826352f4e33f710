"""An envelope that decodes has one encoding; nothing else than EnvelopeError refuses one."""

from rsachat.protocol.envelope import (
    BLOCK,
    MAX_MSG_CT,
    Envelope,
    EnvelopeError,
    Msg,
    Receipt,
    Reset,
    decode_envelope,
)
from tests.support.vectors import load


def seeds() -> list[bytes]:
    init = bytes.fromhex(load("init")["init"])
    sid = b"s" * 16
    others: list[Envelope] = [
        Msg(sid, 7, b"t" * 32, b"c" * BLOCK),
        Receipt(sid, 3, 4, 1, b"m" * 32),
        Reset(sid),
    ]
    return [init, *(other.encode() for other in others)]


def target(data: bytes) -> None:
    try:
        envelope = decode_envelope(data)
    except EnvelopeError:
        return
    assert envelope.encode() == data
    if isinstance(envelope, Msg):
        assert BLOCK <= len(envelope.ct) <= MAX_MSG_CT
        assert len(envelope.ct) % BLOCK == 0
