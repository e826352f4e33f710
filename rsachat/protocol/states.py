"""Every state of both roles and every change between them, in one table (PROTOCOL section 1).

What is not in the table is refused as UNEXPECTED. A change is caused by a message that came, or
by a `Step` of this side. The machines look changes up here and decide none of their own.
"""

from collections.abc import Iterable
from enum import Enum

from rsachat.errors import ProtocolError
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role


class _State(Enum):
    """Hashed by identity: tables are asked for each record, and Enum's own hash is slow."""

    __hash__ = object.__hash__


class ServerState(_State):
    """How far a server's side of a connection has come."""

    PREAMBLE = "waits for the preamble"
    CLIENT_HELLO = "waits for CLIENT_HELLO"
    SIGNING = "has its signature made"
    CLIENT_AUTH = "waits for CLIENT_AUTH"
    DECIDING = "waits for its core to accept or refuse"
    CHAT = "open for chat"
    UPLOAD = "open for uploads"
    JOIN = "open for one JOIN"
    JOINING = "has had its JOIN"
    PEER_CLOSED = "the peer has said its last"
    ENDED = "over"


class ClientState(_State):
    """How far a client's side of a connection has come."""

    SERVER_HELLO = "waits for SERVER_HELLO"
    SERVER_AUTH = "waits for SERVER_AUTH"
    SIGNING = "has its signature made"
    AUTH_RESULT = "waits for AUTH_RESULT"
    WELCOME = "waits for WELCOME"
    WELCOMED = "has read WELCOME"
    CHAT = "open for chat"
    UPLOAD = "open for uploads"
    JOIN = "open for JOINED"
    JOINED = "has had its JOINED"
    PEER_CLOSED = "the peer has said its last"
    ENDED = "over"


class Step(Enum):
    """What moves a side forward without a message from the peer."""

    PREAMBLE_READ = "the preamble is ours"
    SIGNED = "the own signature is made"
    OPEN_CHAT = "logged in for chat"
    OPEN_UPLOAD = "logged in for uploads"
    OPEN_JOIN = "logged in to join"
    END = "this side ends"


State = ServerState | ClientState
Cause = int | Step

OPENING = {
    Role.CHAT: Step.OPEN_CHAT,
    Role.UPLOAD: Step.OPEN_UPLOAD,
    Role.JOIN: Step.OPEN_JOIN,
}
LAST_OF_RECORD = frozenset({m.Close.type, m.KeyUpdate.type, m.Alert.type})

_S, _C = ServerState, ClientState
_ENDINGS = (m.Close, m.Alert)
_PINGS = (m.Ping, m.Pong)
_SERVER_CHAT = (*_PINGS, m.KeyUpdate, m.Find, m.PrekeyPut, m.PrekeyGet, m.ChatSend)
_CLIENT_CHAT = (
    *(*_PINGS, m.KeyUpdate, m.Roster, m.Notice, m.Error, m.Found),
    *(m.Prekey, m.ChatDeliver, m.Sent),
)
_SERVER_UPLOAD = (*_PINGS, m.KeyUpdate, m.UpOffer, m.UpData, m.UpFin, m.UpAbort)
_CLIENT_UPLOAD = (*(*_PINGS, m.KeyUpdate, m.Error, m.UpReady, m.UpAck, m.UpReceipt, m.UpAbort),)

_Row = tuple[State, Iterable[type[m.Message] | Step], State]
_ROWS: tuple[_Row, ...] = (
    (_S.PREAMBLE, [Step.PREAMBLE_READ], _S.CLIENT_HELLO),
    (_S.CLIENT_HELLO, [m.ClientHello], _S.SIGNING),
    (_S.SIGNING, [Step.SIGNED], _S.CLIENT_AUTH),
    (_S.CLIENT_AUTH, [m.ClientAuth], _S.DECIDING),
    (_S.DECIDING, [Step.OPEN_CHAT], _S.CHAT),
    (_S.DECIDING, [Step.OPEN_UPLOAD], _S.UPLOAD),
    (_S.DECIDING, [Step.OPEN_JOIN], _S.JOIN),
    (_S.CHAT, _SERVER_CHAT, _S.CHAT),
    (_S.UPLOAD, _SERVER_UPLOAD, _S.UPLOAD),
    (_S.JOIN, [m.Join], _S.JOINING),
    *((state, _ENDINGS, _S.PEER_CLOSED) for state in (_S.CHAT, _S.UPLOAD, _S.JOIN, _S.JOINING)),
    *((state, [Step.END], _S.ENDED) for state in _S),
    (_C.SERVER_HELLO, [m.ServerHello], _C.SERVER_AUTH),
    (_C.SERVER_AUTH, [m.ServerAuth], _C.SIGNING),
    (_C.SIGNING, [Step.SIGNED], _C.AUTH_RESULT),
    (_C.AUTH_RESULT, [m.AuthResult], _C.WELCOME),
    (_C.WELCOME, [m.Welcome], _C.WELCOMED),
    (_C.WELCOMED, [Step.OPEN_CHAT], _C.CHAT),
    (_C.WELCOMED, [Step.OPEN_UPLOAD], _C.UPLOAD),
    (_C.WELCOMED, [Step.OPEN_JOIN], _C.JOIN),
    (_C.CHAT, _CLIENT_CHAT, _C.CHAT),
    (_C.UPLOAD, _CLIENT_UPLOAD, _C.UPLOAD),
    (_C.JOIN, [m.Joined], _C.JOINED),
    *((state, _ENDINGS, _C.PEER_CLOSED) for state in (_C.CHAT, _C.UPLOAD, _C.JOIN, _C.JOINED)),
    *(
        (state, [m.Alert], _C.ENDED)
        for state in (_C.SERVER_HELLO, _C.SERVER_AUTH, _C.AUTH_RESULT, _C.WELCOME)
    ),
    *((state, [Step.END], _C.ENDED) for state in _C),
)

CHANGES: dict[tuple[State, Cause], State] = {
    (state, cause if isinstance(cause, Step) else cause.type): after
    for state, causes, after in _ROWS
    for cause in causes
}
OPEN = frozenset({_S.CHAT, _S.UPLOAD, _S.JOIN, _S.JOINING, _C.CHAT, _C.UPLOAD, _C.JOIN, _C.JOINED})
# What an open state hands to its core and stays as it is: the common case, one look for a record.
ORDINARY: dict[State, frozenset[int]] = {
    state: frozenset(
        cause
        for (before, cause), after in CHANGES.items()
        if before is after is state and not isinstance(cause, Step) and cause not in LAST_OF_RECORD
    )
    for state in (*_S, *_C)
}


def after(state: State, cause: Cause) -> State:
    """The state that follows. Raises ProtocolError(UNEXPECTED) if the table has none."""
    try:
        return CHANGES[state, cause]
    except KeyError:
        named = cause.name if isinstance(cause, Step) else f"type {cause:#04x}"
        raise ProtocolError(AlertCode.UNEXPECTED, f"{named} in state {state.name}") from None


def after_record(state: State, types: Iterable[int]) -> State:
    """The state after a whole record's types, in an open state or later.

    Extensions are stepped over; CLOSE, ALERT and KEY_UPDATE come last. Raises
    ProtocolError(UNEXPECTED).
    """
    over = False
    for type_ in types:
        if over:
            raise ProtocolError(AlertCode.UNEXPECTED, "more after the last of a record")
        over = type_ in LAST_OF_RECORD
        if type_ < m.EXTENSION or state not in OPEN:
            state = after(state, type_)
    return state
