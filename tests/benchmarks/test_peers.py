"""The relays that are measured beside each other deliver, and the tables say what was measured."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from benchmarks import peer_outsiders, peer_relays, peers
from benchmarks.report import Skipped
from benchmarks.voices import Missing, Pace, Relay, Talk, flooded, talked

MADE = [
    peer_relays.bare,
    peer_relays.bare_records,
    peer_relays.tls,
    peer_outsiders.original,
    peer_outsiders.ngircd,
]


@pytest.mark.slow
@pytest.mark.parametrize("start", MADE)
def test_a_relay_delivers_all_that_is_said(
    start: Callable[[Path], AbstractContextManager[Relay]], tmp_path: Path
) -> None:
    try:
        with start(tmp_path) as relay:
            assert flooded(relay, 2, 3, 20).rate > 0
            assert len(talked(relay, 5).latencies) == 10
    except Missing as error:
        pytest.skip(str(error))


def test_a_peer_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    for start in (peer_relays.tls, peer_outsiders.ngircd):
        with pytest.raises(Missing, match="is not installed"), start(tmp_path):
            pass


def test_a_table_has_a_row_for_each_relay_that_is_here() -> None:
    def one(rate: float) -> peers.Round:
        return peers.Round(Pace(rate, 2e-6), Talk((3e-6, 5e-6, 4e-6), 6e-6))

    missing = [Skipped(peers.NGIRCD, "it is not installed")]
    measured = peers.Measured({peers.OURS: [one(3000.0)] * 3, peers.BARE: [one(6000.0)]}, missing)
    head, own, bare = peers.rows(measured)
    assert own == ("rsachat", "3,000 messages/s", "2.0 µs", "4.0 µs", "5.0 µs", "6.0 µs")
    assert bare[:2] == (peers.BARE, "6,000 messages/s")
    assert len(head) == len(own)


def test_a_ratio_is_the_middle_of_the_rounds() -> None:
    def rounds(*rates: float) -> list[peers.Round]:
        return [peers.Round(Pace(rate, 1.0), Talk((1.0,), 1.0)) for rate in rates]

    measured = peers.Measured({peers.OURS: rounds(1, 9, 4), peers.NGIRCD: rounds(2, 3, 4)}, [])
    assert measured.ratio("rate", peers.NGIRCD) == 1.0
