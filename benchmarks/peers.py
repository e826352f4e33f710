"""The relay beside others in one run: rate, CPU for a message, latency.

Each gets the same traffic. A flood: four pairs, each first end as fast as it is read, 32
messages in a record where there are records. In turn: one pair, a message to and one fro.
Nothing is sealed or opened while the clock runs; CPU is that of the relay's process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import peer_outsiders, peer_relays
from benchmarks.report import Figure, Skipped
from benchmarks.voices import Missing, Pace, Relay, Talk, flooded, talked

OURS = "rsachat"
ORIGINAL = "original design, RSA each message"
BARE = "bare relay, in clear"
RECORDS = "bare relay, the same records"
TLS = "bare relay, TLS 1.3 (ssl)"
NGIRCD = "ngircd, in clear"
RELAYS = {
    OURS: peer_relays.rsachat,
    ORIGINAL: peer_outsiders.original,
    BARE: peer_relays.bare,
    RECORDS: peer_relays.bare_records,
    TLS: peer_relays.tls,
    NGIRCD: peer_outsiders.ngircd,
}
ROUNDS = 3
PAIRS, A_RECORD = 4, 32
TURNS = 3000
AIMS = (
    ("rate", ORIGINAL, 150, True),
    ("rate", NGIRCD, 0.3, True),
    ("latency", BARE, 1.8, False),
    ("cpu in turn", BARE, 2.5, False),
)


@dataclass(frozen=True, slots=True)
class Round:
    """What one relay did in one round."""

    flood: Pace
    talk: Talk

    def value(self, what: str) -> float:
        """Messages a second, or seconds."""
        values = {
            "rate": self.flood.rate,
            "cpu": self.flood.cpu,
            "latency": median(self.talk.latencies),
            "p99": sorted(self.talk.latencies)[int(0.99 * len(self.talk.latencies))],
            "cpu in turn": self.talk.cpu,
        }
        return values[what]


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds of each relay that is here, and why the others are not."""

    rounds: dict[str, list[Round]]
    missing: list[Skipped]

    def middle(self, name: str, what: str) -> float:
        return median(one.value(what) for one in self.rounds[name])

    def ratio(self, what: str, other: str) -> float:
        """Of rsachat's figure to another's: the median of the rounds' ratios."""
        pairs = zip(self.rounds[OURS], self.rounds[other], strict=True)
        return median(own.value(what) / its.value(what) for own, its in pairs)


def measure(rounds: int = ROUNDS) -> Measured:
    """All relays in turn, round after round, so that each sees the same machine."""
    measured = Measured({}, [])
    with TemporaryDirectory() as folder, ExitStack() as stack:
        running: dict[str, Relay] = {}
        for name, start in RELAYS.items():
            try:
                running[name] = stack.enter_context(start(Path(folder)))
            except Missing as error:
                measured.missing.append(Skipped(name, str(error)))
        for _ in range(rounds):
            for name, relay in running.items():
                turns = TURNS if name != ORIGINAL else TURNS // 20
                one = Round(flooded(relay, PAIRS, A_RECORD), talked(relay, turns))
                measured.rounds.setdefault(name, []).append(one)
    return measured


def run() -> list[Figure | Skipped]:
    measured = measure()
    figures = [_figure(measured, *aim) for aim in AIMS if aim[1] in measured.rounds]
    return [*figures, *measured.missing]


def _figure(measured: Measured, what: str, other: str, aim: float, at_least: bool) -> Figure:
    return Figure(
        f"{what} / {other}",
        SHOWN[what](measured.middle(OURS, what)),
        SHOWN[what](measured.middle(other, what)),
        measured.ratio(what, other),
        aim,
        at_least,
    )


def _rate(value: float) -> str:
    return f"{value:,.0f} messages/s"


def _micros(value: float) -> str:
    return f"{value * 1e6:,.1f} µs"


SHOWN: dict[str, Callable[[float], str]] = {
    "rate": _rate,
    "cpu": _micros,
    "latency": _micros,
    "p99": _micros,
    "cpu in turn": _micros,
}


def rows(measured: Measured) -> Iterator[Sequence[str]]:
    """Head and rows of a table for a document."""
    yield ("relay", "rate", "CPU a message", "latency p50", "p99", "CPU a message, in turn")
    for name in measured.rounds:
        yield (name, *(show(measured.middle(name, what)) for what, show in SHOWN.items()))
