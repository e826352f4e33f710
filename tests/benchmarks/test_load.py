"""The load's clients log in, talk and answer, and its server tells how long its passes took."""

from array import array
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks import load
from benchmarks.scratch import running_server

FEW = 4


@pytest.mark.long
def test_a_few_clients_are_a_small_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PAIRS", 2)
    monkeypatch.setattr(load, "TALK_SECONDS", 1)
    passes = tmp_path / "passes"
    with ExitStack() as stack:
        program = ("-m", "benchmarks.timed_server", str(passes))
        server = stack.enter_context(running_server(tmp_path / "server", program=program))
        (idle,) = load.joined(stack, server, FEW, 1, "idle")
        assert float(idle.answer()) > 0
        p50, p99, passed = load.talking(stack, server, passes)
        assert 0 < p50.ratio <= p99.ratio
        assert passed.ratio > 0
    assert min(array("f", passes.read_bytes())) >= 0
