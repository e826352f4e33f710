"""The two ends from the first byte on: logins, refusals, bounds, and garbage."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.frames import MAGIC, PREAMBLE, encode_frame
from rsachat.protocol.states import ClientState, ServerState
from tests.support import keys
from tests.support.wire import (
    CLIENT,
    SERVER,
    Wire,
    ambient,
    client_link,
    server_link,
    welcome,
)

SERVER_FP = keys.public("server").fingerprint


def test_login_tells_each_side_who_the_other_is() -> None:
    wire = Wire().run()
    assert wire.seen(SERVER, ev.ClientProven) == [
        ev.ClientProven(Role.CHAT, "alice", keys.public("alice"))
    ]
    assert wire.seen(CLIENT, ev.Established) == [ev.Established(welcome())]
    assert wire.client.peer == keys.public("server")
    assert wire.server.peer == keys.public("alice")
    assert wire.client.established
    assert wire.server.established


def test_login_has_the_published_sizes() -> None:
    wire = Wire().run()
    assert [len(unit) for unit in wire.units[CLIENT]] == [8, 1261, 873]
    assert [len(unit) for unit in wire.units[SERVER]] == [1161, 866, 25, 116]


@pytest.mark.parametrize("role", list(Role))
def test_login_in_every_role(role: Role) -> None:
    wire = Wire(client_link(role=role)).run()
    assert wire.client.state is ClientState[role.name]
    assert wire.server.state is ServerState[role.name]


def test_login_without_a_wished_name() -> None:
    link = client_link()
    link._handshake._name = ""
    (proven,) = Wire(link).run().seen(SERVER, ev.ClientProven)
    assert proven.name == ""


def test_half_a_fingerprint_is_a_pin_and_less_is_none() -> None:
    assert Wire(client_link(pin=SERVER_FP[:16])).run().client.established
    for pin in (b"", SERVER_FP[:15], SERVER_FP + b"x"):
        with pytest.raises(ValueError):
            client_link(pin=pin)


def test_without_a_pin_the_client_stops_before_it_names_itself() -> None:
    wire = Wire(client_link(pin=None)).run()
    assert wire.events[CLIENT] == [ev.ServerUnpinned(keys.public("server"))]
    assert len(wire.units[CLIENT]) == 2
    assert wire.client.state is ClientState.ENDED
    assert wire.eof(SERVER) == [ev.ConnectionCut()]


def test_one_byte_at_a_time_logs_in() -> None:
    wire = Wire(tamper=lambda _who, _index, unit: [unit[i : i + 1] for i in range(len(unit))])
    assert wire.run().client.established


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 1300), max_size=12))
def test_any_split_of_the_bytes_logs_in_alike(cuts: list[int]) -> None:
    def split(_who: str, _index: int, unit: bytes) -> list[bytes]:
        edges = [0, *sorted(c % len(unit) for c in cuts), len(unit)]
        return [unit[a:b] for a, b in pairwise(edges)]

    wire = Wire(tamper=split).run()
    kinds = {who: [type(event) for event in events] for who, events in wire.events.items()}
    assert kinds == {
        CLIENT: [ev.SignatureNeeded, ev.Established],
        SERVER: [ev.SignatureNeeded, ev.ClientProven],
    }


def test_all_at_once_logs_in() -> None:
    wire = Wire()
    wire.feed(SERVER, wire.client.data_to_send())
    wire.feed(CLIENT, wire.server.data_to_send())
    wire.feed(SERVER, wire.client.data_to_send())
    wire.server.send([codec.encode(m.Roster(0, ()))])
    wire.feed(CLIENT, wire.server.data_to_send())
    assert wire.events[CLIENT][1:] == [
        ev.Established(welcome()),
        m.Roster(0, ()),
    ]


@pytest.mark.parametrize("code", [AlertCode.NOT_AUTHORIZED, AlertCode.NAME, AlertCode.RATE])
def test_a_refusal_reaches_the_proven_client(code: AlertCode) -> None:
    wire = Wire(refuse=code).run()
    assert wire.seen(CLIENT, ev.Refused) == [ev.Refused(code)]
    assert wire.client.state is ClientState.ENDED
    assert wire.server.state is ServerState.ENDED
    assert wire.server.peer == keys.public("alice")


def test_the_server_may_say_busy_before_a_byte_came() -> None:
    wire = Wire()
    wire.server.alert(AlertCode.BUSY)
    assert wire.run().events[CLIENT] == [ev.Refused(AlertCode.BUSY)]


def test_the_server_may_say_busy_in_place_of_its_hello() -> None:
    wire = Wire()
    (event,) = wire.server.receive_data(wire.client.data_to_send())
    wire.server.alert(AlertCode.BUSY)
    assert wire.run().events[CLIENT] == [ev.Refused(AlertCode.BUSY)]
    assert isinstance(event, ev.SignatureNeeded)
    assert wire.server.signature_ready(b"s" * 384) == []
    assert wire.server.data_to_send() == b""


def test_the_server_may_leave_while_it_waits_for_the_client() -> None:
    wire = Wire(tamper=lambda who, _index, unit: [unit] if who == SERVER else [])
    wire.feed(SERVER, wire.client.data_to_send())
    wire.server.alert(AlertCode.SHUTDOWN)
    wire.run()
    assert wire.events[CLIENT][-1] == ev.Refused(AlertCode.SHUTDOWN)


def test_client_says_nothing_before_welcome_however_it_ends() -> None:
    link = client_link()
    link.data_to_send()
    link.alert(AlertCode.INTERNAL)
    assert link.data_to_send() == b""
    assert link.receive_data(b"more") == []
    link.close()
    assert link.data_to_send() == b""


def test_another_version_is_answered_with_ours() -> None:
    wire = Wire()
    (failed,) = wire.feed(SERVER, MAGIC + b"\x07")
    assert isinstance(failed, ev.LinkFailed)
    assert failed.code == AlertCode.VERSION
    answer = wire.server.data_to_send()
    assert answer.hex() == "000000050f01010001"
    assert client_link().receive_data(answer) == [ev.Refused(AlertCode.VERSION, (1,))]


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"\x00", b"RSACHAP"]
)
def test_a_foreign_client_is_answered_with_nothing(start: bytes) -> None:
    link = server_link()
    (failed,) = link.receive_data(start)
    assert failed == ev.LinkFailed(None, "no rsachat client")
    assert link.data_to_send() == b""


@pytest.mark.parametrize(
    ("versions", "suites", "answer"),
    [
        ((2, 3), (1,), m.Alert(AlertCode.VERSION, (1,))),
        ((), (1,), m.Alert(AlertCode.VERSION, (1,))),
        ((1,), (2,), m.Alert(AlertCode.SUITE)),
        ((1,), (), m.Alert(AlertCode.SUITE)),
    ],
)
def test_nothing_in_common_is_said_in_clear(
    versions: tuple[int, ...], suites: tuple[int, ...], answer: m.Alert
) -> None:
    link = server_link()
    pair = ambient().kem.generate()
    link.receive_data(
        PREAMBLE + encode_frame(m.ClientHello(versions, suites, bytes(32), pair.x, pair.ek))
    )
    assert link.data_to_send() == encode_frame(answer)
    assert link.state is ServerState.ENDED


def test_the_list_may_offer_more_and_an_extension_is_ignored() -> None:
    link = server_link()
    pair = ambient().kem.generate()
    hello = m.ClientHello((9, 1), (7, 1), bytes(32), pair.x, pair.ek, b"something new")
    (event,) = link.receive_data(PREAMBLE + encode_frame(hello))
    assert isinstance(event, ev.SignatureNeeded)


def signing_server() -> Wire:
    wire = Wire()
    wire.server.receive_data(wire.client.data_to_send())
    assert wire.server.state is ServerState.SIGNING
    return wire


def test_what_comes_while_it_signs_waits_within_its_bound() -> None:
    wire = signing_server()
    assert wire.server.receive_data(bytes(8000)) == []
    assert wire.server.receive_data(bytes(8384)) == []
    (failed,) = wire.server.receive_data(b"x")
    assert isinstance(failed, ev.LinkFailed)
    assert failed.code == AlertCode.DECODE


def test_what_came_while_it_signed_is_read_then() -> None:
    wire = signing_server()
    wire.server.receive_data(b"\x00\x00\x00\x14" + bytes(20))
    assert wire.server.signature_ready(b"s" * 384) == [
        ev.LinkFailed(None, "a record does not verify")
    ]


def test_a_signature_nobody_asked_for_is_ignored() -> None:
    assert server_link().signature_ready(b"s" * 384) == []
    assert client_link().signature_ready(b"s" * 384) == []


def test_a_decision_nobody_asked_for_is_ignored() -> None:
    link = server_link()
    link.accept(welcome())
    link.refuse(AlertCode.RATE)
    assert link.data_to_send() == b""
    assert link.state is ServerState.PREAMBLE


def test_until_welcome_records_are_short() -> None:
    wire = Wire()
    wire.feed(SERVER, wire.client.data_to_send())
    long = (8193).to_bytes(4, "big")
    (failed,) = wire.feed(SERVER, long)
    assert isinstance(failed, ev.LinkFailed)
    assert failed.code == AlertCode.DECODE


def test_eof_during_the_login_is_a_cut() -> None:
    for link in (server_link(), client_link(), signing_server().server):
        assert link.receive_eof() == [ev.ConnectionCut()]
        assert link.receive_eof() == []


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.booleans())
def test_garbage_before_the_hello_fails_and_nothing_else(garbage: bytes, preamble: bool) -> None:
    link = server_link()
    events = link.receive_data(PREAMBLE * preamble + garbage)
    assert all(isinstance(event, ev.LinkFailed) for event in events)


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=1, max_size=1300))
def test_garbage_as_a_frame_fails_on_either_side(garbage: bytes) -> None:
    framed = len(garbage).to_bytes(4, "big") + garbage
    for events in (
        server_link().receive_data(PREAMBLE + framed),
        client_link().receive_data(framed),
    ):
        (event,) = events
        assert isinstance(event, ev.LinkFailed | ev.Refused)


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=1184, max_size=1184), st.binary(min_size=32, max_size=32))
def test_any_public_values_give_a_signature_or_a_failure(ek: bytes, x: bytes) -> None:
    link = server_link()
    (event,) = link.receive_data(PREAMBLE + encode_frame(m.ClientHello((1,), (1,), x, x, ek)))
    assert isinstance(event, ev.LinkFailed | ev.SignatureNeeded)


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=1088, max_size=1088), st.binary(min_size=32, max_size=32))
def test_any_answer_moves_the_client_no_further_than_to_the_proof(ct: bytes, x: bytes) -> None:
    link = client_link()
    link.data_to_send()
    hello = encode_frame(m.ServerHello(1, 1, x, x, ct))
    events = link.receive_data(hello + b"\x00\x00\x00\x14" + bytes(20))
    assert [type(event) for event in events] == [ev.LinkFailed]
    assert link.data_to_send() == b""


@settings(deadline=None, max_examples=30)
@given(st.binary(min_size=1, max_size=900))
def test_sealed_garbage_in_place_of_client_auth_is_refused(garbage: bytes) -> None:
    wire = Wire(tamper=lambda who, index, unit: [] if (who, index) == (CLIENT, 2) else [unit])
    wire.run()
    forged = wire.client._handshake._sealer.__class__(wire.client._handshake._keys.client)
    events = wire.feed(SERVER, forged.seal(garbage))
    assert all(isinstance(event, ev.LinkFailed) for event in events)
    wire.run()
    assert not wire.server.established
    assert isinstance(wire.events[CLIENT][-1], ev.Refused) == bool(events)


def test_a_failed_proof_is_answered_where_the_client_waits_for_it() -> None:
    wire = Wire(client_key=keys.private("bob")).run()
    assert [f.code for f in wire.seen(SERVER, ev.LinkFailed)] == [AlertCode.AUTH]
    assert wire.seen(CLIENT, ev.Refused) == [ev.Refused(AlertCode.AUTH)]
    assert len(wire.units[SERVER][2]) == len(Wire().run().units[SERVER][2])


def test_after_welcome_records_are_long() -> None:
    wire = Wire().run()
    message = m.ChatSend(1, b"sessions", b"e" * m.MAX_ENV)
    wire.client.send([codec.encode(message)])
    wire.server.send([codec.encode(m.ChatDeliver(b"sessions", bytes(32), message.env))])
    wire.run()
    assert wire.received(SERVER) == [message]
    assert len(wire.received(CLIENT)) == 1
