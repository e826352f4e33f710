"""An open link: messages, key changes, and every way to end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.states import ClientState, ServerState
from rsachat.settings import RecordLimits
from tests.support.wire import CLIENT, SERVER, Clock, Wire, client_link, cut, logged_in, opened

SENT = [m.Sent(i) for i in range(1, 30)]
PING = m.Ping(b"12345678")


def encoded(messages: list[m.Sent]) -> list[bytes]:
    return [codec.encode(message) for message in messages]


def test_messages_arrive_in_order_in_one_record() -> None:
    wire = opened()
    wire.server.send(encoded(SENT))
    wire.run()
    assert len(wire.units[SERVER]) == 1
    assert wire.received(CLIENT) == SENT


def test_sending_nothing_sends_no_record() -> None:
    wire = opened()
    wire.server.send([])
    assert wire.server.data_to_send() == b""


def test_a_full_sized_message_passes() -> None:
    wire = opened()
    message = m.ChatSend(1, b"sessions", b"e" * m.MAX_ENV)
    wire.client.send([codec.encode(message), codec.encode(message)])
    wire.run()
    assert len(wire.units[CLIENT]) == 2
    assert wire.received(SERVER) == [message, message]


def test_nothing_is_sent_before_welcome() -> None:
    with pytest.raises(RuntimeError):
        client_link().send([codec.encode(PING)])


@given(st.lists(st.integers(0, 2000), max_size=20))
def test_any_split_of_the_bytes_gives_the_same_events(cuts: list[int]) -> None:
    wire = opened(limits=RecordLimits(records=4))
    for i in range(0, len(SENT), 3):
        wire.server.send(encoded(SENT[i : i + 3]))
    wire.server.close()
    stream = wire.server.data_to_send()
    edges = [0, *sorted(c % len(stream) for c in cuts), len(stream)]
    events = [e for a, b in pairwise(edges) for e in wire.client.receive_data(stream[a:b])]
    assert events == [*SENT, ev.PeerClosed()]


def test_keys_change_on_the_way_in_each_direction() -> None:
    wire = opened(limits=RecordLimits(records=3))
    for _ in range(20):
        wire.server.send([codec.encode(SENT[0])])
        wire.client.send([codec.encode(PING)])
    wire.run()
    assert wire.received(CLIENT) == SENT[:1] * 20
    assert wire.received(SERVER) == [PING] * 20
    assert len(wire.units[SERVER]) == len(wire.units[CLIENT]) == 29


def test_keys_change_after_their_time() -> None:
    clock = Clock()
    wire = logged_in(clock=clock)
    wire.client.send([codec.encode(PING)])
    clock.now += 3599.0
    wire.client.send([codec.encode(PING)])
    wire.run()
    assert len(wire.units[CLIENT]) == 3
    assert wire.received(SERVER) == [PING, PING]


def test_key_update_ends_a_record_and_its_keys() -> None:
    wire = opened()
    wire.server.send([codec.encode(SENT[0]), codec.encode(m.KeyUpdate())])
    wire.run()
    assert wire.received(CLIENT) == SENT[:1]
    wire.server.send([codec.encode(SENT[1])])
    wire.run()
    assert wire.seen(CLIENT, ev.LinkFailed) == [ev.LinkFailed(None, "a record does not verify")]


def test_both_say_close_and_nothing_is_cut() -> None:
    wire = opened()
    wire.client.close()
    wire.run()
    assert wire.events[SERVER] == [ev.PeerClosed()]
    assert wire.server.established
    wire.server.send(encoded(SENT[:2]))
    wire.server.close()
    wire.run()
    assert wire.received(CLIENT) == SENT[:2]
    assert wire.events[CLIENT][-1] == ev.PeerClosed()
    assert wire.eof(CLIENT) == wire.eof(SERVER) == []
    assert not wire.client.established


def test_after_its_own_close_a_side_sends_nothing_more() -> None:
    wire = opened()
    wire.client.close()
    wire.client.data_to_send()
    wire.client.send([codec.encode(PING)])
    wire.client.close()
    wire.client.alert(AlertCode.INTERNAL)
    assert wire.client.data_to_send() == b""


def test_alert_ends_and_is_told_by_its_code() -> None:
    wire = opened()
    wire.server.alert(AlertCode.SHUTDOWN)
    wire.run()
    assert wire.events[CLIENT] == [ev.PeerAlert(AlertCode.SHUTDOWN)]
    assert wire.client.state is ClientState.PEER_CLOSED
    assert wire.server.state is ServerState.ENDED
    assert wire.eof(CLIENT) == []


def test_input_after_an_own_alert_is_dropped() -> None:
    wire = opened()
    wire.server.alert(AlertCode.REVOKED)
    wire.client.send([codec.encode(PING)])
    wire.run()
    assert wire.events[SERVER] == []
    assert wire.feed(SERVER, b"\xff" * 100) == []
    assert wire.eof(SERVER) == []


def test_eof_alone_is_a_cut() -> None:
    wire = opened()
    assert wire.eof(CLIENT) == [ev.ConnectionCut()]
    assert wire.eof(CLIENT) == []
    assert wire.client.state is ClientState.ENDED


def test_a_failure_is_answered_by_its_code_and_ends() -> None:
    wire = opened()
    wire.client.send([b"\x14\x00\x00\x01\x00"])
    wire.run()
    (failed,) = wire.seen(SERVER, ev.LinkFailed)
    assert failed.code == AlertCode.DECODE
    assert wire.events[CLIENT] == [ev.PeerAlert(AlertCode.DECODE)]
    assert wire.server.state is ServerState.ENDED


def test_a_bad_message_undoes_nothing_before_it_in_the_record() -> None:
    wire = opened()
    wire.client.send([codec.encode(PING), b"\x14\x00\x00\x01\x00", codec.encode(PING)])
    wire.run()
    assert [type(e) for e in wire.events[SERVER]] == [m.Ping, ev.LinkFailed]


@pytest.mark.parametrize("tail", [b"\x0a\x00\x00\x09" + b"8" * 8, b"\x0a\x00", b"\x7f\x00\x00\x00"])
def test_a_bad_length_or_type_undoes_the_whole_record(tail: bytes) -> None:
    wire = opened()
    wire.client.send([codec.encode(PING), tail])
    wire.run()
    (failed,) = wire.events[SERVER]
    assert isinstance(failed, ev.LinkFailed)
    assert failed.code in (AlertCode.DECODE, AlertCode.UNEXPECTED)


def test_extensions_are_ignored_among_messages() -> None:
    wire = opened()
    wire.server.send([b"\x80\x00\x00\x02hi", codec.encode(SENT[0]), b"\xff\x00\x00\x00"])
    wire.run()
    assert wire.events[CLIENT] == [SENT[0]]


@given(st.binary(min_size=1, max_size=300))
def test_garbage_on_an_open_link_fails_and_nothing_else(garbage: bytes) -> None:
    for to in (CLIENT, SERVER):
        events = opened().feed(to, garbage)
        assert all(isinstance(event, ev.LinkFailed) for event in events)


@given(st.binary(min_size=1, max_size=300))
def test_sealed_garbage_gives_messages_or_a_failure(garbage: bytes) -> None:
    for role in Role:
        wire = opened(role)
        wire.client.send([garbage])
        allowed = (m.Message, ev.LinkFailed, ev.PeerClosed, ev.PeerAlert)
        for event in wire.feed(SERVER, wire.client.data_to_send()):
            assert isinstance(event, allowed)


def test_data_is_handed_out_once() -> None:
    wire = opened()
    wire.client.send([codec.encode(PING)])
    assert len(cut(wire.client.data_to_send())) == 1
    assert wire.client.data_to_send() == b""


def test_a_wire_passes_on_what_nobody_tampers_with() -> None:
    assert Wire().run().client.established
