"""Attacks on the record layer (PROTOCOL section 9, rec_*): each must fail closed, in silence.

A record that does not verify ends the connection with no answer, and no message of it or after
it is handed out.
"""

from collections.abc import Callable, Iterable

import pytest

from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.states import ServerState
from rsachat.settings import RecordLimits
from tests.support.wire import CLIENT, SERVER, Wire, cut, logged_in, opened

SILENT = ev.LinkFailed(None, "a record does not verify")
FINDS = [m.Find(i, 0, "bob") for i in range(1, 5)]


def sent(wire: Wire, count: int = 4) -> list[bytes]:
    """The client's records, a message in each, not yet delivered."""
    for find in FINDS[:count]:
        wire.client.send([codec.encode(find)])
    return cut(wire.client.data_to_send())


def deliver(wire: Wire, records: Iterable[bytes]) -> None:
    for record in records:
        wire.feed(SERVER, record)


def assert_silent_end(wire: Wire, before: list[m.Find]) -> None:
    """What came before the attack was handed out, then the end; nothing is answered."""
    assert wire.events[SERVER] == [*before, SILENT]
    assert wire.server.state is ServerState.ENDED
    assert wire.server.data_to_send() == b""
    assert not wire.server.established


def flip(record: bytes, bit: int) -> bytes:
    at = bit // 8
    return record[:at] + bytes([record[at] ^ 1 << bit % 8]) + record[at + 1 :]


def test_rec_flip_len() -> None:
    """Out of bounds: refused at once. Too long: waits. Else the tag fails, and in silence."""
    ends = set()
    for bit in range(32):
        wire = opened()
        first, second, *more = sent(wire)
        changed = flip(second, bit)
        deliver(wire, [first, changed, *more])
        assert wire.received(SERVER) == FINDS[:1], bit
        length, rest = int.from_bytes(changed[:4], "big"), len(second[4:]) + len(b"".join(more))
        if not 20 <= length <= 69_632:
            end: ev.LinkEvent = ev.LinkFailed(
                AlertCode.DECODE, f"length {length} outside 20..69632"
            )
        elif length <= rest:
            end = SILENT
            assert wire.server.data_to_send() == b"", bit
        else:
            end = ev.ConnectionCut()
            wire.eof(SERVER)
        assert wire.events[SERVER][1:] == [end], bit
        assert not wire.server.established, bit
        assert wire.server.state is ServerState.ENDED, bit
        ends.add(type(end).__name__ + str(getattr(end, "code", "")))
    assert len(ends) == 3


def test_rec_flip_ct() -> None:
    for bit in range(32, 8 * (len(sent(opened())[1]) - 16)):
        wire = opened()
        first, second, *more = sent(wire)
        deliver(wire, [first, flip(second, bit), *more])
        assert_silent_end(wire, FINDS[:1])


def test_rec_flip_tag() -> None:
    size = len(sent(opened())[1])
    for bit in range(8 * (size - 16), 8 * size):
        wire = opened()
        first, second, *more = sent(wire)
        deliver(wire, [first, flip(second, bit), *more])
        assert_silent_end(wire, FINDS[:1])


def test_rec_replay() -> None:
    wire = opened()
    first, second, *_ = sent(wire)
    deliver(wire, [first, second, second])
    assert_silent_end(wire, FINDS[:2])


def test_rec_replay_of_another_connection() -> None:
    records = sent(logged_in())
    wire = logged_in()
    deliver(wire, records)
    assert_silent_end(wire, [])


@pytest.mark.parametrize(
    "order", [lambda r: [r[1], r[0]], lambda r: [r[0], r[2], r[1]], lambda r: r[::-1]]
)
def test_rec_reorder(order: Callable[[list[bytes]], list[bytes]]) -> None:
    wire = opened()
    records = sent(wire)
    arriving = order(records)
    deliver(wire, arriving)
    assert_silent_end(wire, FINDS[: 1 if arriving[0] == records[0] else 0])


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_rec_drop(lost: int) -> None:
    wire = opened()
    records = sent(wire)
    deliver(wire, records[:lost] + records[lost + 1 :])
    assert_silent_end(wire, FINDS[:lost])


def test_rec_insert() -> None:
    wire = opened()
    first, *more = sent(wire)
    deliver(wire, [first, b"\x00\x00\x00\x14" + bytes(20), *more])
    assert_silent_end(wire, FINDS[:1])


def test_rec_reflect() -> None:
    """Also where the numbers of both directions are the same: WELCOME was the server's first."""
    wire = logged_in()
    wire.client.send([codec.encode(FINDS[0])])
    wire.run()
    assert wire.received(SERVER) == FINDS[:1]
    wire.client.send([codec.encode(m.Ping(bytes(8)))])
    record = wire.client.data_to_send()
    assert wire.client.receive_data(record) == [SILENT]
    wire.server.send([codec.encode(m.Ping(bytes(8)))])
    assert wire.server.receive_data(wire.server.data_to_send()) == [SILENT]


@pytest.mark.parametrize("length", [0, 16, 19, 69_633, 0xFFFFFFFF])
def test_rec_oversize(length: int) -> None:
    """Refused at the length, before anything is held for it; 20 to 69632 are the bounds."""
    wire = opened()
    refused = ev.LinkFailed(AlertCode.DECODE, f"length {length} outside 20..69632")
    assert wire.feed(SERVER, length.to_bytes(4, "big")) == [refused]
    assert wire.server._reader.waiting <= 4


def test_rec_eof_without_close() -> None:
    wire = opened()
    deliver(wire, sent(wire)[:2])
    assert wire.eof(SERVER) == [ev.ConnectionCut()]


@pytest.mark.parametrize("part", [1, 3, 4, 20])
def test_rec_eof_inside_a_record(part: int) -> None:
    wire = opened()
    first, second, *_ = sent(wire)
    deliver(wire, [first, second[:part]])
    assert wire.received(SERVER) == FINDS[:1]
    assert wire.eof(SERVER) == [ev.ConnectionCut()]


def test_rec_close_cut_off_is_a_cut() -> None:
    wire = opened()
    wire.client.close()
    deliver(wire, [wire.client.data_to_send()[:-1]])
    assert wire.eof(SERVER) == [ev.ConnectionCut()]


@pytest.mark.parametrize("strict", [RecordLimits(records=3), RecordLimits(ciphertext_bytes=3 * 13)])
def test_rec_rekey_missing(strict: RecordLimits) -> None:
    """A sender that keeps its keys for too long is held to the counts by the receiver."""
    wire = opened(server_limits=strict)
    deliver(wire, sent(wire))
    assert wire.received(SERVER) == FINDS[:3]
    assert [failed.code for failed in wire.seen(SERVER, ev.LinkFailed)] == [AlertCode.UNEXPECTED]
    assert wire.run().events[CLIENT] == [ev.PeerAlert(AlertCode.UNEXPECTED)]


def test_rec_rekey_invented() -> None:
    """Old keys open nothing once the peer has changed them."""
    wire = opened()
    old = sent(wire, 1)
    wire.server._change_peer_keys()
    deliver(wire, old)
    assert_silent_end(wire, [])


@pytest.mark.parametrize("last", [m.Close(), m.Alert(AlertCode.INTERNAL)])
def test_rec_data_after_close(last: m.Message) -> None:
    wire = opened()
    for plaintext in (codec.encode(last), codec.encode(FINDS[0])):
        wire.client.send([plaintext])
    deliver(wire, cut(wire.client.data_to_send()))
    assert wire.received(SERVER) == []
    assert [failed.code for failed in wire.seen(SERVER, ev.LinkFailed)] == [AlertCode.UNEXPECTED]


@pytest.mark.parametrize("last", [m.Close(), m.KeyUpdate(), m.Alert(AlertCode.INTERNAL)])
def test_rec_data_after_the_last_in_one_record(last: m.Message) -> None:
    wire = opened()
    wire.client.send([codec.encode(last), codec.encode(FINDS[0])])
    deliver(wire, cut(wire.client.data_to_send()))
    (failed,) = wire.events[SERVER]
    assert isinstance(failed, ev.LinkFailed)
    assert failed.code == AlertCode.UNEXPECTED
