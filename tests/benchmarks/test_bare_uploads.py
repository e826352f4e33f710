"""The references of uploads: they move real bytes, and what is measured beside them is right."""

import os
from pathlib import Path

import pytest

from benchmarks import bare_rsa, bare_stop_and_wait, fair, pool, stop_and_wait
from benchmarks.bare_libraries import read_key
from benchmarks.scratch import FIXED_KEYS

pytestmark = pytest.mark.slow


def test_stop_and_wait_stores_what_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = bytes(range(256))
    monkeypatch.setattr(os, "urandom", lambda _: piece)
    server, client = (
        read_key((FIXED_KEYS / f"{name}-rsapvt.pem").read_bytes()) for name in ("server", "alice")
    )
    with stop_and_wait.running_bare_server(tmp_path / "bare") as port:
        assert bare_stop_and_wait.send(client, server, port, 3) > 0
        assert (tmp_path / "bare").read_bytes() == 3 * piece
        assert stop_and_wait.bare_rate(port, 2) > 1


def test_the_ceiling_opens_real_units(tmp_path: Path) -> None:
    units = pool.make_units(tmp_path / "units")
    assert bare_rsa.rate(2, "transfer", FIXED_KEYS / "server-rsapvt.pem", 0.1, units) > 1


def test_the_95th_percentile() -> None:
    assert fair.p95([float(n) for n in range(100, 0, -1)]) == 96
