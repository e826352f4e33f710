"""Handshakes a second, against the RSA operations of both ends alone.

The clients run on the same cores as the server and its workers, and so does the reference.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bare_rsa
from benchmarks.clients import Client
from benchmarks.report import Figure, rate_figure
from benchmarks.scratch import (
    CORES,
    FIXED_KEYS,
    ROOT,
    Server,
    by_engine,
    environment,
    read_key,
    running_server,
)

AIM = by_engine(0.6, 0.35)  # the key encapsulations cost as much as the faster RSA
ROUNDS = 3
SECONDS = 2.0
CALLERS = 3 * CORES  # processes that log in, one login after the other: no core ever waits


def run() -> list[Figure]:
    key = FIXED_KEYS / "server-rsapvt.pem"
    with (
        TemporaryDirectory() as folder,
        running_server(Path(folder), "--sessions-per-key", "1000") as server,
    ):
        return [
            rate_figure(
                "handshakes",
                "logins/s",
                AIM,
                ROUNDS,
                lambda: bare_rsa.rate(CORES, "login", key, SECONDS),
                lambda: login_rate(server),
            )
        ]


def login_rate(server: Server) -> float:
    """Logins a second of all callers together."""
    command = [sys.executable, "-m", "benchmarks.handshakes", str(server.port), str(SECONDS)]
    callers = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(CALLERS)
    ]
    return sum(bare_rsa.started_together(callers))


def main(arguments: Sequence[str]) -> None:
    """One caller: `PORT SECONDS`; the same dialogue as a reference process."""
    port, seconds = int(arguments[0]), float(arguments[1])
    key = read_key("alice")
    server_fp = read_key("server").public.fingerprint
    Client(port, key, server_fp).cut()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < seconds:
        Client(port, key, server_fp).cut()
        done += 1
    print(done, time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
