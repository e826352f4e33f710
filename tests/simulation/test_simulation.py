"""Made-up worlds, and the invariants by name. A broken one prints its seed's whole dialogue.

Each invariant has seeds of its own: its mutant (tests/mutants/table.py) is caught in them.
"""

import os
import subprocess
import sys

import pytest

from tests.simulation import invariants
from tests.simulation.__main__ import LONG, Sum, tell
from tests.simulation.simulate import Report, simulate
from tests.simulation.story import ALL_KINDS

SEEDS = 4  # for each of the twelve invariants


def broken_in(seeds: range) -> list[str]:
    """What broke, each with the invariant's name first; the first dialogue is printed."""
    found = []
    for report in map(simulate, seeds):
        if report.broken:
            if not found:
                print(report.text())
            found.append(f"{report.broken}: {report.how}")
    return found


def test_sim_shown_was_sent() -> None:
    assert broken_in(range(0, 4)) == []


def test_sim_shown_once() -> None:
    assert broken_in(range(4, 8)) == []


def test_sim_order_kept() -> None:
    assert broken_in(range(8, 12)) == []


def test_sim_delivered_is_true() -> None:
    assert broken_in(range(12, 16)) == []


def test_sim_count_is_exact() -> None:
    assert broken_in(range(16, 20)) == []


def test_sim_count_is_shown() -> None:
    assert broken_in(range(20, 24)) == []


def test_sim_acknowledged_is_on_disk() -> None:
    assert broken_in(range(24, 28)) == []


def test_sim_receipted_is_whole() -> None:
    assert broken_in(range(28, 32)) == []


def test_sim_final_is_whole_or_absent() -> None:
    assert broken_in(range(32, 36)) == []


def test_sim_outboxes_within_caps() -> None:
    assert broken_in(range(36, 40)) == []


def test_sim_no_internal_error() -> None:
    assert broken_in(range(40, 44)) == []


def test_sim_nobody_waits_for_ever() -> None:
    assert broken_in(range(44, 50)) == []
