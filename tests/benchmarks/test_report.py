"""Figures are judged by their aim and printed with all that they are made of."""

from collections.abc import Callable

import pytest

from benchmarks.report import Figure, Skipped, rate_figure, table


@pytest.mark.parametrize(
    ("ratio", "at_least", "met"),
    [(0.8, True, True), (0.79, True, False), (0.8, False, True), (0.81, False, False)],
)
def test_an_aim_is_met_or_missed(ratio: float, at_least: bool, met: bool) -> None:
    assert Figure("x", "1", "2", ratio, 0.8, at_least).met is met


def from_list(values: list[float], order: list[str], name: str) -> Callable[[], float]:
    def measure() -> float:
        order.append(name)
        return values.pop(0)

    return measure


def test_rounds_alternate_and_the_median_ratio_counts() -> None:
    order: list[str] = []
    figure = rate_figure(
        "x",
        "things/s",
        0.5,
        3,
        from_list([1000.0, 2000.0, 4000.0], order, "bare"),
        from_list([900.0, 1000.0, 400.0], order, "ours"),
    )
    assert order == ["bare", "ours"] * 3
    assert figure.ratio == 0.5
    assert figure.value == "900 things/s"
    assert figure.reference == "2,000 things/s"
    assert figure.met


def test_the_table_names_what_was_missed() -> None:
    text = table(
        [
            Figure("upload", "700 chunks/s", "800 chunks/s", 0.875, 0.8),
            Figure("idle client", "20.0 KiB", "at 1,000", 20.0, 16.0, False),
        ]
    )
    assert text.splitlines() == [
        "             measured      reference     ratio  aim",
        "upload       700 chunks/s  800 chunks/s  0.88   ≥ 0.8",
        "idle client  20.0 KiB      at 1,000      20.00  ≤ 16   MISSED",
    ]


def test_what_was_skipped_stands_below_with_its_reason() -> None:
    text = table([Skipped("engine", "it is not here"), Figure("x", "1", "2", 0.5, 0.5)])
    lines = [line.split() for line in text.splitlines()]
    assert lines[1:] == [
        ["x", "1", "2", "0.50", "≥", "0.5"],
        ["engine:", "skipped,", "it", "is", "not", "here"],
    ]
