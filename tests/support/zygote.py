"""rsachat loaded once and forked for each command: what a command does, without its loading.

A fork has its own process id, session, folder, environment and streams, and runs the command
line's own `main`. Loading takes most of the time of a short command, and says nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import rsachat
from rsachat import cli
from tests.support.transcript import ENTRY

_REQUEST = 1 << 16  # bytes, at most


class Zygote:
    """The process that forks. One command at a time is waited for."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.support.zygote", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], start_new_session=True
            )

    def fork(self, words: Sequence[str], folder: Path, env: Mapping[str, str]) -> Forked:
        """Run `rsachat` with these words."""
        pipes = [os.pipe(), os.pipe(), os.pipe()]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        request = {"words": list(words), "folder": str(folder), "env": dict(env)}
        socket.send_fds(self._socket, [json.dumps(request).encode()], theirs)
        for fd in theirs:
            os.close(fd)
        return Forked(self, self._answer(), pipes[0][1], pipes[1][0], pipes[2][0])

    def exit_code(self, pid: int) -> int:
        self._socket.send(json.dumps({"wait": pid}).encode())
        return self._answer()

    def close(self) -> None:
        self._socket.close()
        self._process.wait(10)

    def _answer(self) -> int:
        answer: int = json.loads(self._socket.recv(_REQUEST))
        return answer


class Forked:
    """A command that runs: the part of tests.support.program.Process that a transcript needs."""

    def __init__(self, zygote: Zygote, pid: int, stdin: int, stdout: int, stderr: int) -> None:
        self._zygote, self._pid = zygote, pid
        self._stdin = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((stdout, self.stdout), (stderr, self.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def write(self, line: str) -> None:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()

    def close_stdin(self) -> None:
        self._stdin.close()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    def wait(self) -> int:
        code = self._zygote.exit_code(self._pid)
        for reader in self._readers:
            reader.join(10)
        with suppress(OSError):
            self._stdin.close()
        return code

    @staticmethod
    def _read(fd: int, lines: list[str]) -> None:
        with os.fdopen(fd, encoding="utf-8") as stream:
            lines.extend(stream)


def _serve(requests: socket.socket) -> None:
    for module in walk_packages(rsachat.__path__, "rsachat."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    while True:
        data, fds, _, _ = socket.recv_fds(requests, _REQUEST, 3)
        if not data:
            return
        request = json.loads(data)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif not (answer := os.fork()):
            requests.close()
            os._exit(_run(request, fds))
        for fd in fds:
            os.close(fd)
        requests.send(json.dumps(answer).encode())


def _run(request: dict[str, Any], fds: Sequence[int]) -> int:
    os.setsid()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    sys.argv = [str(ENTRY), *request["words"]]
    code = cli.main()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        _serve(requests)
