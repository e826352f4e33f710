"""Ends of uploads: what stays for a later try, and what goes."""

from pathlib import Path

import pytest

from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.messages import UpAbort
from rsachat.server.notices import UploadFailed
from rsachat.server.upload_ends import REMOVING
from tests.support.uploads import Receiver, make_manifest, up_data

DATA = bytes(1000)
MANIFEST = make_manifest(DATA)


def begun(tmp_path: Path) -> Receiver:
    server = Receiver(tmp_path / "up")
    server.offer(MANIFEST)
    server.say(up_data(MANIFEST, DATA, 0, 2))
    assert server.parts() == [".offer", ".part"]
    return server


@pytest.mark.parametrize("code", ErrorCode)
def test_the_senders_abort_says_whether_its_part_stays(tmp_path: Path, code: ErrorCode) -> None:
    server = begun(tmp_path)
    assert server.say(UpAbort(MANIFEST.tid, code)) == []
    assert (server.parts() == []) is (code in REMOVING)
    assert [n.reason for n in server.notices if isinstance(n, UploadFailed)] == [
        "given up by the sender"
    ]


def test_a_lost_connection_keeps_the_part(tmp_path: Path) -> None:
    server = begun(tmp_path)
    server.close()
    assert server.parts() == [".offer", ".part"]
    assert [n.reason for n in server.notices if isinstance(n, UploadFailed)] == [
        "connection ended; kept for a later try"
    ]


def test_chunks_of_nothing_are_told_so_once(tmp_path: Path) -> None:
    server = Receiver(tmp_path / "up")
    chunks = up_data(MANIFEST, DATA, 0, 1)
    assert server.say(chunks) == [UpAbort(MANIFEST.tid, ErrorCode.UNKNOWN_TID)]
    assert server.say(chunks) == []
