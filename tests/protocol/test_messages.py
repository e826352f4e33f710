"""What every message is called on the wire, and what it prints of itself."""

import pytest

from rsachat.protocol import codec
from rsachat.protocol import messages as m
from tests.support.message_vectors import message_vectors

VECTORS = message_vectors()


@pytest.mark.parametrize("cls", codec.LAYOUTS, ids=lambda cls: cls.__name__)
def test_no_message_prints_its_secret(cls: type[m.Message]) -> None:
    shown = [repr(vector.message) for vector in VECTORS if type(vector.message) is cls]
    if cls is m.Join:
        assert shown == ["Join()"]
    assert all(text.startswith(cls.__name__) for text in shown)


def test_the_numbers_of_the_types() -> None:
    names = {cls.type: cls.__name__ for cls in codec.LAYOUTS}
    rows = {
        0x01: "ClientHello - - ServerHello ServerAuth ClientAuth AuthResult Close KeyUpdate Ping",
        0x0B: "Pong - - - Alert Welcome Roster Notice Error Find Found",
        0x20: "PrekeyPut PrekeyGet Prekey ChatSend ChatDeliver Sent",
        0x30: "UpOffer UpReady UpData UpAck UpFin UpReceipt UpAbort",
        0x40: "Join Joined",
    }
    expected = {
        start + i: name
        for start, row in rows.items()
        for i, name in enumerate(row.split())
        if name != "-"
    }
    assert names == expected
