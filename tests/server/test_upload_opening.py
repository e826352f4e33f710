"""From the offer to READY: what an earlier try left is taken up as far as it is whole chunks."""

import hashlib
from pathlib import Path

import pytest

from rsachat.protocol.manifest import Manifest
from rsachat.protocol.messages import UpReady
from rsachat.settings import TransferLimits
from tests.support.uploads import Receiver, make_envelope, make_manifest

DATA = bytes(i % 251 for i in range(150_000))


@pytest.mark.parametrize(
    ("manifest", "left", "cum"),
    [
        (make_manifest(DATA), 0, 0),
        (make_manifest(DATA), 255, 0),
        (make_manifest(DATA), 1000, 3),
        (make_envelope(DATA), 65_535, 0),
        (make_envelope(DATA), 140_000, 2),
    ],
)
def test_ready_says_how_many_whole_chunks_are_here(
    tmp_path: Path, manifest: Manifest, left: int, cum: int
) -> None:
    server = Receiver(tmp_path / "up", TransferLimits(window=7, envelope_window=5))
    server.offer(manifest)
    server.close()
    (part,) = server.root.glob(".parts/*/*.part")
    part.write_bytes(DATA[:left])
    (ready,) = server.offer(manifest, conn=2)
    prefix = hashlib.sha256(DATA[: cum * manifest.chunk]).digest()
    window = 5 if manifest.is_envelope else 7
    assert ready == UpReady(manifest.tid, cum, prefix, window, b"")
    assert part.stat().st_size == cum * manifest.chunk


def test_an_envelope_is_read_in_bulk_once_its_key_is_open(tmp_path: Path) -> None:
    """Not before: nobody's other bytes shall make a long turn. Chunks gain nothing by it."""
    server = Receiver(tmp_path / "up", hold=True)
    server.offer(make_manifest(DATA), conn=1)
    server.offer(make_envelope(DATA), conn=2)
    assert server.in_bulk == []
    server.release_all()
    assert server.in_bulk == [2]
