"""Hypothesis strategies for messages, made from the very table that the codec works by.

What the table cannot say, the relations between fields, is drawn here by hand.
"""

from typing import Any

from hypothesis import strategies as st

from rsachat.crypto.rsa import MODULUS_BYTES
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.codes import NoticeKind
from rsachat.protocol.layout import (
    Blob,
    Field,
    Fixed,
    Layout,
    Listed,
    Name,
    Number,
    Optional,
    Rest,
    Text,
)
from rsachat.protocol.transfer import DATA_BYTES

_DRAWN_BYTES = 200  # longer ones add time, not cases; the bounds are tested by name
_DRAWN_ITEMS = 4


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values of one field, its bounds among them."""
    match field:
        case Number(size, low, high):
            return st.integers(low, (1 << 8 * size) - 1 if high is None else high)
        case Fixed(length):
            return st.binary(min_size=length, max_size=length)
        case Text(high):
            return _texts(high)
        case Name():
            return st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
        case Blob(low, high) | Rest(low, high):
            short = st.binary(min_size=low, max_size=min(high, low + _DRAWN_BYTES))
            return short | st.just(bytes(high))
        case Listed(_, item):
            return st.lists(values(item), max_size=_DRAWN_ITEMS).map(tuple)
        case Optional(item):
            return st.none() | values(item)
        case Layout():
            return st.builds(field.cls, *map(values, field.fields))
    raise AssertionError(f"no strategy for {field}")


@st.composite
def _texts(draw: st.DrawFn, high: int) -> str:
    """Text of at most `high` bytes, however many each of its characters takes."""
    text = draw(st.text(max_size=high))
    return text.encode()[:high].decode("utf-8", "ignore")


@st.composite
def _server_auths(draw: st.DrawFn) -> m.ServerAuth:
    spki, modulus = draw(st.sampled_from(sorted(MODULUS_BYTES.items())))
    return m.ServerAuth(draw(_exactly(spki)), draw(_exactly(modulus)), draw(_exactly(32)))


@st.composite
def _client_auths(draw: st.DrawFn) -> m.ClientAuth:
    role, name = map(values, codec.LAYOUTS[m.ClientAuth].fields[:2])
    auth = draw(_server_auths())
    return m.ClientAuth(draw(role), draw(name), auth.spki, auth.sig, auth.fin)


@st.composite
def _notices(draw: st.DrawFn) -> m.Notice:
    kind, online = map(values, codec.LAYOUTS[m.Notice].fields[:2])
    entry = values(codec.ENTRY)
    drawn = draw(kind)
    if drawn == NoticeKind.COUNT:
        return m.Notice(drawn, draw(online))
    return m.Notice(drawn, draw(online), draw(entry))


@st.composite
def _up_data(draw: st.DrawFn) -> m.UpData:
    tid, first, count, _ = map(values, codec.LAYOUTS[m.UpData].fields)
    units = draw(count)
    length = draw(st.integers(1, DATA_BYTES // units))
    data = draw(_exactly(1)) * (length * units)
    return m.UpData(draw(tid), draw(first), units, data)


def _exactly(length: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=length, max_size=length)


_RELATED: dict[type[m.Message], st.SearchStrategy[Any]] = {
    m.ServerAuth: _server_auths(),
    m.ClientAuth: _client_auths(),
    m.Notice: _notices(),
    m.UpData: _up_data(),
}


def messages_of(cls: type[m.Message]) -> st.SearchStrategy[Any]:
    """Every message of a type that a peer may send."""
    return _RELATED[cls] if cls in _RELATED else values(codec.LAYOUTS[cls])


def messages() -> st.SearchStrategy[m.Message]:
    """Messages of all types, each type as likely as another."""
    return st.sampled_from(list(codec.LAYOUTS)).flatmap(messages_of)
