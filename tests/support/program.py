"""rsachat as real processes for integration tests, from source or as the built executable.

`TESTED_PROGRAM` names an executable to test in place of the source.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from tests.support.keyfolder import put_pair, put_public
from tests.support.transcript import ENTRY, environment

Event = dict[str, Any]
PATIENCE = 20.0
EXECUTABLE = os.environ.get("TESTED_PROGRAM")


def command_line() -> list[str]:
    return [EXECUTABLE] if EXECUTABLE else [sys.executable, str(ENTRY)]


class Process:
    """One rsachat process; its output is read by threads, so that no pipe fills up.

    `program` is what to run in place of the one under test.
    """

    def __init__(
        self,
        folder: Path,
        *words: str,
        env: Mapping[str, str] | None = None,
        stdin: bool = True,
        stdout: int = subprocess.PIPE,
        program: Sequence[str] = (),
    ) -> None:
        self.words = words
        self.address = ""
        """Of a connected client, `ip:port`."""
        self._popen = subprocess.Popen(
            [*(program or command_line()), *words],
            cwd=folder,
            env=environment(folder, env),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self._lines: queue.Queue[str] = queue.Queue()
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        readers = [self._read_err] + ([self._read_out] if self._popen.stdout else [])
        self._threads = [threading.Thread(target=reader, daemon=True) for reader in readers]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.destroy()

    def write(self, *lines: str) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write("".join(f"{line}\n" for line in lines))
        self._popen.stdin.flush()

    def close_stdin(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.close()

    def line(self, seconds: float = PATIENCE) -> str:
        """The next line of stdout."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"{self.words}: no more output; stderr: {self.errors}") from None

    def event(self, *kinds: str, seconds: float = PATIENCE) -> Event:
        """The next JSON event of one of these kinds; others before it are passed over."""
        end = time.monotonic() + seconds
        while True:
            found: Event = json.loads(self.line(max(0.01, end - time.monotonic())))
            if found["event"] in kinds:
                return found

    def rest(self) -> list[Event]:
        """The events that were not read; after `wait`."""
        return [json.loads(self._lines.get_nowait()) for _ in range(self._lines.qsize())]

    def wait(self, seconds: float = PATIENCE) -> int:
        """The exit code."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.words} does not end; stderr: {self.errors}") from None
        for thread in self._threads:
            thread.join(5)
        return code

    def signal_all(self, number: signal.Signals) -> None:
        """Its workers too, as Ctrl+Z and `fg` do it."""
        os.killpg(self.pid, number)

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def children(self) -> list[int]:
        """Process ids of all descendants."""
        return list(_descendants(self.pid))

    def workers(self) -> list[int]:
        """Process ids of the descendants that compute."""
        return [pid for pid in self.children() if _is_worker(pid)]

    def kill(self) -> None:
        """SIGKILL for the process and all that it started, as a power cut for it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def destroy(self) -> None:
        self.kill()
        for thread in self._threads:
            thread.join(5)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            with suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()

    @property
    def stdin(self) -> IO[str]:
        assert self._popen.stdin is not None
        return self._popen.stdin

    @property
    def errors(self) -> str:
        return "".join(self.stderr)

    def _read_out(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self.stdout.append(line)
            self._lines.put(line)

    def _read_err(self) -> None:
        assert self._popen.stderr is not None
        self.stderr.extend(self._popen.stderr)


class Site:
    """One server's machine and the machines around it, each a folder with its own keys."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.processes: list[Process] = []
        self.address = ""

    def machine(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    def keys_of(self, machine: str) -> Path:
        return self.machine(machine) / "keys"

    def person(self, name: str, key: str | None = None) -> None:
        """A machine for `name`, whose key the server authorizes and who pins the server."""
        put_pair(self.keys_of(name), name, key or name)
        put_public(self.keys_of(name), "server", "server")
        put_public(self.keys_of("server"), name, key or name)

    def start(self, machine: str, *words: str, **options: Any) -> Process:
        process = Process(self.machine(machine), *words, **options)
        self.processes.append(process)
        return process

    def serve(self, *words: str, port: str = "0", **options: Any) -> Process:
        """Start the server and wait until it listens."""
        put_pair(self.keys_of("server"), "server", "server")
        server = self.start("server", "server", "--port", port, "--json", *words, **options)
        self.address = server.event("listening")["address"]
        return server

    def client(self, machine: str, *words: str) -> Process:
        """A client that has said "connected"; its address is `.address`."""
        client = self.start(
            machine, "client", "--server", self.address, "--json", "--listen", *words
        )
        client.address = client.event("connected")["address"]
        return client

    def clean_up(self) -> None:
        for process in self.processes:
            process.destroy()


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


def _is_worker(pid: int) -> bool:
    """Of the source (its module) or of the executable (its first word)."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
    return b"rsachat.runtime.worker" in command or b"\0--worker\0" in command


def _descendants(pid: int) -> Iterator[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in map(int, text.split()):
        yield child
        yield from _descendants(child)
