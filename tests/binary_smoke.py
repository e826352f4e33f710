"""`python tests/binary_smoke.py dist/rsachat`: try the built file, or any command, as a user would.

What the build leaves out is missing at run time only, so each everyday command runs once: version,
help, keygen, a server, a chat through pipes, an upload. Uses the standard library only, so that
nothing the executable lacks can come from the environment.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

SECONDS = 60
TEXT = "Hello World: a/b\\c | ä漢🙂"
FILE = bytes(range(256)) * 3 + b"the last, shorter chunk"

Process = subprocess.Popen[str]


class SmokeError(Exception):
    """One step did not do what it should; the text says which and how."""


class Trial:
    """The executable, run in a scratch folder of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command = command
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("RSACHAT_")}
        self._env["RSACHAT_SERVER"] = f"127.0.0.1:{self._port}"

    def run(self, *words: str, text: str = "") -> str:
        """Run to the end, which must be 0; what stood on stdout."""
        done = subprocess.run(
            [*self._command, *words],
            cwd=self._folder,
            env=self._env,
            input=text,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise SmokeError(f"`{' '.join(words)}` ended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[Process]:
        """Run beside us in a group of its own: the visible process has the real one inside."""
        process = subprocess.Popen(
            [*self._command, *words],
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def everything(self) -> None:
        """Every step, in the order of a first day."""
        require(self.run("--version").startswith("rsachat "), "--version says something else")
        self.run("help", "upload")
        self.run("keygen")
        with ExitStack() as stack:
            listen = ("server", "--json", "--port", str(self._port))
            server = stack.enter_context(self.running(*listen))
            wait_for(server, "listening")
            hearer = stack.enter_context(self.running("client", "--listen", "--json", "--quiet"))
            address = str(wait_for(hearer, "connected")["address"])
            self.run("client", "--to", address, text=TEXT + "\n")
            require(wait_for(hearer, "message")["text"] == TEXT, "the message arrived changed")
            self.upload()
            server.terminate()
            require(server.wait(SECONDS) == 0, "the server did not end in order")
            require(hearer.wait(SECONDS) == 0, "the client did not leave in order")

    def upload(self) -> None:
        (self._folder / "source.txt").write_bytes(FILE)
        self.run("upload", "source.txt")
        stored = list(self._folder.glob("uploads/*/target.txt"))
        require([path.read_bytes() for path in stored] == [FILE], "the upload arrived changed")


def wait_for(process: Process, event: str) -> dict[str, Any]:
    """The next JSON event of that name on the process's stdout."""
    assert process.stdout is not None
    for line in process.stdout:
        found: dict[str, Any] = json.loads(line)
        if found["event"] == event:
            return found
    raise SmokeError(f"ended before the event '{event}'")


def require(done: bool, otherwise: str) -> None:
    if not done:
        raise SmokeError(otherwise)


def give_up(_number: int, _frame: object) -> None:
    raise SmokeError(f"not done after {4 * SECONDS} seconds")


def main(*command: str) -> int:
    """Try the program that `command` starts; 0 if every step worked."""
    signal.signal(signal.SIGALRM, give_up)  # a read that never ends is a failure too
    signal.alarm(4 * SECONDS)
    words = [str(Path(word).absolute()) if Path(word).exists() else word for word in command]
    with tempfile.TemporaryDirectory(prefix="rsachat-smoke-") as folder:
        try:
            Trial(words, Path(folder)).everything()
        except (SmokeError, OSError, subprocess.TimeoutExpired) as error:
            print(f"{command[0]}: {error}", file=sys.stderr)
            return 1
    print(f"{command[0]}: version, help, keygen, server, chat and upload work")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
