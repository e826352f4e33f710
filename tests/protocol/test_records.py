"""One direction's records: published bytes, packing, and when keys change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.codec import encode, split_record
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.messages import Close, KeyUpdate, Ping
from rsachat.protocol.records import MAX_PLAINTEXT, Opener, Sealer, Unanswered, pack
from rsachat.settings import RecordLimits
from tests.support.wire import cut

SECRET = b"\x42" * 32
PING = encode(Ping(b"12345678"))
KEY_UPDATE = encode(KeyUpdate())


def limits(
    records: int = 1 << 20, ciphertext_bytes: int = 1 << 30, seconds: float = 3600.0
) -> RecordLimits:
    return RecordLimits(records, ciphertext_bytes, seconds)


def read_all(stream: bytes, opener: Opener) -> list[bytes]:
    """The plaintexts of a stream of records, KEY_UPDATE obeyed."""
    plaintexts = []
    for unit in cut(stream):
        plaintexts.append(opener.open(unit[4:]))
        if plaintexts[-1] == KEY_UPDATE:
            opener.step()
    return plaintexts


def test_published_records() -> None:
    opener = Opener(SECRET, limits())
    assert opener.open(bytes.fromhex("8c55eb7a5918e661f6468974d3b3d11adf")) == b"\x04"
    assert opener.open(bytes.fromhex("845df8aa909ef5e9d0f87676d4f52667dc42c6")) == (
        bytes.fromhex("236869")
    )
    opener.step()
    assert opener.open(bytes.fromhex("52fecf8338b941a101a13eeffd3cde8669")) == b"\x04"


@given(st.lists(st.binary(min_size=4, max_size=20_000), max_size=20))
def test_packing_keeps_order_and_bounds(messages: list[bytes]) -> None:
    packed = list(pack(messages))
    assert b"".join(packed) == b"".join(messages)
    assert all(0 < len(plaintext) <= MAX_PLAINTEXT for plaintext in packed)


def test_packing_splits_between_messages_only() -> None:
    size = MAX_PLAINTEXT // 2
    messages = [bytes([i]) * size for i in range(5)]
    assert [len(p) for p in pack(messages)] == [2 * size, 2 * size, size]
    assert [len(p) for p in pack([bytes(MAX_PLAINTEXT), b"abcd"])] == [MAX_PLAINTEXT, 4]


def test_a_message_over_the_bound_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError):
        list(pack([bytes(MAX_PLAINTEXT + 1)]))


@pytest.mark.parametrize("count", [2, 3, 7])
def test_keys_change_in_time_by_records(count: int) -> None:
    sealer, opener = Sealer(SECRET, 0.0, limits(records=count)), Opener(SECRET, limits(count))
    sent = [sealer.seal(PING, 0.0) for _ in range(5 * count)]
    plaintexts = read_all(b"".join(sent), opener)
    assert plaintexts[:count] == [PING] * (count - 1) + [KEY_UPDATE]
    assert [p for p in plaintexts if p != KEY_UPDATE] == [PING] * (5 * count)


@given(st.lists(st.binary(min_size=4, max_size=90), max_size=40))
def test_keys_change_in_time_by_bytes(plaintexts: list[bytes]) -> None:
    bound = limits(ciphertext_bytes=100)
    sealer, opener = Sealer(SECRET, 0.0, bound), Opener(SECRET, bound)
    stream = b"".join(sealer.seal(b"\x0a" + p, 0.0) for p in plaintexts)
    read = [p for p in read_all(stream, opener) if p != KEY_UPDATE]
    assert read == [b"\x0a" + p for p in plaintexts]


def test_keys_change_before_their_time_is_over() -> None:
    sealer = Sealer(SECRET, 100.0, limits(seconds=3600.0))
    assert len(cut(sealer.seal(PING, 100.0 + 3400.0))) == 1
    assert len(cut(sealer.seal(PING, 100.0 + 3569.0))) == 2
    assert len(cut(sealer.seal(PING, 100.0 + 3570.0))) == 1
    assert len(cut(sealer.seal(PING, 100.0 + 3569.0 + 3500.0))) == 2


@pytest.mark.parametrize("bound", [limits(records=3), limits(ciphertext_bytes=3 * len(PING))])
def test_receiver_holds_the_sender_to_the_counts(bound: RecordLimits) -> None:
    sealer, opener = Sealer(SECRET, 0.0, limits()), Opener(SECRET, bound)
    for _ in range(3):
        assert opener.open(sealer.seal(PING, 0.0)[4:]) == PING
    with pytest.raises(ProtocolError) as caught:
        opener.open(sealer.seal(PING, 0.0)[4:])
    assert caught.value.code == AlertCode.UNEXPECTED


def test_the_old_keys_open_nothing_after_the_step() -> None:
    sealer, opener = Sealer(SECRET, 0.0, limits()), Opener(SECRET, limits())
    record = sealer.seal(PING, 0.0)
    opener.step()
    with pytest.raises(Unanswered):
        opener.open(record[4:])


def test_a_record_may_hold_many_messages() -> None:
    sealer, opener = Sealer(SECRET, 0.0, limits()), Opener(SECRET, limits())
    (plaintext,) = pack([PING, PING, encode(Close())])
    parts = split_record(opener.open(sealer.seal(plaintext, 0.0)[4:]))
    assert [type_ for type_, _ in parts] == [0x0A, 0x0A, 0x08]
