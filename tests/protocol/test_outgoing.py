"""The sender's side of one session: window, age and which receipts it believes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rsachat.protocol.agreement import SessionKeys
from rsachat.protocol.envelope import Msg, Receipt, decode_envelope
from rsachat.protocol.outgoing import Acknowledged, OutgoingSession
from rsachat.protocol.ratchet import receipt_mac
from rsachat.settings import ChatLimits
from tests.support.peers import Clock, ambient

SID, KEYS = b"\x44" * 16, SessionKeys(b"\x43" * 32, b"\x48" * 32)
MID = b"\x45" * 16


class Fixture:
    def __init__(self, limits: ChatLimits | None = None) -> None:
        self.clock = Clock()
        self.session = OutgoingSession(SID, KEYS, ambient(self.clock), limits or ChatLimits())
        self.tags: list[bytes] = []

    def seal(self, body: bytes = b"hi") -> bytes:
        env = self.session.seal(MID, body)
        msg = decode_envelope(env)
        assert isinstance(msg, Msg)
        assert (msg.sid, msg.n) == (SID, len(self.tags))
        self.tags.append(msg.tag)
        return env

    def receipt(self, n: int, got: int, count: int) -> Receipt:
        blank = Receipt(SID, n, got, count)
        return replace(blank, mac=receipt_mac(KEYS.receipt, blank.body(), self.tags[n]))


def test_numbers_rise_and_keys_change() -> None:
    f = Fixture()
    assert f.seal() != f.seal()
    assert f.session.unreceipted == 2


def test_a_receipt_speaks_for_all_before_it() -> None:
    f = Fixture()
    for _ in range(5):
        f.seal()
    assert f.session.acknowledge(f.receipt(2, 3, 1)) == Acknowledged(3, complete=True)
    assert f.session.unreceipted == 2
    assert f.session.acknowledge(f.receipt(4, 5, 2)) == Acknowledged(2, complete=True)
    assert f.session.unreceipted == 0


def test_a_receipt_with_a_gap_delivers_nothing() -> None:
    f = Fixture()
    for _ in range(3):
        f.seal()
    assert f.session.acknowledge(f.receipt(2, 2, 1)) == Acknowledged(0, complete=False)
    assert f.session.unreceipted == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, n=1, got=2),
        lambda r: replace(r, got=2),
        lambda r: replace(r, count=9),
        lambda r: replace(r, mac=bytes(32)),
        lambda r: replace(r, n=3),
        lambda r: replace(r, n=2**32 - 1),
    ],
)
def test_what_is_not_genuine(change: Callable[[Receipt], Receipt]) -> None:
    f = Fixture()
    for _ in range(3):
        f.seal()
    good = f.receipt(2, 3, 1)
    assert f.session.acknowledge(change(good)) is None
    assert f.session.unreceipted == 3
    assert f.session.acknowledge(good) is not None, "a bad one changes nothing"


def test_counts_rise_strictly() -> None:
    f = Fixture()
    for _ in range(3):
        f.seal()
    assert f.session.acknowledge(f.receipt(0, 1, 5)) is not None
    assert f.session.acknowledge(f.receipt(0, 1, 5)) is None
    assert f.session.acknowledge(f.receipt(1, 2, 5)) is None
    assert f.session.acknowledge(f.receipt(1, 2, 4)) is None
    assert f.session.acknowledge(f.receipt(1, 2, 6)) is not None


def test_the_window_counts_messages() -> None:
    f = Fixture(ChatLimits(window_messages=2))
    f.seal()
    assert f.session.may_seal(b"")
    f.seal()
    assert not f.session.may_seal(b"")
    f.session.acknowledge(f.receipt(0, 1, 1))
    assert f.session.may_seal(b"")


def test_the_window_counts_bytes() -> None:
    f = Fixture(ChatLimits(window_bytes=2 * 181))
    f.seal()
    assert f.session.may_seal(b"x" * 101)
    assert not f.session.may_seal(b"x" * 102)
    f.seal()
    assert not f.session.may_seal(b"")
    f.session.acknowledge(f.receipt(1, 2, 1))
    assert f.session.may_seal(b"x" * 102)


def test_spent_by_messages() -> None:
    f = Fixture(ChatLimits(session_messages=2))
    f.seal()
    assert not f.session.spent()
    f.seal()
    assert f.session.spent()
    f.session.acknowledge(f.receipt(1, 2, 1))
    assert not f.session.may_seal(b"")


def test_spent_by_time() -> None:
    f = Fixture()
    f.clock.now += 24 * 3600 - 0.1
    assert f.session.may_seal(b"")
    f.clock.now += 0.1
    assert f.session.spent()
    assert not f.session.may_seal(b"")
