"""An envelope upload of 1 GiB beside scp and a bare sendfile; the memory that 2 GiB take.

Times are from the start of the command until all is on the disk (`sync` after each). The
memory is what either side's peak is above that of an upload of 1 MiB.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Figure, Skipped, rate_figure
from benchmarks.scratch import ROOT, Server, by_engine, environment, running_server

AIM_SCP = by_engine(0.8, 1.1)
AIM_SENDFILE, AIM_MEMORY = 0.12, 64.0
ROUNDS = 2
MIB = 1 << 20
SPEED_MIB, MEMORY_MIB = 1024, 2048
PIECE = 256 * 1024  # bytes that the bare receiver takes at a time


class NoPeer(OSError):
    """A program to compare with is not here, or does not start."""


def run() -> list[Figure | Skipped]:
    results: list[Figure | Skipped] = []
    with (
        TemporaryDirectory() as name,
        running_server(Path(name), "--quota-client", "64GiB") as server,
    ):
        source = make_source(server.folder / "source", SPEED_MIB)
        numbers = count()

        def ours() -> float:
            return rate(lambda: upload(server, source, f"envelope{next(numbers)}"))

        def figure(peer: str, aim: float, reference: Callable[[], float]) -> Figure:
            return rate_figure(f"envelope / {peer}", "MiB/s", aim, ROUNDS, reference, ours)

        results.append(figure("sendfile", AIM_SENDFILE, lambda: rate(lambda: bare(source))))
        try:
            with sshd(server.folder / "ssh") as scp:
                results.append(figure("scp", AIM_SCP, lambda: rate(lambda: scp(source))))
        except NoPeer as error:
            results.append(Skipped("envelope / scp", str(error)))
        source.unlink()
        results += memory(server)
    return results


def make_source(path: Path, mebibytes: int) -> Path:
    with open(path, "wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MIB))
    os.sync()
    return path


def rate(work: Callable[[], object]) -> float:
    """MiB a second until everything is on the disk."""
    began = time.perf_counter()
    work()
    os.sync()
    return SPEED_MIB / (time.perf_counter() - began)


def upload(server: Server, source: Path, name: str) -> float:
    """Upload and remove what was stored; the client's peak of memory in MiB."""
    command = [sys.executable, str(ROOT / "rsachat.py"), "upload", str(source), "--as", name]
    command += ["--envelope", "--name", "alice", "--server", f"127.0.0.1:{server.port}"]
    command += ["--keys", str(server.folder / "keys"), "--json", "--no-retry", "--quiet"]
    process = subprocess.Popen(
        command, cwd=server.folder, env=environment(), stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    (server.folder / "uploads" / "alice" / name).unlink()
    return usage.ru_maxrss / 1024


def bare(source: Path) -> None:
    """The same bytes over a socket into a file, and nothing else."""
    copy = source.with_name("copy")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pid = os.fork()
        if not pid:
            _take(listener, copy)
        with socket.create_connection(listener.getsockname()) as sock, open(source, "rb") as file:
            sock.sendfile(file)
        os.waitpid(pid, 0)
    copy.unlink()


def _take(listener: socket.socket, copy: Path) -> None:
    """The receiving process of `bare`; it does not return."""
    sock, _ = listener.accept()
    buffer = bytearray(PIECE)
    with open(copy, "wb", buffering=0) as file:
        while size := sock.recv_into(buffer):
            file.write(memoryview(buffer)[:size])
    os._exit(0)


@contextmanager
def sshd(folder: Path) -> Iterator[Callable[[Path], None]]:
    """A server for scp with keys of its own; gives what copies a file through it.

    Raises NoPeer.
    """
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or shutil.which("scp") is None:
        raise NoPeer("sshd is not installed")
    folder.mkdir(mode=0o700)
    host, own, port = folder / "host", folder / "own", free_port()
    for key in (host, own):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {own}.pub\nPidFile none\nSubsystem sftp internal-sftp\n"
    )
    log = folder / "log"
    process = subprocess.Popen(
        [program, "-D", "-f", folder / "config", "-E", log], stderr=subprocess.DEVNULL
    )
    quiet = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder / 'known'}"]

    def scp(source: Path) -> None:
        target = f"{getpass.getuser()}@127.0.0.1:{folder / 'copy'}"
        subprocess.run(
            ["scp", "-q", "-i", own, "-P", str(port), *quiet, source, target], check=True
        )
        (folder / "copy").unlink()

    try:
        try:
            wait_for(port, process)
        except OSError as error:
            raise NoPeer(f"sshd does not start: {last_line(log)}") from error
        yield scp
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def wait_for(
    port: int, process: subprocess.Popen[bytes] | None = None, seconds: float = 5.0
) -> None:
    """Until somebody listens there. Raises the last refusal, at once if `process` has ended."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > end or (process is not None and process.poll() is not None):
                raise
            time.sleep(0.05)
        else:
            return


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")


def memory(server: Server) -> list[Figure]:
    small = make_source(server.folder / "small", 1)
    client_before = upload(server, small, "small")
    server_before = peak_mib(server.pid)
    big = make_source(server.folder / "big", MEMORY_MIB)
    client = upload(server, big, "big") - client_before
    grown = {"client": client, "server": peak_mib(server.pid) - server_before}
    return [
        Figure(f"{whose}'s memory", f"{more:.1f} MiB", "2 GiB upload", more, AIM_MEMORY, False)
        for whose, more in grown.items()
    ]


def peak_mib(pid: int) -> float:
    """The most resident memory that a process had so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)
