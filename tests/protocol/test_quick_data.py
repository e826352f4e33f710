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


@pytest.mark.parametrize("one", ONE)
def test_it_has_slots_alone(one: object) -> None:
    assert not hasattr(one, "__dict__")
    with pytest.raises(AttributeError):
        one.more = 1  # type: ignore[attr-defined]
