"""The sending core against the real receiving core, and against a server that misbehaves."""

import hashlib
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.client.upload_io import Delivered, NotDelivered, Progress, Remark
from rsachat.client.uploading import Stage
from rsachat.crypto.jobs import DecryptChunks
from rsachat.errors import ProtocolError, RefusedError, RsachatError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.io_events import SubmitJob
from rsachat.protocol.messages import UpAbort, UpAck, UpData, UpFin, UpOffer, UpReady, UpReceipt
from rsachat.protocol.transfer import Mode
from rsachat.settings import TransferLimits
from tests.support.uploads import Receiver, Sender, converse, counting_random

SIZES = (0, 1, 255, 256, 257, 5000)


def content(size: int) -> bytes:
    return bytes(i * 7 % 251 for i in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_delivers_any_size(tmp_path: Path, size: int) -> None:
    data = content(size)
    sender, receiver = Sender(data), Receiver(tmp_path / "up")
    sender.start()
    converse(sender, receiver)
    (done,) = sender.of(Delivered)
    assert receiver.stored() == data
    assert (done.size, done.sha256) == (size, hashlib.sha256(data).digest())
    assert done.chunks == -(-size // 256)
    assert not done.already
    assert sender.saved is None
    assert receiver.parts() == [".receipt"]


def test_hundred_thousand_bytes_keep_to_the_window(tmp_path: Path) -> None:
    data = content(100_000)
    limits = TransferLimits(window=64)
    sender, receiver = Sender(data), Receiver(tmp_path / "up", limits)
    sender.start()
    converse(sender, receiver)
    assert receiver.stored() == data
    assert sender.of(Delivered)


def test_progress_counts_what_was_acknowledged(tmp_path: Path) -> None:
    sender, receiver = Sender(content(5000)), Receiver(tmp_path / "up")
    sender.start()
    converse(sender, receiver)
    seen = sender.of(Progress)
    assert [p.done for p in seen] == [0, 4096, 5000]
    assert (seen[-1].chunks, seen[-1].total, seen[-1].size) == (20, 20, 5000)


def test_the_same_bytes_again_are_already_there(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up")
    for _ in range(2):
        sender = Sender(content(300))
        sender.start()
        converse(sender, receiver)
    other_transfer = Sender(content(300), random=lambda n: bytes([9]) * n)
    other_transfer.start()
    converse(other_transfer, receiver)
    (done,) = other_transfer.of(Delivered)
    assert done.already


def test_another_file_of_that_name_is_refused(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up")
    converse_whole(Sender(b"old"), receiver)
    sender = Sender(b"new", random=lambda n: bytes([9]) * n)
    converse_whole(sender, receiver)
    (failed,) = sender.of(NotDelivered)
    assert failed.error.exit_code == 1
    assert "--replace" in failed.error.hint
    assert receiver.stored() == b"old"


def test_replace_replaces(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up")
    converse_whole(Sender(b"old"), receiver)
    converse_whole(Sender(b"new", replaces=True, random=lambda n: bytes([9]) * n), receiver)
    assert receiver.stored() == b"new"


def converse_whole(sender: Sender, receiver: Receiver, conn: int = 1) -> None:
    sender.start()
    converse(sender, receiver, conn)


@pytest.mark.parametrize("messages", range(1, 7))
def test_goes_on_after_a_cut_anywhere(tmp_path: Path, messages: int) -> None:
    data = content(15_000)
    receiver = Receiver(tmp_path / "up", TransferLimits(window=32))
    first = Sender(data)
    first.start()
    converse(first, receiver, messages=messages)
    receiver.close()
    assert receiver.stored() is None or first.of(Delivered)

    second = Sender(data, saved=first.saved, random=counting_random())
    converse_whole(second, receiver, conn=2)
    assert receiver.stored() == data
    assert second.of(Delivered)
    if first.of(Progress) and not first.of(Delivered):
        acknowledged = first.of(Progress)[-1].done
        assert second.of(Progress)[0].done == acknowledged // 256 * 256


def test_a_changed_source_is_a_new_transfer(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up", TransferLimits(window=16))
    first = Sender(content(15_000))
    first.start()
    converse(first, receiver, messages=2)
    receiver.close()
    changed = content(15_000)[::-1]
    second = Sender(changed, saved=first.saved, random=lambda n: bytes([7]) * n)
    converse_whole(second, receiver, conn=2)
    assert receiver.stored() == changed
    assert "changed" in second.of(Remark)[0].text


def test_a_source_that_changes_while_it_is_sent_starts_anew(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up", TransferLimits(window=16))
    sender = Sender(content(9000), limits=TransferLimits(read_ahead=0))
    sender.start()
    converse(sender, receiver, messages=2)
    sender.data = content(8500)[::-1]
    converse(sender, receiver)
    assert receiver.stored() == sender.data
    assert receiver.parts() == [".receipt"]
    assert sender.of(Remark)


def test_acknowledgements_under_way_for_a_source_that_changed_are_nothing(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up", TransferLimits(window=32))
    sender = Sender(content(9000), limits=TransferLimits(read_ahead=0))
    sender.start()
    converse(sender, receiver, messages=1)
    for _ in range(2):
        receiver.say(sender.out.popleft())
    *_, (_, first), (_, second) = receiver.sent
    sender.data = content(8500)[::-1]
    sender.hear(first)  # reads on, and finds the file shorter or other
    sender.data = content(8500)[::-1]
    sender.hear(second)
    converse(sender, receiver)
    assert receiver.stored() == sender.data


def test_an_envelopes_source_that_changes_while_it_is_sent_starts_anew(tmp_path: Path) -> None:
    """Nothing is hashed while segments go: the receiver's acknowledgement shows it."""
    receiver = Receiver(tmp_path / "up", TransferLimits(envelope_window=2))
    sender = envelope(content(9 * SEGMENT), limits=TransferLimits(envelope_ahead=0))
    sender.start()
    converse(sender, receiver, messages=3)
    sender.data = content(9 * SEGMENT)[::-1]
    converse(sender, receiver)
    assert receiver.stored() == sender.data
    assert "while it was being sent" in sender.of(Remark)[0].text
    assert receiver.parts() == [".receipt"]


def test_an_envelopes_source_that_never_rests_is_given_up(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up", TransferLimits(envelope_window=2))
    sender = envelope(content(9 * SEGMENT), limits=TransferLimits(envelope_ahead=0))
    sender.start()
    for change in range(10):
        converse(sender, receiver, messages=3)
        sender.data = bytes([change]) * (9 * SEGMENT)
    (failed,) = sender.of(NotDelivered)
    assert "kept changing" in failed.error.why
    assert receiver.stored() is None


def test_a_source_that_never_rests_is_given_up(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up", TransferLimits(window=16))
    sender = Sender(content(9000), limits=TransferLimits(read_ahead=0))
    sender.start()
    for change in range(10):
        converse(sender, receiver, messages=2)
        sender.data = bytes([change]) * 9000
    (failed,) = sender.of(NotDelivered)
    assert "kept changing" in failed.error.why
    assert receiver.stored() is None


def test_a_link_that_dies_after_two_messages_each_time_gets_there(tmp_path: Path) -> None:
    """The offer and one UP_DATA, of which only the first 600 bytes come through, each time."""
    receiver, saved = Receiver(tmp_path / "up"), None
    for conn in range(1, 11):
        sender = Sender(content(10 * 256), saved=saved, gently=True)
        sender.start()
        saved = sender.saved
        converse(sender, receiver, conn, messages=1)
        data = sender.out.popleft()
        assert isinstance(data, UpData)
        if len(data.data) < 600:
            receiver.say(data, conn)
        receiver.close(conn)
    (part,) = receiver.root.glob(".parts/*/*.part")
    assert part.stat().st_size == 10 * 256


def test_the_first_messages_are_short_and_then_double() -> None:
    sender = Sender(content(100 * 256), gently=True)
    sender.start()
    sender.hear(UpReady(tid(sender), 3, hashlib.sha256(content(3 * 256)).digest(), 640, b""))
    counts = [message.count for message in sender.out if isinstance(message, UpData)]
    assert counts == [1, 1, 2, 4, 8, 16, 16, 16, 16, 16, 1]


def test_too_large_stops_before_the_first_chunk() -> None:
    sender = Sender(content(2000), limits=TransferLimits(max_rsa_file=1000))
    sender.start()
    (failed,) = sender.of(NotDelivered)
    assert "too large" in failed.error.why
    assert not sender.out


def begun(size: int = 9000) -> Sender:
    """A sender whose chunks are on their way."""
    sender = Sender(content(size))
    sender.start()
    (offer,) = sender.out
    assert isinstance(offer, UpOffer)
    sender.out.clear()
    sender.hear(UpReady(tid(sender), 0, hashlib.sha256().digest(), 640, b""))
    return sender


def tid(sender: Sender) -> bytes:
    assert sender.saved is not None
    return sender.saved.manifest[1:17]


def test_a_wrong_prefix_begins_anew_once_and_never_counts() -> None:
    sender = begun()
    assert isinstance(sender.out[0], UpData)
    sender.out.clear()
    sender.hear(UpAck(tid(sender), 16, b"\0" * 32))
    abort, again = sender.out
    assert abort == UpAbort(tid(sender), ErrorCode.HASH)
    assert isinstance(again, UpOffer)
    sender.hear(UpAck(tid(sender), 32, b"\0" * 32))  # was on its way
    sender.hear(UpReady(tid(sender), 0, b"\1" * 32, 640, b""))
    (failed,) = sender.of(NotDelivered)
    assert "differs" in failed.error.why
    assert not sender.of(Delivered)


def test_a_resume_over_other_bytes_begins_anew_once() -> None:
    sender = Sender(content(9000))
    sender.start()
    sender.out.clear()
    sender.hear(UpReady(tid(sender), 4, b"\0" * 32, 640, b""))
    abort, again = sender.out
    assert abort == UpAbort(tid(sender), ErrorCode.HASH)
    assert isinstance(again, UpOffer)


def test_an_acknowledgement_of_what_was_not_sent_is_an_error() -> None:
    sender = begun()
    right = hashlib.sha256(content(9000)).digest()
    with pytest.raises(ProtocolError):
        sender.hear(UpAck(tid(sender), 36, right))


def test_fin_only_after_the_last_acknowledgement() -> None:
    sender = begun()
    assert not any(isinstance(message, UpFin) for message in sender.out)
    data = content(9000)
    for cum in (16, 32, 36):
        sender.hear(UpAck(tid(sender), cum, hashlib.sha256(data[: cum * 256]).digest()))
    assert sender.out[-1] == UpFin(tid(sender))
    assert sender.core.stage is Stage.FINISHING


def test_a_damaged_receipt_is_no_delivery(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up")
    sender = Sender(content(300))
    sender.start()
    receiver.say(sender.out.popleft())
    sender.hear(receiver.sent[-1][1])
    receiver.say(sender.out.popleft())
    sender.hear(receiver.sent[-1][1])
    receiver.say(sender.out.popleft())
    honest = receiver.sent[-1][1]
    assert isinstance(honest, UpReceipt)
    damaged = honest.receipt[:-1] + bytes([honest.receipt[-1] ^ 1])
    sender.hear(replace(honest, receipt=damaged))
    (failed,) = sender.of(NotDelivered)
    assert isinstance(failed.error, RefusedError)
    assert not sender.of(Delivered)


def test_a_message_out_of_turn_is_an_error() -> None:
    sender = begun()
    with pytest.raises(ProtocolError):
        sender.hear(UpReady(tid(sender), 0, b"\0" * 32, 640, b""))
    with pytest.raises(ProtocolError):
        sender.hear(UpReceipt(tid(sender), b"x" * 400))


def test_a_ready_beyond_the_file_is_an_error() -> None:
    sender = Sender(content(300))
    sender.start()
    with pytest.raises(ProtocolError):
        sender.hear(UpReady(tid(sender), 3, b"\0" * 32, 640, b""))
    with pytest.raises(ProtocolError):
        sender.hear(UpReady(tid(sender), 0, b"\0" * 32, 0, b""))


@pytest.mark.parametrize("code", [*ErrorCode, 999])
def test_every_abort_has_a_reason(code: int) -> None:
    sender = begun()
    sender.hear(UpAbort(tid(sender), code))
    (failed,) = sender.of(NotDelivered)
    assert failed.error.why
    assert sender.core.stage is Stage.OVER


def test_ends_once_however_often_the_server_ends_it() -> None:
    sender = Sender(content(5000))
    sender.start()
    for _ in range(2):
        sender.hear(UpAbort(tid(sender), ErrorCode.IO))
    sender.hear(UpAck(tid(sender), 1, bytes(32)))
    assert len(sender.of(NotDelivered)) == 1


def test_what_cannot_be_read_frees_the_connection() -> None:
    sender = begun()
    sender.out.clear()
    sender.perform(sender.core.source_failed(RsachatError("cannot read a.txt")))
    assert list(sender.out) == [UpAbort(tid(sender), ErrorCode.IO)]
    assert sender.of(NotDelivered)


# envelope mode

SEGMENT = 65_536
EDGES = (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 20 * SEGMENT + 7)


def envelope(data: bytes, **options: Any) -> Sender:
    return Sender(data, mode=Mode.ENVELOPE, **options)


@pytest.mark.parametrize("size", EDGES)
def test_an_envelope_of_any_size(tmp_path: Path, size: int) -> None:
    data = content(size)
    sender, receiver = envelope(data), Receiver(tmp_path / "up")
    sender.start()
    assert sender.saved is not None
    assert len(sender.saved.file_key) == 32
    converse(sender, receiver)
    (done,) = sender.of(Delivered)
    assert receiver.stored() == data
    assert done.chunks == -(-size // SEGMENT)
    assert sender.saved is None
    assert receiver.parts() == [".receipt"]


def test_an_envelope_keeps_to_its_window_and_tells_sent_from_stored() -> None:
    sender = envelope(content(30 * SEGMENT))
    sender.start()
    sender.out.clear()
    sender.hear(UpReady(tid(sender), 0, hashlib.sha256().digest(), 16, b""))
    assert [m.first for m in sender.out if isinstance(m, UpData)] == list(range(16))
    sender.hear(UpAck(tid(sender), 1, hashlib.sha256(content(SEGMENT)).digest()))
    last = sender.of(Progress)[-1]
    assert (last.done, last.chunks) == (SEGMENT, 1)
    assert last.sent == 17 * SEGMENT


@settings(deadline=None, max_examples=25)
@given(size=st.integers(0, 6 * SEGMENT), cuts=st.lists(st.integers(1, 6), max_size=4))
def test_an_envelope_goes_on_after_any_cuts(size: int, cuts: list[int]) -> None:
    data = content(size)
    with TemporaryDirectory() as folder:
        receiver = Receiver(Path(folder) / "up", TransferLimits(envelope_window=2))
        saved = None
        for conn, messages in enumerate([*cuts, 1_000], 1):
            sender = envelope(data, saved=saved)
            sender.start()
            converse(sender, receiver, conn, messages=messages)
            receiver.close(conn)
            saved = sender.saved or saved
        assert receiver.stored() == data


def test_an_envelope_and_chunks_of_one_source_are_two_transfers(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "up")
    first = Sender(content(5000))
    first.start()
    converse(first, receiver, messages=2)
    receiver.close()
    second = envelope(content(5000), saved=first.saved, random=lambda n: b"\7" * n)
    converse_whole(second, receiver, conn=2)
    assert receiver.stored() == content(5000)


def test_too_large_for_chunks_names_the_envelope() -> None:
    limits = TransferLimits(max_rsa_file=1000, max_file=3000)
    for size, mode, hinted in ((2000, Mode.RSA_CHUNKS, True), (4000, Mode.RSA_CHUNKS, False)):
        sender = Sender(content(size), limits=limits, mode=mode)
        sender.start()
        (failed,) = sender.of(NotDelivered)
        assert ("--envelope" in failed.error.hint) is hinted
        assert not sender.out
    taken = envelope(content(2000), limits=limits)
    taken.start()
    assert taken.out


class Counting(Receiver):
    """Counts the chunks that workers have decrypted."""

    decrypted = 0

    def result(self, action: SubmitJob) -> object:
        if isinstance(action.job, DecryptChunks):
            self.decrypted += len(action.job.units)
        return super().result(action)


@settings(deadline=None, max_examples=10)
@given(st.randoms(use_true_random=False))
def test_a_crash_costs_at_most_a_window_of_chunks(dice: Random) -> None:
    """Results in any order, the server gone at any moment: what is decrypted twice is bounded."""
    data, limits = content(40 * 256), TransferLimits(window=8, units_per_message=4)
    with TemporaryDirectory() as folder:
        crashes, decrypted, saved = dice.randint(1, 3), 0, None
        for left in range(crashes, -1, -1):
            server, sender = (
                Counting(Path(folder), limits),
                Sender(data, limits=limits, saved=saved),
            )
            server.hold = True
            sender.start()
            saved = sender.saved
            run_until(sender, server, dice, moves=dice.randint(10, 50) if left else 10_000)
            decrypted += server.decrypted
        assert server.stored() == data
    assert 40 <= decrypted <= 40 + crashes * limits.window


def run_until(sender: Sender, server: Receiver, dice: Random, moves: int) -> None:
    """Pass messages and finish held jobs in any order, so many times at most."""
    heard = len(server.sent)
    for _ in range(moves):
        if not (sender.out or server.held):
            return
        if server.held and (not sender.out or dice.random() < 0.5):
            server.release(dice.randrange(len(server.held)))
        else:
            server.say(sender.out.popleft())
        for _, message in server.sent[heard:]:
            sender.hear(message)
        heard = len(server.sent)
