"""Made-up worlds, by the names of the invariants. A broken one prints its seed's dialogue.

Each invariant has seeds of its own, in which its mutant (tests/mutants/simulation.py) is caught.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.simulation.__main__ import LONG, Sum, tell
from tests.simulation.simulate import Report, simulate
from tests.simulation.story import ALL_KINDS


def broken_in(seeds: Iterable[int]) -> list[str]:
    """What broke, each with its invariant's name; the first one's dialogue is printed."""
    found: list[str] = []
    for report in map(simulate, seeds):
        if report.broken:
            if not found:
                print(report.text())
            found.append(f"seed {report.seed}: {report.broken}: {report.how}")
    return found


def test_sim_shown_was_sent() -> None:
    assert broken_in((0, 7, 25)) == []


def test_sim_shown_once() -> None:
    assert broken_in((6, 18)) == []


def test_sim_order_kept() -> None:
    assert broken_in((4, 21)) == []


def test_sim_delivered_is_true() -> None:
    assert broken_in((10, 12, 34)) == []


def test_sim_count_is_exact() -> None:
    assert broken_in((9, 19)) == []


def test_sim_count_is_shown() -> None:
    assert broken_in((30, 39, 45)) == []


def test_sim_acknowledged_is_on_disk() -> None:
    assert broken_in((1, 13, 36)) == []


def test_sim_receipted_is_whole() -> None:
    assert broken_in((11, 28, 49)) == []


def test_sim_final_is_whole_or_absent() -> None:
    assert broken_in((61, 63)) == []


def test_sim_pins_are_kept() -> None:
    assert broken_in((22, 31, 70)) == []


def test_sim_receipts_are_kept() -> None:
    assert broken_in((17, 47)) == []


def test_sim_nobody_else_pays() -> None:
    assert broken_in((8, 29, 38)) == []


def test_sim_outboxes_within_caps() -> None:
    assert broken_in((3, 24)) == []


def test_sim_no_internal_error() -> None:
    assert broken_in((26, 41, 53)) == []


def test_sim_nobody_waits_for_ever() -> None:
    assert broken_in((16, 33, 40, 43)) == []


def test_sim_ten_more_worlds() -> None:
    """All the invariants in worlds that were chosen for none of them."""
    assert broken_in((2, 5, 14, 15, 20, 23, 27, 32, 35, 37)) == []


def test_a_seed_is_the_same_in_another_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", "17"],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == simulate(17).text().strip()


def test_a_broken_invariant_is_told_with_its_dialogue(capsys: pytest.CaptureFixture[str]) -> None:
    total = Sum()
    dialogue = [(1.5, "alice-1", "types to bob: hello")]
    total.add(Report(7, "shown_once", "bob shows it again", 10, Counter(), dialogue))
    assert tell(total, 7, 1.0) == 1
    told = capsys.readouterr().out
    assert "alice-1      types to bob: hello" in told
    assert "BROKEN  seed 7: shown_once: bob shows it again" in told
    assert "make simulate SEED=7" in told


@pytest.mark.parametrize("missing", ["power cut", ""])
def test_a_long_run_needs_each_kind_of_fault(
    missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = Counter(kind for kind in ALL_KINDS if kind != missing)
    total = Sum(seeds=LONG - 1)
    total.add(Report(0, "", "", 1, faults, []))
    assert tell(total, 0, 1.0) == bool(missing)
    assert ("NEVER   power cut" in capsys.readouterr().out) == bool(missing)
