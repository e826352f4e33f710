"""Uploads inside the server's core, as dialogues with a real folder and real keys."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rsachat.crypto.jobs import Priority
from rsachat.errors import ProtocolError
from rsachat.protocol.codes import ErrorCode
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
from rsachat.protocol.receipt import decode_receipt
from rsachat.server.notices import TransferRow, UploadDone, UploadFailed, UploadStarted
from rsachat.server.upload_io import DiskFailed, OpenPart, StoreFailed, WritePart
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.uploads import Receiver, make_manifest, up_data, uploader

DATA = bytes(range(256)) * 5 + b"end"  # six chunks
MANIFEST = make_manifest(DATA)


def receiver(tmp_path: Path, **limits: int) -> Receiver:
    return Receiver(tmp_path / "up", TransferLimits(**limits))


def code(messages: list[Message]) -> int:
    (abort,) = messages
    assert isinstance(abort, UpAbort)
    return abort.code


def ready(messages: list[Message]) -> UpReady:
    (message,) = messages
    assert isinstance(message, UpReady)
    return message


def send_all(server: Receiver, conn: int = 1, first: int = 0) -> None:
    server.say(up_data(MANIFEST, DATA, first, 6 - first), conn)
    server.say(UpFin(MANIFEST.tid), conn)


def test_what_a_killed_commit_left_beside_its_receipt_is_removed(tmp_path: Path) -> None:
    """It would count against the sender's quota and unfinished files for a day."""
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 6))
    server.say(UpFin(MANIFEST.tid))
    (receipt,) = server.root.glob(".parts/*/*.receipt")
    for suffix in (".part", ".offer"):
        receipt.with_suffix(suffix).write_bytes(b"left")
    assert ready(server.offer(MANIFEST, conn=2)).receipt == receipt.read_bytes()
    assert server.parts() == [".receipt"]


def test_from_offer_to_receipt(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    told = ready(server.offer(MANIFEST))
    assert (told.cum, told.window, told.receipt) == (0, 640, b"")
    (ack,) = server.say(up_data(MANIFEST, DATA, 0, 4))
    assert isinstance(ack, UpAck)
    assert ack.cum == 4
    assert server.stored() is None
    assert server.parts() == [".offer", ".part"]
    server.say(up_data(MANIFEST, DATA, 4, 2))
    (end,) = server.say(UpFin(MANIFEST.tid))
    assert isinstance(end, UpReceipt)
    assert decode_receipt(end.receipt).proves(MANIFEST, keys.public("server"))
    assert server.stored() == DATA
    assert server.parts() == [".receipt"]
    assert [type(n) for n in server.notices] == [UploadStarted, UploadDone]


def test_one_upload_at_a_time_a_connection(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    other = make_manifest(b"other", tid=2, name=b"b.txt")
    assert code(server.offer(other)) == ErrorCode.QUOTA
    send_all(server)
    assert server.stored() == DATA
    assert ready(server.offer(other)).cum == 0


def test_offering_again_on_the_same_connection_begins_where_it_is(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 4))
    assert ready(server.offer(MANIFEST)).cum == 4
    send_all(server, first=4)
    assert server.stored() == DATA


def test_results_of_before_a_new_offer_are_thrown_away(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.hold = True
    server.say(up_data(MANIFEST, DATA, 0, 4))
    (stale,) = server.held
    server.held.clear()
    server.hold = False
    assert ready(server.offer(MANIFEST)).cum == 0
    assert server.cancelled == [MANIFEST.fp_from]
    before = len(server.sent)
    server.perform(server.core.job_finished(stale.job_id, server.result(stale)))
    assert len(server.sent) == before
    send_all(server)
    assert server.stored() == DATA


def test_chunks_before_ready_are_out_of_order(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.hold = True
    assert server.offer(MANIFEST) == []
    assert code(server.say(up_data(MANIFEST, DATA, 0, 1))) == ErrorCode.ORDER
    server.release_all()
    assert len(server.sent) == 1


def test_chunks_of_an_unknown_transfer_are_answered_once(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    chunks = up_data(MANIFEST, DATA, 0, 1)
    assert code(server.say(chunks)) == ErrorCode.UNKNOWN_TID
    assert server.say(chunks) == []
    assert server.say(UpFin(MANIFEST.tid)) == []
    assert server.say(UpAbort(MANIFEST.tid, ErrorCode.CANCELLED)) == []


def test_what_was_on_its_way_after_an_abort_is_ignored(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    assert code(server.say(up_data(MANIFEST, DATA, 1, 1))) == ErrorCode.ORDER
    assert server.say(up_data(MANIFEST, DATA, 2, 1)) == []
    assert server.say(UpFin(MANIFEST.tid)) == []
    assert server.parts() == [".offer", ".part"]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (ErrorCode.CANCELLED, []),
        (ErrorCode.HASH, []),
        (ErrorCode.CRYPTO, []),
        (ErrorCode.IO, [".offer", ".part"]),
        (ErrorCode.EXISTS, [".offer", ".part"]),
    ],
)
def test_giving_up(tmp_path: Path, given: ErrorCode, left: list[str]) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    assert server.say(UpAbort(MANIFEST.tid, given)) == []
    assert server.parts() == left
    assert isinstance(server.notices[-1], UploadFailed)


def test_a_lost_connection_keeps_the_part(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 4))
    server.close()
    server.close()
    assert server.parts() == [".offer", ".part"]
    assert isinstance(server.notices[-1], UploadFailed)
    assert server.core.rows() == []


def test_a_connection_lost_during_the_commit_does_not_stop_it(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 6))
    server.hold = True
    server.say(UpFin(MANIFEST.tid))
    server.close()
    before = len(server.sent)
    server.release_all()
    assert server.stored() == DATA
    assert len(server.sent) == before
    assert isinstance(server.notices[-1], UploadDone)
    server.hold = False
    assert ready(server.offer(MANIFEST, conn=2)).receipt


def test_a_commit_and_the_offer_after_it_do_not_meet(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 6))
    server.hold = True
    server.say(UpFin(MANIFEST.tid))
    server.offer(MANIFEST, conn=2)
    assert len(server.held) == 1
    server.release_all()
    assert (1, UpAbort(MANIFEST.tid, ErrorCode.TAKEN)) in server.sent
    (last_conn, last) = server.sent[-1]
    assert last_conn == 2
    assert ready([last]).receipt


def test_clients_share_the_workers_by_queues_of_their_own(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    theirs = make_manifest(DATA, sender="bob")
    server.offer(MANIFEST)
    server.offer(theirs, conn=2, sender="bob")
    server.hold = True
    server.say(up_data(MANIFEST, DATA, 0, 6))
    server.say(up_data(theirs, DATA, 0, 6), conn=2)
    assert [(j.queue, j.priority) for j in server.held] == [
        (MANIFEST.fp_from, Priority.BULK),
        (MANIFEST.fp_from, Priority.BULK),
        (theirs.fp_from, Priority.BULK),
        (theirs.fp_from, Priority.BULK),
    ]


def test_a_disk_that_refuses_is_told_and_survived(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.hold = True
    server.say(up_data(MANIFEST, DATA, 0, 4))
    (job,) = server.held
    (write,) = server.core.job_finished(job.job_id, server.result(job))
    before = len(server.sent)
    assert isinstance(write, WritePart)
    server.perform(server.core.store_event(StoreFailed(write.part, "No space left on device")))
    assert code([m for _, m in server.sent[before:]]) == ErrorCode.IO
    assert server.parts() == [".offer", ".part"]
    notice = server.notices[-1]
    assert isinstance(notice, UploadFailed)
    assert "No space left" in notice.reason


def test_a_part_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.hold = True
    server.offer(MANIFEST)
    (job,) = server.held
    (opening,) = server.core.job_finished(job.job_id, server.result(job))
    assert isinstance(opening, OpenPart)
    server.perform(server.core.store_event(StoreFailed(opening.part, "Permission denied")))
    assert code([m for _, m in server.sent]) == ErrorCode.IO


def test_a_job_that_no_worker_can_do_is_an_io_error(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.hold = True
    server.offer(MANIFEST)
    server.perform(server.core.job_failed(server.held.pop().job_id, "two workers died"))
    assert code([m for _, m in server.sent]) == ErrorCode.IO
    server.hold = False
    server.offer(MANIFEST)
    server.hold = True
    server.say(up_data(MANIFEST, DATA, 0, 4))
    server.perform(server.core.job_failed(server.held.pop().job_id, "two workers died"))
    assert code([server.sent[-1][1]]) == ErrorCode.IO
    assert server.core.job_failed(999, "whose?") == []


def test_a_long_part_is_hashed_in_slices(tmp_path: Path) -> None:
    server = receiver(tmp_path, rehash_slice=500)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 5))
    server.close()
    told = ready(server.offer(MANIFEST, conn=2))
    assert told.cum == 5
    send_all(server, conn=2, first=5)
    assert server.stored() == DATA


def test_leftovers_are_removed_after_a_day(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    other = make_manifest(DATA, tid=2, name=b"b.txt")
    server.offer(other, conn=2)
    server.close(conn=2)
    later = {path: path.stat() for path in server.root.glob(".parts/*/*")}
    assert len(later) == 4
    for path, status in later.items():
        old = status.st_mtime - 25 * 3600
        os.utime(path, (old, old))
    assert server.core.next_deadline() == server.clock.seconds
    server.perform(server.core.tick())
    assert len(list(server.root.glob(".parts/*/*"))) == 2  # the one with a connection stays
    server.clock.seconds += 1
    assert server.core.tick() == []
    assert server.core.next_deadline() == server.clock.seconds + 3599


def test_a_survey_that_fails_is_tried_again(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.hold = True
    server.perform(server.core.tick())
    assert server.core.next_deadline() is None
    assert server.core.tick() == []
    assert server.core.job_finished(server.held[0].job_id, DiskFailed("no")) == []
    assert server.core.next_deadline() is not None


def test_a_manifest_that_does_not_parse_ends_the_connection(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    with pytest.raises(ProtocolError):
        server.say(UpOffer(b"\1short"))
    server.offer(MANIFEST)
    with pytest.raises(ProtocolError):
        server.say(UpOffer(replace(MANIFEST, signature=b"x").encode()))
    with pytest.raises(ProtocolError):
        server.say(UpData(MANIFEST.tid, 0, 1, b"x" * 100))
    server.close()
    assert server.core.rows() == []


def test_rows_show_how_far_an_upload_is(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 4))
    row = TransferRow("alice", "a.txt", 1024, len(DATA), server.clock.ms)
    assert server.core.rows() == [row]


def test_a_result_of_a_foreign_kind_is_a_bug(tmp_path: Path) -> None:
    server = receiver(tmp_path)
    server.hold = True
    server.say(UpOffer(MANIFEST.encode()), who=uploader())
    with pytest.raises(TypeError):
        server.core.job_finished(server.held[0].job_id, "nonsense")
