"""PROTOCOL section 9, uploads in envelope mode: each attack by its name; each must fail closed.

What does not depend on the mode (names, links, quotas on the disk) is attacked in
test_negative_up.py.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsachat.client.upload_io import Delivered, NotDelivered, Saved
from rsachat.crypto.segments import SegmentCipher
from rsachat.errors import ProtocolError, RefusedError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import decode_manifest
from rsachat.protocol.messages import (
    Message,
    UpAbort,
    UpAck,
    UpData,
    UpFin,
    UpOffer,
    UpReady,
    UpReceipt,
)
from rsachat.protocol.receipt import Receipt
from rsachat.protocol.transfer import Mode
from rsachat.server.notices import UploadFailed
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.uploads import (
    FILE_KEY,
    Receiver,
    Sender,
    converse,
    make_envelope,
    make_manifest,
    plus_n,
    segment,
    sign,
)

SEGMENT = 65_536
DATA = hashlib.shake_256(b"content").digest(3 * SEGMENT + 5)  # four segments, the last short
MANIFEST = make_envelope(DATA)
TID = MANIFEST.tid
UNITS = tuple(segment(MANIFEST, DATA, index) for index in range(4))


def opened(tmp_path: Path, **limits: Any) -> Receiver:
    """A receiver that waits for the segments of MANIFEST."""
    server = Receiver(tmp_path / "up", TransferLimits(**limits))
    (ready,) = server.offer(MANIFEST)
    assert isinstance(ready, UpReady)
    assert ready.window == server.limits.envelope_window
    return server


def only_abort(messages: list[Message]) -> ErrorCode:
    assert [type(message) for message in messages] == [UpAbort]
    return ErrorCode(messages[0].code)  # type: ignore[attr-defined]


def sealed(index: int, last: bool, plain: bytes, at: int | None = None) -> UpData:
    """A unit under the right key, with another content, end or place than the file's."""
    unit = SegmentCipher(FILE_KEY, MANIFEST.mh).seal(index, last, plain)
    return UpData(TID, index if at is None else at, 1, unit)


def refuses(tmp_path: Path, *good: UpData, bad: UpData) -> None:
    """After good segments, a bad one ends the transfer with CRYPTO and nothing is kept."""
    server = opened(tmp_path)
    for data in good:
        (ack,) = server.say(data)
        assert isinstance(ack, UpAck)
    assert only_abort(server.say(bad)) is ErrorCode.CRYPTO
    assert server.stored() is None
    assert server.parts() == []


# the stream


def test_up_stream_last_missing(tmp_path: Path) -> None:
    """The last segment without its mark, and a file that ends one segment early."""
    refuses(tmp_path, *UNITS[:3], bad=sealed(3, False, DATA[3 * SEGMENT :]))
    server = opened(tmp_path / "early")
    for data in UNITS[:3]:
        server.say(data)
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.ORDER
    assert server.stored() is None


@pytest.mark.parametrize("length", [SEGMENT, 5])
def test_up_stream_last_early(tmp_path: Path, length: int) -> None:
    refuses(tmp_path, UNITS[0], bad=sealed(1, True, DATA[SEGMENT : SEGMENT + length]))


def test_up_stream_swapped(tmp_path: Path) -> None:
    refuses(tmp_path, UNITS[0], bad=replace(UNITS[2], first=1))


# as for chunks


def test_up_chunk_swapped(tmp_path: Path) -> None:
    refuses(tmp_path, bad=replace(UNITS[1], first=0))


def test_up_chunk_other_transfer(tmp_path: Path) -> None:
    """The same bytes under the same file key, of another transfer."""
    foreign = segment(make_envelope(DATA, tid=2), DATA, 0)
    refuses(tmp_path, bad=replace(foreign, tid=TID))


@pytest.mark.parametrize("at", [0, 30_000, SEGMENT - 1, SEGMENT, SEGMENT + 31])
def test_up_chunk_flip(tmp_path: Path, at: int) -> None:
    flipped = bytearray(UNITS[1].data)
    flipped[at] ^= 1
    refuses(tmp_path, UNITS[0], bad=replace(UNITS[1], data=bytes(flipped)))


@pytest.mark.parametrize(
    ("index", "length"), [(0, SEGMENT - 1), (0, 0), (0, 1), (3, 4), (3, 6), (3, SEGMENT)]
)
def test_up_chunk_short_plaintext(tmp_path: Path, index: int, length: int) -> None:
    refuses(tmp_path, *UNITS[:index], bad=sealed(index, index == 3, bytes(length)))


@pytest.mark.parametrize("length", [1, 31, 32])
def test_up_chunk_without_a_whole_tag(tmp_path: Path, length: int) -> None:
    refuses(tmp_path, bad=UpData(TID, 0, 1, bytes(length)))


def test_up_chunk_number_ge_n(tmp_path: Path) -> None:
    """The one RSA number of an envelope is its wrap."""
    refused = [UpAbort(TID, ErrorCode.CRYPTO)]
    assert wrap_refused(tmp_path / "ones", b"\xff" * 384) == refused
    to, context = keys.public("server"), MANIFEST.wrap_context
    wrap = plus_n(lambda: to.encrypt(b"up key", context, FILE_KEY))
    assert wrap_refused(tmp_path / "plus n", wrap) == refused


def test_up_chunk_duplicate(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(UNITS[0])
    assert only_abort(server.say(UNITS[0])) is ErrorCode.ORDER
    assert server.stored() is None


def test_up_chunk_beyond_total(tmp_path: Path) -> None:
    server = opened(tmp_path)
    for data in UNITS:
        server.say(data)
    assert only_abort(server.say(sealed(4, True, b"more"))) is ErrorCode.ORDER
    (part,) = server.root.glob(".parts/*/*.part")
    assert part.stat().st_size == len(DATA)


@pytest.mark.parametrize(
    ("count", "length"), [(2, 2 * (SEGMENT + 32)), (2, 100), (1, SEGMENT + 33), (0, 0)]
)
def test_up_chunk_not_one_segment(tmp_path: Path, count: int, length: int) -> None:
    server = opened(tmp_path)
    with pytest.raises(ProtocolError):
        server.say(UpData(TID, 0, count, bytes(length)))


def test_up_beyond_window(tmp_path: Path) -> None:
    """Two segments the disk has not taken yet, and a third."""
    server = opened(tmp_path, envelope_window=2)
    for data in UNITS[:2]:
        server.core.data(1, data)  # its actions, the write among them, are not done
    assert only_abort(server.say(UNITS[2])) is ErrorCode.ORDER
    assert server.stored() is None


def wrap_refused(tmp_path: Path, wrap: bytes) -> list[Message]:
    """What an offer with this wrap is told; nothing may be kept of it."""
    server = Receiver(tmp_path / "up")
    told = server.offer(make_envelope(DATA, wrap=wrap))
    assert server.stored() is None
    assert server.parts() == []
    (failed,) = server.notices
    assert isinstance(failed, UploadFailed)
    assert failed.reason == "a chunk did not open"
    return told


def wraps() -> dict[str, bytes]:
    """Wraps that do not open, each for another reason."""
    to, context = keys.public("server"), MANIFEST.wrap_context
    good = MANIFEST.wrap
    return {
        "flip": good[:-1] + bytes([good[-1] ^ 1]),
        "another label": to.encrypt(b"chunk", context, FILE_KEY),
        "another transfer": make_envelope(DATA, tid=2).wrap,
        "another receiver": keys.public("bob").encrypt(b"up key", context, FILE_KEY),
        "31 bytes": to.encrypt(b"up key", context, FILE_KEY[1:]),
        "33 bytes": to.encrypt(b"up key", context, FILE_KEY + b"x"),
        "no bytes": to.encrypt(b"up key", context, b""),
        "number >= n": b"\xff" * 384,
        "zero": bytes(384),
    }


def test_up_crypto_errors_identical(tmp_path: Path) -> None:
    """Whatever is wrong with a wrap or a segment: the same message, the same words in the log."""
    answers = set()
    for number, wrap in enumerate(wraps().values()):
        (told,) = wrap_refused(tmp_path / str(number), wrap)
        answers.add(told)
    bad = {
        "flip": UNITS[1].data[:-1] + bytes([UNITS[1].data[-1] ^ 1]),
        "another place": UNITS[2].data,
        "short": UNITS[1].data[:-1],
        "another end": sealed(1, True, DATA[SEGMENT : 2 * SEGMENT]).data,
        "another key": SegmentCipher(b"\0" * 32, MANIFEST.mh).seal(1, False, bytes(SEGMENT)),
    }
    for title, unit in bad.items():
        server = opened(tmp_path / title.replace(" ", "_"))
        server.say(UNITS[0])
        (told,) = server.say(UpData(TID, 1, 1, unit))
        answers.add(told)
        reasons = [n.reason for n in server.notices if isinstance(n, UploadFailed)]
        assert reasons == ["a chunk did not open"]
    assert answers == {UpAbort(TID, ErrorCode.CRYPTO)}


def test_up_key_of_the_wrong_file_opens_no_segment(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    server.offer(make_envelope(DATA, file_key=b"\x48" * 32))
    assert only_abort(server.say(UNITS[0])) is ErrorCode.CRYPTO
    assert server.parts() == []


def test_up_empty_envelope_with_a_wrong_wrap(tmp_path: Path) -> None:
    """No segment would show it."""
    server = Receiver(tmp_path / "up")
    assert only_abort(server.offer(make_envelope(b"", wrap=bytes(384)))) is ErrorCode.CRYPTO
    assert server.stored() is None


def test_up_wrap_of_a_wrong_length_does_not_parse(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    for length in (0, 32, 383, 385, 512):
        with pytest.raises(ProtocolError):
            server.offer(make_envelope(DATA, wrap=bytes(length)))
    with pytest.raises(ProtocolError):
        server.offer(sign(replace(make_manifest(DATA), wrap=bytes(384))))


# who, what, when


def test_up_data_from_other_client(tmp_path: Path) -> None:
    server = opened(tmp_path)
    assert only_abort(server.say(UNITS[0], conn=2)) is ErrorCode.UNKNOWN_TID
    assert only_abort(server.offer(MANIFEST, conn=2, sender="bob")) is ErrorCode.BAD_MANIFEST
    assert isinstance(server.say(UNITS[0])[0], UpAck)


def test_up_fin_early(tmp_path: Path) -> None:
    server = opened(tmp_path)
    for data in UNITS[:3]:
        server.say(data)
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.ORDER
    assert server.stored() is None


def test_up_fin_before_ack(tmp_path: Path) -> None:
    """All is there, and the disk has not taken the last segment yet."""
    server = opened(tmp_path)
    for data in UNITS[:3]:
        server.say(data)
    server.core.data(1, UNITS[3])  # its actions, the write among them, are not done
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.ORDER
    assert server.stored() is None


def test_up_data_before_the_key_is_open(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    server.hold = True
    server.offer(MANIFEST)
    server.release()  # the disk was looked at; the wrap is with a worker
    assert len(server.held) == 1
    assert only_abort(server.say(UNITS[0])) is ErrorCode.ORDER
    server.release_all()
    assert not any(isinstance(message, UpReady) for _, message in server.sent)


def test_up_hash_mismatch(tmp_path: Path) -> None:
    lying = make_envelope(DATA, sha256=b"\0" * 32)
    server = Receiver(tmp_path / "up")
    server.offer(lying)
    for index in range(4):
        server.say(segment(lying, DATA, index))
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.HASH
    assert server.stored() is None
    assert server.parts() == []


def test_up_manifest_flip(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    raw = MANIFEST.encode()
    for at in range(0, len(raw), 7):
        damaged = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            told = server.say(UpOffer(damaged))
        except ProtocolError:
            continue
        assert only_abort(told) in (ErrorCode.BAD_MANIFEST, ErrorCode.MODE)
    assert server.stored() is None
    assert server.parts() == []


def test_up_mode_switched_is_another_manifest(tmp_path: Path) -> None:
    """An envelope's manifest cannot pass for one of chunks, nor the other way."""
    server = Receiver(tmp_path / "up")
    chunks = -(-len(DATA) // 256)
    for switched in (
        replace(MANIFEST, mode=1, wrap=b"", chunk=256, total=chunks),
        replace(make_manifest(DATA), mode=2, wrap=MANIFEST.wrap, chunk=SEGMENT, total=4),
    ):
        assert only_abort(server.offer(switched)) is ErrorCode.BAD_MANIFEST


def test_up_tid_reuse(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.close()
    for other in (make_envelope(b"other"), make_manifest(DATA)):
        assert only_abort(server.offer(other, conn=2)) is ErrorCode.TID_CONFLICT


def test_up_replay_finished(tmp_path: Path) -> None:
    server = opened(tmp_path)
    for data in UNITS:
        server.say(data)
    (done,) = server.say(UpFin(TID))
    assert isinstance(done, UpReceipt)
    assert server.stored() == DATA
    (ready,) = server.offer(MANIFEST, conn=2)
    assert isinstance(ready, UpReady)
    assert (ready.cum, ready.receipt) == (4, done.receipt)
    assert only_abort(server.say(UNITS[0], conn=2)) is ErrorCode.UNKNOWN_TID


SAVED = Saved(MANIFEST.encode(), FILE_KEY)


def sender_of(data: bytes = DATA, **options: Any) -> Sender:
    return Sender(data, mode=Mode.ENVELOPE, **options)


def test_up_receipt_forged() -> None:
    right = Receipt(MANIFEST.mh, MANIFEST.sha256, MANIFEST.size, 1)
    forged = replace(right, signature=keys.private("bob").sign(b"up receipt", right.signed_part))
    sender = sender_of(saved=SAVED)
    sender.start()
    sender.hear(UpReady(TID, 4, MANIFEST.sha256, 16, forged.encode()))
    assert not sender.of(Delivered)
    (failed,) = sender.of(NotDelivered)
    assert isinstance(failed.error, RefusedError)


def test_up_ack_prefix_wrong() -> None:
    sender = sender_of(saved=SAVED)
    sender.start()
    sender.hear(UpReady(TID, 0, hashlib.sha256().digest(), 16, b""))
    assert [m.count for m in sender.out if isinstance(m, UpData)] == [1] * 4
    sender.out.clear()
    sender.hear(UpAck(TID, 1, b"\0" * 32))
    assert list(sender.out)[:1] == [UpAbort(TID, ErrorCode.HASH)]


def interrupted(tmp_path: Path, messages: int) -> tuple[Receiver, Saved]:
    """An upload of DATA that was cut after so many messages, and what its sender remembers."""
    server = Receiver(tmp_path / "up", TransferLimits(envelope_window=2))
    first = sender_of()
    first.start()
    converse(first, server, messages=messages)
    server.close()
    assert first.saved is not None
    return server, first.saved


def test_up_resume_torn_part(tmp_path: Path) -> None:
    server, saved = interrupted(tmp_path, 3)
    (part,) = server.root.glob(".parts/*/*.part")
    torn = bytearray(part.read_bytes())
    assert len(torn) == 2 * SEGMENT
    torn[70_000:70_100] = bytes(100)
    part.write_bytes(torn + b"half a segment")
    again = sender_of(saved=saved)
    again.start()
    converse(again, server, conn=2)
    assert server.stored() == DATA


def test_up_resume_changed_file(tmp_path: Path) -> None:
    server, saved = interrupted(tmp_path, 3)
    changed = DATA[:-1] + b"?"
    again = sender_of(changed, saved=saved, random=lambda n: b"\7" * n)
    again.start()
    converse(again, server, conn=2)
    assert server.stored() == changed


def test_up_resume_with_another_file_key_begins_anew(tmp_path: Path) -> None:
    """A remembered key that is not the wrap's would be a CRYPTO abort; the next try is whole."""
    server, saved = interrupted(tmp_path, 3)
    again = sender_of(saved=replace(saved, file_key=b"\0" * 32))
    again.start()
    converse(again, server, conn=2)
    (failed,) = again.of(NotDelivered)
    assert "decrypt" in failed.error.why
    assert again.saved is None
    third = sender_of(random=lambda n: b"\7" * n)
    third.start()
    converse(third, server, conn=3)
    assert server.stored() == DATA


def test_up_takeover_keeps_part(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(UNITS[0])
    server.say(UNITS[1])
    (ready,) = server.offer(MANIFEST, conn=2)
    assert isinstance(ready, UpReady)
    assert ready.cum == 2
    assert server.sent[-2] == (1, UpAbort(TID, ErrorCode.TAKEN))
    assert server.say(UNITS[2], conn=1) == []
    for data in (*UNITS[2:], UpFin(TID)):
        server.say(data, conn=2)
    assert server.stored() == DATA


def test_up_killed_before_rename(tmp_path: Path) -> None:
    def named_twice(server: Receiver) -> None:
        (part,) = server.root.glob(".parts/*/*.part")
        (server.root / "alice").mkdir()
        os.link(part, server.root / "alice" / "a.txt")

    steps: tuple[Callable[[Receiver], None], ...] = (lambda server: None, named_twice)
    for number, die in enumerate(steps):
        server = opened(tmp_path / str(number))
        for data in UNITS:
            server.say(data)
        server.hold = True
        server.say(UpFin(TID))
        assert server.stored() is None
        die(server)
        after = Receiver(server.root)
        sender = sender_of(saved=SAVED)
        sender.start()
        converse(sender, after, conn=9)
        assert after.stored() == DATA
        assert after.parts() == [".receipt"]


def test_up_symlink_target(tmp_path: Path) -> None:
    server = opened(tmp_path)
    for data in UNITS:
        server.say(data)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (server.root / "alice").mkdir()
    (server.root / "alice" / "a.txt").symlink_to(victim)
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.EXISTS
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_file": 1000}, ErrorCode.MODE),
        ({"quota_client": 1000}, ErrorCode.QUOTA),
        ({"quota_total": 1000}, ErrorCode.QUOTA),
        ({"unfinished_each": 0}, ErrorCode.QUOTA),
        ({"unfinished_all": 0}, ErrorCode.QUOTA),
        ({"free_margin": 1 << 62}, ErrorCode.QUOTA),
        ({"max_rsa_file": 1000}, None),
    ],
    ids=str,
)
def test_up_quota_each(tmp_path: Path, limits: dict[str, int], expected: ErrorCode | None) -> None:
    server = Receiver(tmp_path / "up", TransferLimits(**limits))
    told = server.offer(MANIFEST)
    if expected is None:
        assert isinstance(told[0], UpReady)
    else:
        assert only_abort(told) is expected
        assert server.parts() == []


def test_up_quota_of_damaged_uploads(tmp_path: Path) -> None:
    """Wrong wraps count as wrong segments do: after three, none of this key for an hour."""
    server = Receiver(tmp_path / "up")
    for tid in range(1, 4):
        bad = make_envelope(DATA, tid=tid, wrap=bytes(384))
        assert only_abort(server.offer(bad)) is ErrorCode.CRYPTO
    assert only_abort(server.offer(MANIFEST)) is ErrorCode.QUOTA


def test_the_saved_manifest_is_the_envelopes() -> None:
    assert decode_manifest(SAVED.manifest) == MANIFEST
