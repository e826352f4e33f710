"""The recipient's side of one session: what opens, what is counted, what a receipt says."""

from dataclasses import replace

import pytest

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import mac
from rsachat.protocol.agreement import SessionKeys
from rsachat.protocol.chat_events import DropReason, Sender
from rsachat.protocol.envelope import Msg, Receipt, decode_envelope, msg_header
from rsachat.protocol.incoming_session import IncomingSession
from rsachat.protocol.ratchet import Content, receipt_mac, seal, step
from rsachat.settings import ChatLimits

SID, KEYS = b"\x44" * 16, SessionKeys(b"\x43" * 32, b"\x48" * 32)
ALICE = Sender(b"session1", b"\x01" * 32)


def session() -> IncomingSession:
    return IncomingSession(SID, ALICE, KEYS, 0.0, ChatLimits())


def content(n: int) -> Content:
    return Content(1, n, n.to_bytes(16, "big"), f"text {n}".encode())


def message(n: int) -> Msg:
    msg = decode_envelope(seal(step(KEYS.chain, n), SID, n, content(n)).env)
    assert isinstance(msg, Msg)
    return msg


def badly_padded(n: int) -> Msg:
    """A message that its sender itself pads wrongly, under good keys."""
    chain = step(KEYS.chain, n)
    ct = ctr(mac(chain, b"\x01"), bytes(8), b"\xff" * 128)
    return Msg(SID, n, mac(mac(chain, b"\x02"), msg_header(SID, n), ct), ct)


def receipt(made: bytes) -> tuple[int, int, int]:
    decoded = decode_envelope(made)
    assert isinstance(decoded, Receipt)
    assert decoded.mac == receipt_mac(KEYS.receipt, decoded.body(), message(decoded.n).tag)
    return decoded.n, decoded.got, decoded.count


def test_in_order() -> None:
    s = session()
    for n in range(3):
        assert s.open(message(n)) == (content(n), 0)
    assert s.owed == 3
    assert receipt(s.receipt()) == (2, 3, 1)
    assert s.owed == 0


def test_a_gap_is_counted_and_told_in_the_receipt() -> None:
    s = session()
    s.open(message(0))
    assert s.open(message(5)) == (content(5), 4)
    assert receipt(s.receipt()) == (5, 2, 1)


def test_earlier_numbers_are_replays() -> None:
    s = session()
    s.open(message(3))
    for n in range(4):
        assert s.open(message(n)) is DropReason.REPLAY
    assert (s.owed, s.bad) == (1, 0)


def test_steps_over_1024_and_no_more() -> None:
    assert session().open(message(1024)) == (content(1024), 1024)
    s = session()
    assert s.open(message(1025)) is DropReason.GAP
    assert s.bad == 1
    assert s.open(message(0)) == (content(0), 0)


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_a_bad_tag_changes_nothing(n: int) -> None:
    s = session()
    assert s.open(replace(message(n), tag=bytes(32))) is DropReason.BAD_TAG
    assert s.open(replace(message(0), n=n + 1)) is DropReason.BAD_TAG
    assert (s.owed, s.bad) == (0, 2)
    assert s.open(message(0)) == (content(0), 0)


def test_bad_padding_is_not_accepted_but_spends_its_number() -> None:
    s = session()
    s.open(message(0))
    assert s.open(badly_padded(1)) is DropReason.MALFORMED
    assert receipt(s.receipt()) == (0, 1, 1)
    assert s.open(badly_padded(1)) is DropReason.REPLAY
    assert s.open(message(2)) == (content(2), 0)
    assert receipt(s.receipt()) == (2, 2, 2)


def test_counts_of_receipts_rise() -> None:
    s = session()
    for n in range(3):
        s.open(message(n))
        assert receipt(s.receipt()) == (n, n + 1, n + 1)
