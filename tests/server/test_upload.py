"""One upload's own sums and sentences."""

import hashlib

import pytest

from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.receiving import ReceiveMachine
from rsachat.protocol.safe_names import check_stored_name
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.quotas import Claim
from rsachat.server.upload import Stage, Upload
from tests.support.uploads import make_manifest, uploader


def upload(size: int = 600) -> Upload:
    manifest = make_manifest(bytes(size))
    name = check_stored_name(b"a.txt")
    return Upload(1, 1, uploader(), manifest, manifest.mh, name, 77, hashlib.sha256())


def test_what_is_stored_is_what_was_acknowledged() -> None:
    one = upload()
    one.kept = 256
    assert (one.done, one.claim) == (256, Claim(600, 344))
    one.machine = ReceiveMachine(one.manifest, 384, 640, 4, cum=2)
    assert (one.done, one.claim) == (512, Claim(600, 88))
    one.machine.written(3)
    assert (one.done, one.claim) == (600, Claim(600, 0))


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.RECEIVING])
def test_chunks_may_come_only_after_ready(stage: Stage) -> None:
    one = upload()
    one.stage = stage
    one.machine = ReceiveMachine(one.manifest, 384, 640, 4)
    with pytest.raises(TransferRefused) as caught:
        _ = one.receiver
    assert caught.value.code is ErrorCode.ORDER


def test_notices_and_row() -> None:
    one = upload()
    one.kept = 256
    assert (one.started().file, one.started().done) == ("a.txt", 256)
    assert (one.finished().chunks, one.finished().size) == (3, 600)
    assert one.failed("why").reason == "why"
    assert (one.row().done, one.row().total, one.row().started) == (256, 600, 77)
