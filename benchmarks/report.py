"""Figures, their aims, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing. `ratio` is what the aim is about; the rest says what it is made of.

    `at_least` tells whether the ratio must reach the aim or stay under it.
    """

    name: str
    value: str
    reference: str
    ratio: float
    aim: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.ratio >= self.aim if self.at_least else self.ratio <= self.aim


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be measured here, because something is not installed: no miss."""

    name: str
    why: str


def rate_figure(
    name: str,
    what: str,
    aim: float,
    rounds: int,
    reference: Callable[[], float],
    measured: Callable[[], float],
) -> Figure:
    """Measure a rate and its reference in turn; the ratio is the median of the rounds' ratios.

    In turn, because machines drift: a round's two halves see the same machine.
    """
    pairs = [(reference(), measured()) for _ in range(rounds)]
    return Figure(
        name,
        f"{median(value for _, value in pairs):,.0f} {what}",
        f"{median(value for value, _ in pairs):,.0f} {what}",
        median(value / bare for bare, value in pairs),
        aim,
    )


def table(results: Sequence[Figure | Skipped]) -> str:
    """The figures in columns: name, absolute, reference, ratio, aim, verdict; then what is not."""
    rows = [("", "measured", "reference", "ratio", "aim", "")]
    for figure in results:
        if isinstance(figure, Skipped):
            continue
        sign = "≥" if figure.at_least else "≤"
        rows.append(
            (
                figure.name,
                figure.value,
                figure.reference,
                f"{figure.ratio:.2f}",
                f"{sign} {figure.aim:g}",
                "" if figure.met else "MISSED",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += [f"{one.name}: skipped, {one.why}" for one in results if isinstance(one, Skipped)]
    return "\n".join(lines)
