"""Data that is made fast: it compares and hashes as frozen data does."""

import pytest

from rsachat.protocol.io_events import BytesReceived, SendBytes
from rsachat.protocol.messages import ChatSend

ONE = [ChatSend(1, b"sessions", b"env"), BytesReceived(1, b"data"), SendBytes(1, b"data")]
SAME = [ChatSend(1, b"sessions", b"env"), BytesReceived(1, b"data"), SendBytes(1, b"data")]
OTHER = [ChatSend(2, b"sessions", b"env"), BytesReceived(1, b"more"), SendBytes(2, b"data")]


def test_it_compares_and_hashes_by_its_values() -> None:
    assert ONE == SAME
    assert {*ONE, *SAME} == set(ONE)
    assert len({*ONE, *OTHER}) == 6
    assert repr(ONE[1]) == "BytesReceived(conn=1, data=b'data')"


def test_mypy_refuses_to_change_it() -> None:
    """Held by `make check`: a `type: ignore` that ignores nothing is an error there."""
    SendBytes(1, b"data").conn = 2  # type: ignore[misc]
    BytesReceived(1, b"data").data = b""  # type: ignore[misc]
    ChatSend(1, b"sessions", b"env").env = b""  # type: ignore[misc]


@pytest.mark.parametrize("one", ONE)
def test_it_has_slots_alone(one: object) -> None:
    assert not hasattr(one, "__dict__")
    with pytest.raises(AttributeError):
        one.more = 1  # type: ignore[attr-defined]
