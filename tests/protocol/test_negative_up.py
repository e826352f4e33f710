"""PROTOCOL section 9, uploads: each attack by its name, and each must fail closed."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsachat.client.upload_io import Delivered, NotDelivered, Saved
from rsachat.errors import ProtocolError, RefusedError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import Manifest
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
from rsachat.protocol.receipt import Receipt, decode_receipt
from rsachat.server.notices import UploadFailed
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.uploads import (
    Receiver,
    Sender,
    converse,
    make_manifest,
    modulus,
    plus_n,
    sign,
    units,
    up_data,
)

DATA = bytes(range(256)) * 7 + b"end"  # eight chunks
MANIFEST = make_manifest(DATA)
TID = MANIFEST.tid


def opened(tmp_path: Path, **limits: Any) -> Receiver:
    """A receiver that waits for the chunks of MANIFEST."""
    server = Receiver(tmp_path / "up", TransferLimits(**limits))
    (ready,) = server.offer(MANIFEST)
    assert isinstance(ready, UpReady)
    return server


def only_abort(messages: list[Message]) -> ErrorCode:
    assert [type(message) for message in messages] == [UpAbort]
    return ErrorCode(messages[0].code)  # type: ignore[attr-defined]


def joined(parts: list[bytes], first: int = 0) -> UpData:
    return UpData(TID, first, len(parts), b"".join(parts))


def nothing_stored(server: Receiver) -> bool:
    return server.stored() is None and server.parts() == []


# chunks


def test_up_chunk_swapped(tmp_path: Path) -> None:
    server = opened(tmp_path)
    parts = units(MANIFEST, DATA, 0, 4)
    parts[1], parts[2] = parts[2], parts[1]
    assert only_abort(server.say(joined(parts))) is ErrorCode.CRYPTO
    assert nothing_stored(server)


def test_up_chunk_other_transfer(tmp_path: Path) -> None:
    server = opened(tmp_path)
    other = make_manifest(DATA, tid=2)
    foreign = units(other, DATA, 1, 1)
    parts = [*units(MANIFEST, DATA, 0, 1), *foreign]
    assert only_abort(server.say(joined(parts))) is ErrorCode.CRYPTO
    assert nothing_stored(server)


@pytest.mark.parametrize("at", [0, 200, 383])
def test_up_chunk_flip(tmp_path: Path, at: int) -> None:
    server = opened(tmp_path)
    parts = units(MANIFEST, DATA, 0, 2)
    flipped = bytearray(parts[1])
    flipped[at] ^= 1
    assert only_abort(server.say(joined([parts[0], bytes(flipped)]))) is ErrorCode.CRYPTO
    assert nothing_stored(server)


def chunk_of(plain: bytes, index: int) -> bytes:
    """A unit made by the rules, but for the length of what is in it."""
    context = MANIFEST.mh + index.to_bytes(8, "big") + MANIFEST.total.to_bytes(8, "big")
    return keys.public("server").encrypt(b"chunk", context, plain)


@pytest.mark.parametrize(
    ("index", "length"), [(0, 255), (0, 0), (0, 257), (7, 2), (7, 4), (7, 256)]
)
def test_up_chunk_short_plaintext(tmp_path: Path, index: int, length: int) -> None:
    server = opened(tmp_path)
    if index:
        server.say(up_data(MANIFEST, DATA, 0, index))
    data = UpData(TID, index, 1, chunk_of(bytes(length), index))
    assert only_abort(server.say(data)) is ErrorCode.CRYPTO
    assert nothing_stored(server)


@pytest.mark.parametrize("how", ["n", "all ones", "a chunk's plus n"])
def test_up_chunk_number_ge_n(tmp_path: Path, how: str) -> None:
    server = opened(tmp_path)
    unit = {
        "n": modulus().to_bytes(384, "big"),
        "all ones": b"\xff" * 384,
        "a chunk's plus n": plus_n(lambda: units(MANIFEST, DATA, 0, 1)[0]),
    }[how]
    assert only_abort(server.say(joined([unit]))) is ErrorCode.CRYPTO
    assert nothing_stored(server)


def test_up_chunk_duplicate(tmp_path: Path) -> None:
    server = opened(tmp_path)
    data = up_data(MANIFEST, DATA, 0, 2)
    assert isinstance(server.say(data)[0], UpAck)
    assert only_abort(server.say(data)) is ErrorCode.ORDER
    assert server.stored() is None


def test_up_chunk_beyond_total(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(up_data(MANIFEST, DATA, 0, 8))
    extra = UpData(TID, 8, 1, chunk_of(b"more", 8))
    assert only_abort(server.say(extra)) is ErrorCode.ORDER
    (part,) = server.root.glob(".parts/*/*.part")
    assert part.stat().st_size == len(DATA)
    assert server.stored() is None


def test_up_beyond_window(tmp_path: Path) -> None:
    server = opened(tmp_path, window=4)
    server.hold = True
    assert server.say(up_data(MANIFEST, DATA, 0, 4)) == []
    assert only_abort(server.say(up_data(MANIFEST, DATA, 4, 1))) is ErrorCode.ORDER
    server.release_all()
    assert server.stored() is None


def test_up_crypto_errors_identical(tmp_path: Path) -> None:
    """Every cause gives the same bytes back, at the same point: after the whole UP_DATA."""
    good = units(MANIFEST, DATA, 0, 8)
    flipped = bytes([good[1][0] ^ 1]) + good[1][1:]
    bad = {
        "flip": flipped,
        "wrong label": good[2],
        "too short inside": chunk_of(b"short", 1),
        "number >= n": b"\xff" * 384,
        "zero": bytes(384),
    }
    answers = set()
    for title, unit in bad.items():
        server = opened(tmp_path / title.replace(" ", "_").replace(">=", "ge"))
        server.hold = True
        server.say(joined([good[0], unit, *good[2:]]))
        assert len(server.held) == 2
        server.release()
        assert len(server.sent) == 1  # READY only: the verdict waits for all of the UP_DATA
        server.release()
        answers.add(tuple(message for _, message in server.sent[1:]))
        assert [n.reason for n in server.notices if isinstance(n, UploadFailed)] == [
            "a chunk did not open"
        ]
    assert answers == {(UpAbort(TID, ErrorCode.CRYPTO),)}


# who, what, when


def test_up_data_from_other_client(tmp_path: Path) -> None:
    server = opened(tmp_path)
    told = server.say(up_data(MANIFEST, DATA, 0, 1), conn=2)
    assert only_abort(told) is ErrorCode.UNKNOWN_TID
    told = server.offer(MANIFEST, conn=2, sender="bob")
    assert only_abort(told) is ErrorCode.BAD_MANIFEST
    assert isinstance(server.say(up_data(MANIFEST, DATA, 0, 8))[0], UpAck)


def test_up_fin_early(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(up_data(MANIFEST, DATA, 0, 7))
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.ORDER
    assert server.stored() is None


def test_up_fin_before_ack(tmp_path: Path) -> None:
    """All chunks are there, and not acknowledged yet."""
    server = opened(tmp_path)
    server.hold = True
    server.say(up_data(MANIFEST, DATA, 0, 8))
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.ORDER
    server.release_all()
    assert server.stored() is None


def test_up_hash_mismatch(tmp_path: Path) -> None:
    lying = make_manifest(DATA, sha256=b"\0" * 32)
    server = Receiver(tmp_path / "up")
    server.offer(lying)
    server.say(up_data(lying, DATA, 0, 8))
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.HASH
    assert nothing_stored(server)


def test_up_manifest_flip(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    raw = MANIFEST.encode()
    for at in range(0, len(raw), 3):
        damaged = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            told = server.say(UpOffer(damaged))
        except ProtocolError:
            continue
        assert only_abort(told) in (ErrorCode.BAD_MANIFEST, ErrorCode.MODE)
    assert nothing_stored(server)


def test_up_tid_reuse(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.close()
    other = make_manifest(b"another file", name=b"b.txt")
    assert only_abort(server.offer(other, conn=2)) is ErrorCode.TID_CONFLICT

    server.offer(MANIFEST, conn=3)
    server.say(up_data(MANIFEST, DATA, 0, 8), conn=3)
    server.say(UpFin(TID), conn=3)
    assert only_abort(server.offer(other, conn=4)) is ErrorCode.TID_CONFLICT
    assert server.stored("b.txt") is None


def test_up_replay_finished(tmp_path: Path) -> None:
    server = opened(tmp_path)
    chunks = up_data(MANIFEST, DATA, 0, 8)
    server.say(chunks)
    (done,) = server.say(UpFin(TID))
    assert isinstance(done, UpReceipt)
    path = server.root / "alice" / "a.txt"
    path.write_bytes(b"changed by its owner since")

    (ready,) = server.offer(MANIFEST, conn=2)
    assert isinstance(ready, UpReady)
    assert (ready.cum, ready.receipt) == (8, done.receipt)
    assert only_abort(server.say(chunks, conn=2)) is ErrorCode.UNKNOWN_TID
    assert path.read_bytes() == b"changed by its owner since"
    assert server.parts() == [".receipt"]


def receipts() -> dict[str, Receipt]:
    """Everything but the right one."""
    right = Receipt(MANIFEST.mh, MANIFEST.sha256, MANIFEST.size, 1)
    server, bob = keys.private("server"), keys.private("bob")
    label = b"up receipt"
    other = replace(right, mh=make_manifest(DATA, tid=2).mh)
    shorter = replace(right, size=1)
    return {
        "another's signature": replace(right, signature=bob.sign(label, right.signed_part)),
        "another label": replace(right, signature=server.sign(b"manifest", right.signed_part)),
        "another transfer": replace(other, signature=server.sign(label, other.signed_part)),
        "another size": replace(shorter, signature=server.sign(label, shorter.signed_part)),
        "another time": replace(right, time_ms=2, signature=server.sign(label, right.signed_part)),
    }


@pytest.mark.parametrize("title", receipts())
def test_up_receipt_forged(title: str) -> None:
    forged = receipts()[title]
    assert not decode_receipt(forged.encode()).proves(MANIFEST, keys.public("server"))
    sender = Sender(DATA, saved=Saved(MANIFEST.encode()))
    sender.start()
    sender.hear(UpReady(TID, 8, MANIFEST.sha256, 640, forged.encode()))
    (failed,) = sender.of(NotDelivered)
    assert isinstance(failed.error, RefusedError)
    assert not sender.of(Delivered)


def test_up_ack_prefix_wrong() -> None:
    sender = Sender(DATA, saved=Saved(MANIFEST.encode()))
    sender.start()
    sender.hear(UpReady(TID, 0, hashlib.sha256().digest(), 640, b""))
    sender.out.clear()
    sender.hear(UpAck(TID, 8, b"\0" * 32))
    assert UpFin(TID) not in sender.out
    assert sender.out[0] == UpAbort(TID, ErrorCode.HASH)


# what happens between two tries


def test_up_resume_torn_part(tmp_path: Path) -> None:
    """A crash left other bytes than were acknowledged: found, dropped, sent anew."""
    server = Receiver(tmp_path / "up", TransferLimits(window=4))
    first = Sender(DATA, limits=TransferLimits(units_per_message=2))
    first.start()
    converse(first, server, messages=3)
    server.close()
    (part,) = server.root.glob(".parts/*/*.part")
    torn = bytearray(part.read_bytes())
    assert len(torn) == 1024
    torn[600:700] = bytes(100)
    part.write_bytes(torn + b"half a chunk")

    again = Sender(DATA, saved=first.saved)
    again.start()
    converse(again, server, conn=2)
    assert server.stored() == DATA


def test_up_resume_changed_file(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up", TransferLimits(window=4))
    first = Sender(DATA)
    first.start()
    converse(first, server, messages=2)
    server.close()
    changed = DATA[:-1] + b"?"
    again = Sender(changed, saved=first.saved, random=lambda n: b"\7" * n)
    again.start()
    converse(again, server, conn=2)
    assert server.stored() == changed


def test_up_takeover_keeps_part(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(up_data(MANIFEST, DATA, 0, 4))
    (ready,) = server.offer(MANIFEST, conn=2)
    assert isinstance(ready, UpReady)
    assert ready.cum == 4
    assert server.sent[-2] == (1, UpAbort(TID, ErrorCode.TAKEN))
    assert server.say(up_data(MANIFEST, DATA, 4, 4), conn=1) == []
    server.close(conn=1)
    server.say(up_data(MANIFEST, DATA, 4, 4), conn=2)
    server.say(UpFin(TID), conn=2)
    assert server.stored() == DATA


def test_up_killed_before_rename(tmp_path: Path) -> None:
    """All was acknowledged and UP_FIN was sent; the server died at each later step."""
    for step in ("before anything", "named twice", "named, no receipt"):
        server = Receiver(tmp_path / step.replace(" ", "_"))
        server.offer(MANIFEST)
        server.say(up_data(MANIFEST, DATA, 0, 8))
        server.hold = True
        server.say(UpFin(TID))
        assert server.stored() is None
        _die_at(server, step)

        after = Receiver(server.root)
        sender = Sender(DATA, saved=Saved(MANIFEST.encode()))
        sender.start()
        converse(sender, after, conn=9)
        assert after.stored() == DATA
        assert after.parts() == [".receipt"]


def _die_at(server: Receiver, step: str) -> None:
    if step == "before anything":
        return
    (part,) = server.root.glob(".parts/*/*.part")
    folder = server.root / "alice"
    folder.mkdir()
    os.link(part, folder / "a.txt")
    if step == "named, no receipt":
        part.unlink()


# names: each rule of 6.5


def refused_name(tmp_path: Path, name: bytes) -> None:
    server = Receiver(tmp_path / "up")
    outside = sorted(tmp_path.rglob("*"))
    assert only_abort(server.offer(make_manifest(DATA, name=name))) is ErrorCode.NAME_REFUSED
    assert sorted(tmp_path.rglob("*")) == outside


def test_up_path_empty(tmp_path: Path) -> None:
    refused_name(tmp_path, b"")


@pytest.mark.parametrize("name", [b".", b"..", b".bashrc", b"...", b"./a"])
def test_up_path_leading_dot(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize("name", [b"-rf", b"--", b"-"])
def test_up_path_leading_dash(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize(
    "name", [b"../x", b"/etc/x", b"a/b", b"a/../../x", b"~/.ssh/authorized_keys"]
)
def test_up_path_slash(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize(
    "name", [b"a\\b", b"..\\x", b"C:x", b"a*b", b"a?", b'a"b', b"a<b", b"a>b", b"a|b"]
)
def test_up_path_forbidden_sign(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1b[2J", b"a\x7f", b"\ta", b"x\0y"])
def test_up_path_control(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize("name", [b"\xff", b"a\xc3", b"\xc0\xae\xc0\xae", b"\xed\xa0\x80"])
def test_up_path_invalid_utf8(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize("name", ["e\u0301", "\u212b"], ids=ascii)
def test_up_path_not_nfc(tmp_path: Path, name: str) -> None:
    refused_name(tmp_path, name.encode())


@pytest.mark.parametrize(
    "name",
    [
        "a\x85",
        "invoice\u202efdp.exe",
        "a\u2066b",
        "a\u200bb",
        "a\u200db",
        "a\ue000",
        "a\u0378",
        "a\u00a0",
    ],
    ids=ascii,
)
def test_up_path_unshowable(tmp_path: Path, name: str) -> None:
    refused_name(tmp_path, name.encode())


@pytest.mark.parametrize("name", [b"a.", b"a ", b"a. .", b" "])
def test_up_path_trailing_dot_or_space(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize(
    "name", [b"CON", b"nul", b"NUL.txt", b"aux.tar.gz", b"Prn", b"COM1", b"lpt9.x"]
)
def test_up_path_device(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


@pytest.mark.parametrize("name", [b"a" * 201, "é".encode() * 101, b"a" * 255])
def test_up_path_too_long(tmp_path: Path, name: bytes) -> None:
    refused_name(tmp_path, name)


# links and existing files


def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_bytes(b"precious")
    return path


@pytest.mark.parametrize("replaces", [False, True])
def test_up_symlink_target(tmp_path: Path, replaces: bool) -> None:
    server = Receiver(tmp_path / "up")
    (server.root / "alice").mkdir()
    link = server.root / "alice" / "a.txt"
    link.symlink_to(victim(tmp_path))
    manifest = make_manifest(DATA, replaces=replaces)
    assert only_abort(server.offer(manifest)) is ErrorCode.EXISTS
    assert link.is_symlink()
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_up_symlink_target_planted_during_the_transfer(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(up_data(MANIFEST, DATA, 0, 8))
    (server.root / "alice").mkdir()
    (server.root / "alice" / "a.txt").symlink_to(victim(tmp_path))
    assert only_abort(server.say(UpFin(TID))) is ErrorCode.EXISTS
    assert (tmp_path / "victim").read_bytes() == b"precious"
    assert server.parts() == []


@pytest.mark.parametrize("folder", ["alice", ".parts", f".parts/{MANIFEST.fp_from.hex()}"])
def test_up_symlink_target_folder(tmp_path: Path, folder: str) -> None:
    server = Receiver(tmp_path / "up")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = server.root / folder
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    assert only_abort(server.offer(MANIFEST)) is ErrorCode.IO
    assert list(elsewhere.iterdir()) == []


def test_up_symlink_target_part(tmp_path: Path) -> None:
    server = opened(tmp_path)
    server.say(up_data(MANIFEST, DATA, 0, 4))
    server.close()
    (part,) = server.root.glob(".parts/*/*.part")
    part.unlink()
    part.symlink_to(victim(tmp_path))
    (ready,) = server.offer(MANIFEST, conn=2)
    assert isinstance(ready, UpReady)
    assert ready.cum == 0
    assert not part.is_symlink()
    assert (tmp_path / "victim").read_bytes() == b"precious"


@pytest.mark.parametrize("when", ["at the offer", "at the end"])
def test_up_existing_file_is_kept(tmp_path: Path, when: str) -> None:
    server = Receiver(tmp_path / "up")
    target = server.root / "alice" / "a.txt"
    target.parent.mkdir()
    if when == "at the offer":
        target.write_bytes(b"older")
        assert only_abort(server.offer(MANIFEST)) is ErrorCode.EXISTS
    else:
        server.offer(MANIFEST)
        server.say(up_data(MANIFEST, DATA, 0, 8))
        target.write_bytes(b"newer")
        assert only_abort(server.say(UpFin(TID))) is ErrorCode.EXISTS
    assert target.read_bytes() in (b"older", b"newer")
    assert server.parts() == []


# quotas


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_rsa_file": 1000}, ErrorCode.MODE),
        ({"max_file": 1000}, ErrorCode.MODE),
        ({"quota_client": 1000}, ErrorCode.QUOTA),
        ({"quota_total": 1000}, ErrorCode.QUOTA),
        ({"unfinished_each": 0}, ErrorCode.QUOTA),
        ({"unfinished_all": 0}, ErrorCode.QUOTA),
        ({"free_margin": 1 << 62}, ErrorCode.QUOTA),
    ],
    ids=str,
)
def test_up_quota_each(tmp_path: Path, limits: dict[str, int], expected: ErrorCode) -> None:
    server = Receiver(tmp_path / "up", TransferLimits(**limits))
    assert only_abort(server.offer(MANIFEST)) is expected
    assert nothing_stored(server)
    assert isinstance(server.notices[-1], UploadFailed)


def test_up_quota_counts_uploads_that_are_under_way(tmp_path: Path) -> None:
    """Two offers at once, each of which would fit alone."""
    server = Receiver(tmp_path / "up", TransferLimits(quota_client=2 * len(DATA) - 1))
    server.hold = True
    server.offer(MANIFEST)
    second = make_manifest(DATA, tid=2, name=b"b.txt")
    server.offer(second, conn=2)
    server.release_all()
    assert [type(message) for _, message in server.sent] == [UpReady, UpAbort]


def test_up_quota_counts_what_another_client_was_just_promised(tmp_path: Path) -> None:
    """Both were examined before either had anything on the disk."""
    server = Receiver(tmp_path / "up", TransferLimits(quota_total=2 * len(DATA) - 1))
    server.hold = True
    server.offer(MANIFEST)
    server.offer(make_manifest(DATA, sender="bob"), conn=2, sender="bob")
    results = [(job.job_id, server.result(job)) for job in server.held]
    for job_id, result in results:
        server.perform(server.core.job_finished(job_id, result))
    assert [type(message) for _, message in server.sent] == [UpReady, UpAbort]


def test_up_quota_of_damaged_uploads(tmp_path: Path) -> None:
    """Three CRYPTO aborts of one key in an hour: none of its uploads for an hour."""
    server = Receiver(tmp_path / "up")
    for tid in range(1, 4):
        manifest = make_manifest(DATA, tid=tid)
        server.offer(manifest)
        bad = UpData(manifest.tid, 0, 1, bytes(384))
        assert only_abort(server.say(bad)) is ErrorCode.CRYPTO
    assert only_abort(server.offer(MANIFEST)) is ErrorCode.QUOTA
    theirs = make_manifest(DATA, sender="bob")
    assert isinstance(server.offer(theirs, conn=2, sender="bob")[0], UpReady)
    server.clock.seconds += 3601
    assert isinstance(server.offer(MANIFEST)[0], UpReady)


def test_up_quota_the_longest_idle_makes_way(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up", TransferLimits(unfinished_each=2))
    for tid in (1, 2):
        server.offer(make_manifest(DATA, tid=tid))
        server.close()
        for path in server.root.glob(f".parts/*/{tid:032x}.*"):
            os.utime(path, (1000 + tid, 1000 + tid))
    server.offer(make_manifest(DATA, tid=3))
    kept = {path.stem for path in server.root.glob(".parts/*/*")}
    assert kept == {f"{2:032x}", f"{3:032x}"}


# the size that was declared


def test_up_more_than_was_declared_does_not_grow_the_file(tmp_path: Path) -> None:
    short: Manifest = sign(replace(MANIFEST, size=256, total=1))
    server = Receiver(tmp_path / "up")
    server.offer(short)
    assert only_abort(server.say(up_data(short, DATA, 0, 2))) is ErrorCode.ORDER
    (part,) = server.root.glob(".parts/*/*.part")
    assert part.stat().st_size == 0


def test_up_stored_file_is_never_executable(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up", mode=0o777)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 8))
    server.say(UpFin(TID))
    assert (server.root / "alice" / "a.txt").stat().st_mode & 0o777 == 0o666
