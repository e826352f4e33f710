"""Uploaded chunks a second over 50 ms of round trip, against the original design over the same.

Stop and wait does one piece in a round trip and its RSA; a window does as many as the cores can.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import by_engine, running_server
from benchmarks.stop_and_wait import bare_rate, running_bare_server
from benchmarks.upload import upload_rate
from tests.support.proxy import Proxy, delayed

AIM = by_engine(36.0, 100.0)  # 40 is what two cores of pycryptodome could do
ROUNDS = 2
ROUND_TRIP = 0.050  # seconds
PIECES = 60


def run() -> list[Figure]:
    network = delayed(ROUND_TRIP / 2)
    with (
        TemporaryDirectory() as name,
        running_server(Path(name)) as server,
        running_bare_server(Path(name) / "bare") as port,
        Proxy(f"127.0.0.1:{server.port}", network) as ours,
        Proxy(f"127.0.0.1:{port}", network) as its,
    ):
        numbers = count()
        far = replace(server, port=_port(ours))
        return [
            rate_figure(
                "upload / stop-and-wait, 50 ms",
                "chunks/s",
                AIM,
                ROUNDS,
                lambda: bare_rate(_port(its), PIECES),
                lambda: upload_rate(far, next(numbers)),
            )
        ]


def _port(proxy: Proxy) -> int:
    return int(proxy.address.rpartition(":")[2])
