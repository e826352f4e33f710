"""How busy worker processes are, in numbers. Alone here: every pool loads it, a client's too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """The worker processes at one moment; `busy_seconds` is the sum of all since the start."""

    ready: int
    busy: int
    jobs_waiting: int
    busy_seconds: float
