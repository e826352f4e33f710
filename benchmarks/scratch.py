"""A scratch folder with keys, and a real server process in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rsachat.crypto.engine import chosen
from rsachat.crypto.rsa import PrivateKey

ROOT = Path(__file__).resolve().parent.parent
FIXED_KEYS = ROOT / "tests" / "vectors" / "keys"
END_SECONDS = 10.0
CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `pid` is its main process, the one with the sockets."""

    port: int
    pid: int
    folder: Path

    @property
    def identity(self) -> PrivateKey:
        return read_key("server")


def read_key(name: str) -> PrivateKey:
    """A fixed test identity: making one takes seconds and its cost varies."""
    return PrivateKey.from_pem((FIXED_KEYS / f"{name}-rsapvt.pem").read_bytes())


def environment() -> dict[str, str]:
    """What a command of this tree runs in: nobody's settings, but the engine that is measured."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RSACHAT_")}
    kept = {name: os.environ[name] for name in ("RSACHAT_ENGINE",) if name in os.environ}
    return plain | kept | {"PYTHONPATH": str(ROOT)}


def by_engine(pycryptodome: float, openssl: float) -> float:
    """The aim for the engine that runs: beside the faster RSA all the rest weighs more."""
    return {"pycryptodome": pycryptodome, "openssl": openssl}[chosen().NAME]


@contextmanager
def running_server(
    folder: Path, *options: str, program: Sequence[str] = (str(ROOT / "rsachat.py"),)
) -> Iterator[Server]:
    """The server command in a folder of its own, with alice, bob and carol authorized."""
    keys = folder / "keys"
    folder.mkdir(exist_ok=True)
    shutil.copytree(FIXED_KEYS, keys)
    for private in keys.glob("*-rsapvt.pem"):
        private.chmod(0o600)
    command = [sys.executable, *program, "server", "--port", "0", "--json"]
    command += ["--keys", str(keys), "--uploads", str(folder / "uploads"), *options]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())
            port = int(first["address"].rpartition(":")[2])
            # Notices are read by somebody, as they would be, so that their pipe never fills.
            with subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL):
                try:
                    yield Server(port, process.pid, folder)
                finally:
                    _end(process)
        finally:
            process.kill()


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


@dataclass(frozen=True, slots=True)
class Bare:
    """A running reference of this folder that listens at `port`."""

    port: int
    pid: int


@contextmanager
def bare_process(name: str, *arguments: str) -> Iterator[Bare]:
    """`benchmarks/NAME.py`, which prints the port that it serves."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Bare(int(process.stdout.readline()), process.pid)
        finally:
            process.kill()


def cpu_seconds(pid: int) -> float:
    """The time that a process's threads have computed so far, in user code and in the kernel."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) / 1e9


def resident_kib(pid: int) -> int:
    """The resident memory of one process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)
