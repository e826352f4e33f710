"""Metrics as text: what a collector reads back is what was there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.exposition import FAMILIES, Source, page
from rsachat.server.metrics import Metrics
from rsachat.server.worker_load import WorkerLoad
from tests.support.hub import Hub

NUMBER = st.integers(0, 1 << 63)
TABLE = st.dictionaries(st.from_regex(r"[a-z_]{1,10}", fullmatch=True), NUMBER, max_size=4)
SECONDS = st.floats(0, 1e9)
METRICS = st.builds(
    Metrics,
    **{
        name: {float: SECONDS, int: NUMBER}.get(kind, TABLE)
        for name, kind in Metrics.__annotations__.items()
    },
)
LOADS = st.builds(WorkerLoad, NUMBER, NUMBER, NUMBER, SECONDS)
ABOUT = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(), max_size=3)
SAMPLE = re.compile(r"(rsachat_[a-z_]+)(?:\{(.*)\})? (\d+(?:\.\d+)?)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')


def samples(text: str) -> dict[tuple[str, str], float]:
    """What a collector reads: values by name and labels. Fails where the format is broken."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("#"):
            assert re.fullmatch(r"# (HELP|TYPE) rsachat_[a-z_]+ \S.*", line)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        assert not labels or not LABEL.sub("", labels).strip(",")
        assert (name, labels) not in found
        found[name, labels or ""] = float(value)
    return found


@given(metrics=METRICS, load=LOADS, about=ABOUT)
def test_every_value_is_read_back(
    metrics: Metrics, load: WorkerLoad, about: dict[str, str]
) -> None:
    found = samples(page(Source(metrics, load, about)))
    assert found["rsachat_clients", ""] == float(metrics.clients)
    assert found["rsachat_workers_busy", ""] == float(load.busy)
    assert found["rsachat_uptime_seconds", ""] == pytest.approx(metrics.uptime, abs=0.001)
    for reason, count in metrics.refusals.items():
        assert found["rsachat_refusals_total", f'reason="{reason}"'] == float(count)


def test_a_version_with_quotes_and_line_breaks_stays_in_its_label() -> None:
    metrics = Hub().server.overview.metrics()
    text = page(Source(metrics, WorkerLoad(0, 0, 0, 0.0), {"engine": 'a"b\\c\nd'}))
    assert 'rsachat_build_info{engine="a\\"b\\\\c\\nd"} 1\n' in text


def test_each_family_is_named_typed_and_explained_once() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        assert (family.kind == "counter") is family.name.endswith("_total")
        assert family.help.endswith(".")
        assert family.name.removesuffix("_total") not in set(names) - {family.name}


def test_a_page_names_nobody() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob canary")
    text = page(Source(hub.server.overview.metrics(), WorkerLoad(0, 0, 0, 0.0), {}))
    assert 'rsachat_logins_total{role="chat"} 2\n' in text
    for secret in ("alice", "bob", "canary", alice.address, bob.address):
        assert secret not in text
