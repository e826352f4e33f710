"""Metrics as text in the format that Prometheus collects (version 0.0.4). Numbers in, text out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rsachat.server.metrics import Metrics
from rsachat.server.worker_load import WorkerLoad

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Source:
    """What a page is made of; `about` names the program's versions."""

    metrics: Metrics
    workers: WorkerLoad
    about: Mapping[str, str]


Samples = Mapping[tuple[str, str] | None, float]
"""The value for each (label, its value), or for None where there is no label."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, `gauge` or `counter`, what it means, and where its values are."""

    name: str
    kind: str
    help: str
    samples: Callable[[Source], Samples]


def _one(value: Callable[[Source], float]) -> Callable[[Source], Samples]:
    return lambda source: {None: value(source)}


def _by(label: str, values: Callable[[Source], Mapping[str, float]]) -> Callable[[Source], Samples]:
    return lambda source: {(label, name): count for name, count in values(source).items()}


FAMILIES = (
    Family("uptime_seconds", "gauge", "Since the start.", _one(lambda s: s.metrics.uptime)),
    Family(
        "clients",
        "gauge",
        "Chat sessions that are fully connected.",
        _one(lambda s: s.metrics.clients),
    ),
    Family(
        "authorized_keys", "gauge", "Keys that may connect.", _one(lambda s: s.metrics.authorized)
    ),
    Family(
        "connections_open",
        "gauge",
        "Open connections, by how far they have come.",
        _by("state", lambda s: s.metrics.connections),
    ),
    Family(
        "connections_total",
        "counter",
        "Connections that were accepted.",
        _one(lambda s: s.metrics.accepted),
    ),
    Family(
        "handshakes_total",
        "counter",
        "Handshakes that cost an RSA signature.",
        _one(lambda s: s.metrics.handshakes),
    ),
    Family(
        "handshakes_waiting",
        "gauge",
        "Handshakes whose signature is not there yet.",
        _one(lambda s: s.metrics.handshakes_waiting),
    ),
    Family(
        "logins_total",
        "counter",
        "Connections that have proven who they are and were let in.",
        _by("role", lambda s: s.metrics.logins),
    ),
    Family(
        "refusals_total",
        "counter",
        "Connections that were turned away before they were let in.",
        _by("reason", lambda s: s.metrics.refusals),
    ),
    Family(
        "messages_total",
        "counter",
        "Envelopes that sessions gave to be passed on, receipts among them.",
        _by(
            "outcome",
            lambda s: {
                "routed": s.metrics.messages_routed,
                "refused": s.metrics.messages_refused,
            },
        ),
    ),
    Family(
        "bytes_total",
        "counter",
        "Bytes of all connections, as they are on the wire.",
        _by("direction", lambda s: {"received": s.metrics.received, "sent": s.metrics.sent}),
    ),
    Family(
        "queued_bytes",
        "gauge",
        "Bytes that wait for their recipients, not sealed yet.",
        _by("kind", lambda s: {"chat": s.metrics.queued_chat, "other": s.metrics.queued_other}),
    ),
    Family(
        "backlog_bytes",
        "gauge",
        "Sealed bytes that sockets have not taken.",
        _one(lambda s: s.metrics.backlog),
    ),
    Family(
        "uploads_active", "gauge", "Uploads under way.", _one(lambda s: s.metrics.uploads_active)
    ),
    Family(
        "uploads_total",
        "counter",
        "Uploads that were started, stored whole, or ended before.",
        _by("outcome", lambda s: s.metrics.uploads),
    ),
    Family(
        "stored_bytes_total",
        "counter",
        "Bytes of the files that were stored whole.",
        _one(lambda s: s.metrics.stored),
    ),
    Family("workers", "gauge", "Worker processes that are ready.", _one(lambda s: s.workers.ready)),
    Family(
        "workers_busy", "gauge", "Worker processes that have a job.", _one(lambda s: s.workers.busy)
    ),
    Family(
        "worker_busy_seconds_total",
        "counter",
        "Seconds in which workers had a job, all together.",
        _one(lambda s: s.workers.busy_seconds),
    ),
    Family(
        "jobs_waiting",
        "gauge",
        "Jobs that no worker has yet.",
        _one(lambda s: s.workers.jobs_waiting),
    ),
)


def page(source: Source) -> str:
    """All families, each with its help and type."""
    lines = [
        "# HELP rsachat_build_info What this server runs on.",
        "# TYPE rsachat_build_info gauge",
    ]
    about = ",".join(f"{name}={_quoted(value)}" for name, value in source.about.items())
    lines.append(f"rsachat_build_info{{{about}}} 1")
    for family in FAMILIES:
        lines.extend(_lines(family, source))
    return "\n".join(lines) + "\n"


def _lines(family: Family, source: Source) -> Iterator[str]:
    name = f"rsachat_{family.name}"
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {family.kind}"
    for label, value in family.samples(source).items():
        inside = "" if label is None else f"{{{label[0]}={_quoted(label[1])}}}"
        yield f"{name}{inside} {_number(value)}"


def _quoted(text: str) -> str:
    """A label's value: the format escapes these three, and nothing else."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"
