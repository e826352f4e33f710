"""A message that decodes has one encoding, and nothing else than ProtocolError refuses one."""

from rsachat.errors import ProtocolError
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode
from tests.support.message_vectors import message_vectors

_REFUSED = (AlertCode.DECODE, AlertCode.UNEXPECTED)


def seeds() -> list[bytes]:
    """Each message of the vectors, by its type, and two of them in one record."""
    known = [vector for vector in message_vectors() if len(vector.payload) <= 1200]
    record = codec.encode(m.Ping(b"12345678")) + codec.encode(m.Close())
    return [bytes([vector.type]) + vector.payload for vector in known] + [b"\xff" + record]


def target(data: bytes) -> None:
    if not data:
        return
    _decode(data[0], data[1:])
    try:
        parts = codec.split_record(data[1:])
    except ProtocolError as error:
        assert error.code == AlertCode.DECODE
        return
    header = [bytes([type_]) + len(payload).to_bytes(3, "big") for type_, payload in parts]
    joined = b"".join(head + part for head, (_, part) in zip(header, parts, strict=True))
    assert joined == data[1:]
    for type_, payload in parts:
        _decode(type_, payload)


def _decode(type_: int, payload: bytes) -> None:
    try:
        message = codec.decode(type_, payload)
    except ProtocolError as error:
        assert error.code in _REFUSED
        return
    if isinstance(message, m.Extension):
        assert type_ >= m.EXTENSION
        assert message.payload == payload
        return
    assert message.type == type_
    assert codec.encode_payload(message) == payload
    assert codec.split_record(codec.encode(message)) == [(type_, payload)]
