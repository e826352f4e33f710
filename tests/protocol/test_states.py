"""The whole product of states and causes, against the words of PROTOCOL section 1."""

import pytest

from rsachat.errors import ProtocolError
from rsachat.protocol.codec import LAYOUTS, encode
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link_events import LinkEvent, LinkFailed
from rsachat.protocol.states import (
    CHANGES,
    LAST_OF_RECORD,
    OPEN,
    OPENING,
    Cause,
    ClientState,
    ServerState,
    State,
    Step,
    after,
    after_record,
)
from tests.support.message_vectors import message_vectors
from tests.support.wire import CLIENT, SERVER, opened

BY_TYPE = {vector.type: vector.message for vector in message_vectors()}
FROM_CLIENT = {0x01, 0x06, 0x14, 0x20, 0x21, 0x23, 0x30, 0x32, 0x34, 0x40}
FROM_SERVER = {
    *{0x04, 0x05, 0x07, 0x10, 0x11, 0x12, 0x13, 0x15, 0x22, 0x24, 0x25},
    *{0x31, 0x33, 0x35, 0x41},
}
FROM_BOTH = {0x08, 0x09, 0x0A, 0x0B, 0x0F, 0x36}
HANDSHAKE = {0x01, 0x04, 0x05, 0x06, 0x07, 0x10}
OF_ROLE = {
    Role.CHAT: set(range(0x08, 0x26)),
    Role.UPLOAD: {0x08, 0x09, 0x0A, 0x0B, 0x0F, 0x13, *range(0x30, 0x37)},
    Role.JOIN: {0x08, 0x0F, 0x40, 0x41},
}
ROLES: dict[State, Role] = {
    ServerState.CHAT: Role.CHAT,
    ServerState.UPLOAD: Role.UPLOAD,
    ServerState.JOIN: Role.JOIN,
    ServerState.JOINING: Role.JOIN,
    ClientState.CHAT: Role.CHAT,
    ClientState.UPLOAD: Role.UPLOAD,
    ClientState.JOIN: Role.JOIN,
    ClientState.JOINED: Role.JOIN,
}
IN_ORDER: dict[tuple[State, Cause], State] = {
    (ServerState.PREAMBLE, Step.PREAMBLE_READ): ServerState.CLIENT_HELLO,
    (ServerState.CLIENT_HELLO, 0x01): ServerState.SIGNING,
    (ServerState.SIGNING, Step.SIGNED): ServerState.CLIENT_AUTH,
    (ServerState.CLIENT_AUTH, 0x06): ServerState.DECIDING,
    (ServerState.DECIDING, Step.OPEN_CHAT): ServerState.CHAT,
    (ServerState.DECIDING, Step.OPEN_UPLOAD): ServerState.UPLOAD,
    (ServerState.DECIDING, Step.OPEN_JOIN): ServerState.JOIN,
    (ServerState.JOIN, 0x40): ServerState.JOINING,
    (ClientState.SERVER_HELLO, 0x04): ClientState.SERVER_AUTH,
    (ClientState.SERVER_AUTH, 0x05): ClientState.SIGNING,
    (ClientState.SIGNING, Step.SIGNED): ClientState.AUTH_RESULT,
    (ClientState.AUTH_RESULT, 0x07): ClientState.WELCOME,
    (ClientState.WELCOME, 0x10): ClientState.WELCOMED,
    (ClientState.WELCOMED, Step.OPEN_CHAT): ClientState.CHAT,
    (ClientState.WELCOMED, Step.OPEN_UPLOAD): ClientState.UPLOAD,
    (ClientState.WELCOMED, Step.OPEN_JOIN): ClientState.JOIN,
    (ClientState.JOIN, 0x41): ClientState.JOINED,
}
LOGIN = {
    *{ClientState.SERVER_HELLO, ClientState.SERVER_AUTH},
    *{ClientState.AUTH_RESULT, ClientState.WELCOME},
}
STATES: list[State] = [*ServerState, *ClientState]
CAUSES: list[Cause] = [*range(256), *Step]


def expected(state: State, cause: Cause) -> State | None:
    """What the specification says, written a second time."""
    ended = ServerState.ENDED if isinstance(state, ServerState) else ClientState.ENDED
    closed = ServerState.PEER_CLOSED if isinstance(state, ServerState) else ClientState.PEER_CLOSED
    if cause is Step.END or (cause == 0x0F and state in LOGIN):
        return ended
    if (state, cause) in IN_ORDER:
        return IN_ORDER[state, cause]
    if state not in ROLES or isinstance(cause, Step) or cause in HANDSHAKE | {0x40, 0x41}:
        return None
    sender = FROM_CLIENT if isinstance(state, ServerState) else FROM_SERVER
    if cause not in (sender | FROM_BOTH) & OF_ROLE[ROLES[state]]:
        return None
    return closed if cause in (0x08, 0x0F) else state


@pytest.mark.parametrize("state", STATES, ids=lambda s: f"{type(s).__name__}.{s.name}")
def test_whole_product(state: State) -> None:
    for cause in CAUSES:
        follows = expected(state, cause)
        if follows is not None:
            assert after(state, cause) is follows, cause
            continue
        with pytest.raises(ProtocolError) as caught:
            after(state, cause)
        assert caught.value.code == AlertCode.UNEXPECTED


def test_every_type_has_its_direction_and_its_place() -> None:
    types = {cls.type for cls in LAYOUTS}
    assert types == FROM_CLIENT | FROM_SERVER | FROM_BOTH
    assert {cause for _, cause in CHANGES if not isinstance(cause, Step)} == types


def test_open_states_are_those_of_a_role() -> None:
    assert set(ROLES) == OPEN
    assert set(OPENING) == set(Role)


@pytest.mark.parametrize("last", sorted(LAST_OF_RECORD))
def test_the_last_of_a_record_is_last(last: int) -> None:
    after_record(ServerState.CHAT, [0x0A, last])
    for behind in (0x0A, last, 0x85):
        with pytest.raises(ProtocolError) as caught:
            after_record(ServerState.CHAT, [last, behind])
        assert caught.value.code == AlertCode.UNEXPECTED


def test_extensions_are_stepped_over_in_an_open_state_only() -> None:
    assert after_record(ClientState.JOIN, [0x80, 0xFF, 0x41, 0x90]) is ClientState.JOINED
    with pytest.raises(ProtocolError):
        after_record(ClientState.PEER_CLOSED, [0x80])


def test_one_join_even_within_a_record() -> None:
    with pytest.raises(ProtocolError):
        after_record(ServerState.JOIN, [0x40, 0x40])


def events_of(role: Role, to: str, type_: int) -> list[LinkEvent]:
    """What an open link makes of one message of this type in a record."""
    wire = opened(role)
    message = BY_TYPE.get(type_)
    header = type_.to_bytes(1, "big") + bytes(3)
    encoded = header if message is None else encode(message)
    sender = wire.server if to == CLIENT else wire.client
    sender.send([encoded])
    return wire.feed(to, sender.data_to_send())


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("to", [CLIENT, SERVER])
def test_an_open_link_holds_every_type_to_the_table(role: Role, to: str) -> None:
    state: State = (ClientState if to == CLIENT else ServerState)[role.name]
    for type_ in range(256):
        events = events_of(role, to, type_)
        if type_ >= 0x80:
            assert events == []
        elif expected(state, type_) is None:
            (event,) = events
            assert isinstance(event, LinkFailed)
            assert event.code == AlertCode.UNEXPECTED
        elif type_ not in LAST_OF_RECORD:
            assert events == [BY_TYPE[type_]]


def test_there_is_a_vector_of_every_type() -> None:
    assert set(BY_TYPE) == {cls.type for cls in LAYOUTS}
