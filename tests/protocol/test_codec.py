"""Every message: frozen bytes both ways, bounds, relations, and what no reader may accept."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.fields import decode_error
from rsachat.protocol.transfer import SEGMENT_BYTES
from tests.support.message_strategies import messages
from tests.support.message_vectors import MessageVector, message_vectors

VECTORS = message_vectors()
ENDLESS = (m.PrekeyPut, m.Prekey, m.UpOffer, m.UpData)
"""Their last field is all that is left: another length of it is another message."""

each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
each_type = pytest.mark.parametrize("cls", codec.LAYOUTS, ids=lambda cls: cls.__name__)


def refused(type_: int, payload: bytes, code: int = AlertCode.DECODE) -> bool:
    with pytest.raises(ProtocolError) as caught:
        codec.decode(type_, payload)
    return caught.value.code == code


def is_one_encoding(type_: int, payload: bytes) -> bool:
    """Refused by the protocol's own error, or the only bytes of the message that came out."""
    try:
        message = codec.decode(type_, payload)
    except ProtocolError as error:
        return error.code in (AlertCode.DECODE, AlertCode.UNEXPECTED)
    if isinstance(message, m.Extension):
        return (message.type, message.payload) == (type_, payload)
    return message.type == type_ and codec.encode_payload(message) == payload


@each_vector
def test_the_frozen_bytes_are_what_is_written(vector: MessageVector) -> None:
    assert vector.message.type == vector.type
    assert codec.encode_payload(vector.message).hex() == vector.payload.hex()


@each_vector
def test_the_frozen_bytes_are_read(vector: MessageVector) -> None:
    assert codec.decode(vector.type, vector.payload) == vector.message


@each_vector
def test_cut_at_every_byte(vector: MessageVector) -> None:
    for length in range(len(vector.payload)):
        if isinstance(vector.message, ENDLESS):
            assert is_one_encoding(vector.type, vector.payload[:length])
        else:
            assert refused(vector.type, vector.payload[:length])


@each_vector
def test_a_byte_left_over(vector: MessageVector) -> None:
    longer = vector.payload + b"\0"
    if isinstance(vector.message, ENDLESS):
        assert is_one_encoding(vector.type, longer)
    else:
        assert refused(vector.type, longer)


@each_type
def test_every_type_has_its_frozen_bytes(cls: type[m.Message]) -> None:
    assert any(type(vector.message) is cls for vector in VECTORS)


@given(messages())
def test_what_is_written_is_read(message: m.Message) -> None:
    [(type_, payload)] = codec.split_record(codec.encode(message))
    assert type_ == message.type
    assert codec.decode(type_, payload) == message


@st.composite
def mutated(draw: st.DrawFn) -> tuple[int, bytes]:
    """A good payload with some bytes changed, lost or added, perhaps under another type."""
    message = draw(messages())
    payload = bytearray(codec.encode_payload(message))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(payload)))
        lost = draw(st.integers(0, 3))
        payload[at : at + lost] = draw(st.binary(max_size=3))
    other = st.sampled_from([cls.type for cls in codec.LAYOUTS])
    return draw(st.just(message.type) | other), bytes(payload)


@given(
    st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32), st.binary(min_size=1)
)
def test_a_delivery_is_written_in_one_step_as_its_message_is(
    sender: bytes, fp: bytes, env: bytes
) -> None:
    assert codec.encode_delivery(sender, fp, env) == codec.encode(m.ChatDeliver(sender, fp, env))


def outcome(read: Callable[[], object]) -> object:
    """What is read, or why it is refused."""
    try:
        return read()
    except ProtocolError as error:
        return error.code, error.detail


@st.composite
def sendings(draw: st.DrawFn) -> bytes:
    """Payloads of a CHAT_SEND, whose told length may be wrong, cut or longer."""
    size = draw(st.sampled_from([0, 1, 2, 181, m.MAX_ENV - 1, m.MAX_ENV, m.MAX_ENV + 1]))
    told = draw(st.sampled_from([size, 0, size - 1 & 0xFFFF, size + 1, 0xFFFF]))
    start = draw(st.binary(min_size=12, max_size=12)) + told.to_bytes(2, "big")
    payload = start + bytes(size)
    return payload[: draw(st.sampled_from([len(payload), len(payload) - 1, 14, 13, 12, 5, 0]))]


@given(sendings() | st.binary(max_size=20))
def test_a_sending_is_read_in_one_step_as_by_its_layout(payload: bytes) -> None:
    def by_layout() -> object:
        message, end = codec.LAYOUTS[m.ChatSend].read(payload, 0)
        if end != len(payload):
            raise decode_error("bytes left over")
        return message

    read = outcome(lambda: codec.decode(m.ChatSend.type, payload))
    assert read == outcome(by_layout)


@given(mutated())
def test_altered_bytes_are_refused_or_the_one_encoding_of_something(
    altered: tuple[int, bytes],
) -> None:
    assert is_one_encoding(*altered)


@given(st.integers(0, 255), st.binary(max_size=400))
def test_random_bytes(type_: int, payload: bytes) -> None:
    assert is_one_encoding(type_, payload)


KNOWN = {cls.type for cls in codec.LAYOUTS}


@pytest.mark.parametrize("type_", sorted(set(range(256)) - KNOWN), ids=hex)
def test_unknown_types(type_: int) -> None:
    if type_ >= 0x80:
        assert codec.decode(type_, b"anything") == m.Extension(type_, b"anything")
    else:
        assert refused(type_, b"anything", AlertCode.UNEXPECTED)


FP, SESSION, TID = b"f" * 32, b"sessions", b"t" * 16
SPKI, SIG, FIN = bytes(422), bytes(384), bytes(32)


def entry(name: str = "alice", address: str = "1.2.3.4:5") -> m.Entry:
    return m.Entry(SESSION, name, FP, address)


def client_hello(ext: bytes) -> m.ClientHello:
    return m.ClientHello((1,), (1,), bytes(32), bytes(32), bytes(1184), ext)


def welcome(name: str = "a", address: str = "b", motd: str = "") -> m.Welcome:
    return m.Welcome(FP, SESSION, name, address, 1, 2, 3, 4, motd)


def ready(window: int = 1, receipt: bytes = b"") -> m.UpReady:
    return m.UpReady(TID, 0, FP, window, receipt)


BOUNDS: dict[str, tuple[Callable[[Any], m.Message], list[Any], list[Any]]] = {
    "versions": (lambda n: m.Alert(1, (1,) * n), [0, 255], [256]),
    "version": (lambda n: m.Alert(1, (n,)), [0, 65535], [-1, 65536]),
    "ext": (lambda n: client_hello(bytes(n)), [0, 1024], [1025]),
    "ek": (lambda n: m.ClientHello((), (), FP, FP, bytes(n)), [1184], [1183, 1185]),
    "ct": (lambda n: m.ServerHello(1, 1, FP, FP, bytes(n)), [1088], [0, 1087, 1089]),
    "role": (lambda n: m.ClientAuth(n, "", SPKI, SIG, FIN), [0, 1, 2], [-1, 3, 255]),
    "name": (lambda n: m.ClientAuth(0, "n" * n, SPKI, SIG, FIN), [0, 32], [33]),
    "name, welcome": (lambda n: welcome(name="n" * n), [1, 32], [0, 33]),
    "name, list": (lambda n: m.Roster(0, (entry(name="n" * n),)), [1, 32], [0, 33]),
    "address": (lambda n: m.Roster(0, (entry(address="n" * n),)), [0, 64], [65]),
    "address, welcome": (lambda n: welcome(address="n" * n), [0, 64], [65]),
    "motd": (lambda n: welcome(motd="n" * n), [0, 255], [256]),
    "motd, bytes": (lambda n: welcome(motd="é" * n), [127], [128]),
    "ping": (lambda n: m.Ping(bytes(n)), [8], [0, 7, 9]),
    "cut": (lambda n: m.Roster(n, ()), [0, 1], [2, 255]),
    "roster": (lambda n: m.Roster(0, (entry(),) * n), [0, 500], [501]),
    "found": (lambda n: m.Found(1, (entry(),) * n), [0, 500], [501]),
    "notice": (lambda n: m.Notice(n, 1, entry()), [1, 2], [0, 4, 255]),
    "find by": (lambda n: m.Find(1, n, "a"), [0, 1], [2, 255]),
    "find what": (lambda n: m.Find(1, 0, "a" * n), [0, 255], [256]),
    "ref": (m.Sent, [0, 2**32 - 1], [-1, 2**32]),
    "time": (lambda n: m.Welcome(FP, SESSION, "a", "", 0, n, 0, 0), [2**64 - 1], [-1, 2**64]),
    "bundle": (lambda n: m.PrekeyPut(bytes(n)), [1, 4096], [0, 4097]),
    "env sent": (lambda n: m.ChatSend(1, SESSION, bytes(n)), [1, 61696], [0, 61697]),
    "env delivered": (lambda n: m.ChatDeliver(SESSION, FP, bytes(n)), [1, 61696], [0, 61697]),
    "manifest": (lambda n: m.UpOffer(bytes(n)), [1, 4096], [0, 4097]),
    "window": (lambda n: ready(window=n), [1, 65535], [0, 65536]),
    "receipt, ready": (lambda n: ready(receipt=bytes(n)), [0, 1024], [1025]),
    "receipt": (lambda n: m.UpReceipt(TID, bytes(n)), [1, 1024], [0, 1025]),
    "count": (lambda n: m.UpData(TID, 0, n, bytes(n)), [1, 160], [0, 161]),
    "segment": (lambda n: m.UpData(TID, 0, 1, bytes(n)), [1, 65568], [0, 65569]),
    "secret": (lambda n: m.Join(bytes(n)), [16], [15, 17]),
}


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
def test_bounds(case: tuple[Callable[[Any], m.Message], list[Any], list[Any]]) -> None:
    make, good, bad = case
    for value in good:
        message = make(value)
        assert codec.decode(message.type, codec.encode_payload(message)) == message
    for value in bad:
        with pytest.raises(ValueError):
            codec.encode(make(value))


def patched(message: m.Message, old: str, new: str) -> tuple[int, bytes]:
    """A message's bytes with the first place of some hex replaced."""
    payload = codec.encode_payload(message)
    assert bytes.fromhex(old) in payload
    return message.type, payload.replace(bytes.fromhex(old), bytes.fromhex(new), 1)


OVER = {
    "role 3": patched(m.ClientAuth(2, "a", SPKI, SIG, FIN), "02", "03"),
    "name of 33": patched(m.Found(1, (entry("n" * 32),)), "20" + "6e" * 32, "21" + "6e" * 33),
    "a name with a space": patched(welcome(name="eve"), "03657665", "03652065"),
    "a name with a line break": patched(m.Notice(1, 1, entry("eve")), "03657665", "030a7665"),
    "a name of a look-alike": patched(m.Roster(0, (entry("eve"),)), "03657665", "03d0b576"),
    "address of 65": patched(
        m.Found(1, (entry(address="n" * 64),)), "40" + "6e" * 64, "41" + "6e" * 65
    ),
    "no UTF-8": patched(m.Find(1, 0, "é"), "c3a9", "c328"),
    "overlong UTF-8": patched(m.Find(1, 0, "é"), "c3a9", "c081"),
    "a surrogate": patched(m.Find(1, 0, "€"), "e282ac", "eda080"),
    "ext of 1025": patched(client_hello(bytes(1024)), "0400" + "00" * 1024, "0401" + "00" * 1025),
    "cut 2": (0x11, b"\2\0\0"),
    "501 entries": patched(m.Found(1, (entry(),) * 500), "01f4", "01f5"),
    "kind 0": (0x12, b"\0" + bytes(4)),
    "kind 4": (0x12, b"\4" + bytes(4)),
    "by 2": (0x14, bytes(4) + b"\2\0"),
    "no bundle": (0x20, b""),
    "bundle of 4097": (0x20, bytes(4097)),
    "no envelope": (0x23, bytes(12) + b"\0\0"),
    "envelope of 61697": (0x24, bytes(40) + b"\xf1\x01" + bytes(61697)),
    "no window": patched(ready(window=0x1234), "1234", "0000"),
    "no units": (0x32, bytes(24) + b"\0\0" + b"x"),
    "161 units": (0x32, bytes(24) + b"\0\xa1" + bytes(161)),
    "segment of 65569": (0x32, bytes(24) + b"\0\1" + bytes(65569)),
    "no receipt": (0x35, bytes(18)),
}


@pytest.mark.parametrize("wire", OVER.values(), ids=OVER)
def test_over_its_bound_on_the_wire(wire: tuple[int, bytes]) -> None:
    assert refused(*wire)


UNRELATED = {
    "an entry with a count": m.Notice(3, 1, entry()),
    "a join without an entry": m.Notice(1, 1),
    "a leave without an entry": m.Notice(2, 1),
    "units of unequal length": m.UpData(TID, 0, 2, bytes(5)),
    "two long segments": m.UpData(TID, 0, 2, bytes(65538)),
    "RSA-2048": m.ClientAuth(0, "a", bytes(294), bytes(256), FIN),
    "RSA-2048 of a server": m.ServerAuth(bytes(294), bytes(256), FIN),
    "SPKI one byte short": m.ServerAuth(bytes(421), bytes(384), FIN),
    "signature one byte short": m.ServerAuth(bytes(422), bytes(383), FIN),
    "signature of a longer key": m.ClientAuth(0, "a", bytes(422), bytes(512), FIN),
    "signature of a shorter key": m.ClientAuth(0, "a", bytes(550), bytes(384), FIN),
    "no key, no signature": m.ClientAuth(0, "a", b"", b"", FIN),
}


@pytest.mark.parametrize("message", UNRELATED.values(), ids=UNRELATED)
def test_fields_that_do_not_belong_together(message: m.Message) -> None:
    assert refused(message.type, codec.encode_payload(message))


def test_the_fullest_messages_fit_a_record() -> None:
    record = 69_632 - 16
    full = m.Entry(SESSION, "n" * 32, FP, "a" * 64)
    fullest = [
        m.Roster(1, (full,) * m.MAX_ENTRIES),
        m.Found(1, (full,) * m.MAX_ENTRIES),
        m.ChatDeliver(SESSION, FP, bytes(m.MAX_ENV)),
        m.UpData(TID, 0, 1, bytes(SEGMENT_BYTES)),
    ]
    assert all(len(codec.encode(message)) <= record for message in fullest)


@given(st.lists(messages(), min_size=1, max_size=5))
def test_a_record_is_split_as_it_was_packed(packed: list[m.Message]) -> None:
    parts = codec.split_record(b"".join(map(codec.encode, packed)))
    assert [codec.decode(type_, payload) for type_, payload in parts] == packed


def test_a_record_cut_at_every_byte() -> None:
    first, second = codec.encode(m.Sent(7)), codec.encode(m.Ping(SESSION))
    record = first + second
    for length in set(range(len(record))) - {len(first)}:
        with pytest.raises(ProtocolError) as caught:
            codec.split_record(record[:length])
        assert caught.value.code == AlertCode.DECODE
    assert len(codec.split_record(first)) == 1


def test_a_length_of_three_bytes() -> None:
    assert codec.encode(m.UpOffer(bytes(0x123)))[:4].hex() == "30000123"
    assert codec.encode(m.UpData(TID, 0, 1, bytes(0x10000)))[:4].hex() == "3201001a"


@given(st.binary(max_size=300))
def test_a_record_of_random_bytes(record: bytes) -> None:
    try:
        parts = codec.split_record(record)
    except ProtocolError:
        return
    packed = [bytes([t]) + len(p).to_bytes(3, "big") + p for t, p in parts]
    assert b"".join(packed) == record
