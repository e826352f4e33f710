"""Every command on streams that are no friendly terminal: a pipe, nobody behind it, no colour."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rsachat.cli import COMMANDS
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site, until
from tests.support.terminal import Terminal
from tests.support.transcript import ENTRY, environment, rsachat
from tests.support.zygote import Zygote

LINES = {
    "server": "server --port 0 --log-file log",
    "client": "client --json",
    "authorize": "authorize bob-rsapub.pem",
    "revoke": "revoke bob --json",
    "invite": "invite zoe --address example.org",
    "join": "join SERVER --keys keys --code-file code --json",
    "upload": "upload a.txt",
    "verify-receipt": "verify-receipt a.receipt a.txt",
    "trust": "trust list --json",
    "completion": "completion bash",
    "keygen": "keygen",
}
"""A line of each command that ends well and writes to stdout; others have their name alone."""

ENDS = {"doctor": (0, 1)}  # 1 where it finds something


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    made = Zygote()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server, and a machine where everything that a command needs lies ready."""
    made = Site(tmp_path_factory.mktemp("streams"))
    made.serve("--workers", "1")
    folder = made.machine("desk")
    made.person("client", "alice")
    invite = ("invite", "carol", "--address", made.address, "-q")
    (folder / "code").write_text(rsachat(made.machine("server"), *invite).stdout)
    put_pair(folder / "keys", "server", "server")
    for name, key in (("client", "alice"), ("carol", "carol")):
        put_pair(folder / "keys", name, key)
    put_public(folder, "bob", "bob")
    pin = f"example.org:8000 {'a' * 51}q tofu 2026-11-24T09:51:57Z\n"
    (folder / "keys" / "known_servers").write_text(pin)
    (folder / "a.txt").write_text("one file")
    send = ("upload", "a.txt", "--name", "client", "--receipt", "a.receipt")
    assert rsachat(folder, *send, "--server", made.address).code == 0
    yield made
    made.clean_up()


@pytest.fixture
def desk(site: Site) -> Path:
    """The folder in which a command runs; what one of them takes away is there again."""
    folder = site.machine("desk")
    put_public(folder / "keys", "bob", "bob")
    (folder / "log").write_text("")
    shutil.rmtree(folder / "keys" / "revoked", ignore_errors=True)
    return folder


def words_of(name: str, site: Site) -> list[str]:
    return shlex.split(LINES.get(name, name).replace("SERVER", site.address))


def settings(site: Site, **more: str) -> dict[str, str]:
    return {"RSACHAT_SERVER": site.address, "TERM": "xterm-256color"} | more


SHORT = [name for name in COMMANDS if name not in ("server", "demo")]
each = pytest.mark.parametrize(
    "name", [*SHORT, "server", pytest.param("demo", marks=pytest.mark.long)]
)


@each
def test_nothing_behind_a_pipe_but_text(site: Site, desk: Path, zygote: Zygote, name: str) -> None:
    """Neither colour nor a cursor's movement, though the terminal could do both."""
    process = zygote.fork(words_of(name, site), desk, environment(desk, settings(site)))
    process.close_stdin()
    if name == "server":
        until(lambda: process.stdout)
        process.signal(signal.SIGTERM)
    assert process.wait() in ENDS.get(name, (0,)), process.stderr
    assert process.stdout
    assert "\x1b" not in "".join((*process.stdout, *process.stderr))


@each
def test_nobody_behind_the_pipe(site: Site, desk: Path, name: str) -> None:
    """`| head -0`: no traceback, not even from the interpreter's end, and no error."""
    reading, writing = os.pipe()
    os.close(reading)
    process = Process(desk, *words_of(name, site), env=settings(site), stdin=False, stdout=writing)
    os.close(writing)
    with process:
        if name == "server":
            until(lambda: "listening" in (desk / "log").read_text())
            process.signal(signal.SIGTERM)
        assert process.wait() in ENDS.get(name, (0,)), process.errors
        for word in ("Traceback", "Exception", "Error", "Broken pipe"):
            assert word not in process.errors


@each
def test_a_stdout_that_is_closed(site: Site, desk: Path, name: str) -> None:
    """`>&-`: as if it were /dev/null, and no file or socket that is opened takes its place."""
    line = shlex.join([sys.executable, str(ENTRY), *words_of(name, site)])
    env = environment(desk, settings(site))
    done = subprocess.Popen(
        ["sh", "-c", f"exec {line} <&- >&-"], cwd=desk, env=env, stderr=subprocess.PIPE, text=True
    )
    with done:
        if name == "server":
            until(lambda: "listening" in (desk / "log").read_text())
            done.terminate()
        errors = done.communicate(timeout=30)[1]
        assert done.returncode in ENDS.get(name, (0,)), errors
        for word in ("Traceback", "internal error", "Bad file descriptor"):
            assert word not in errors


@pytest.mark.parametrize("name", [name for name in SHORT if name != "client"])
def test_a_terminal_without_colour(site: Site, desk: Path, name: str) -> None:
    """The screens of server and client have tests of their own (test_terminal.py)."""
    env = settings(site, NO_COLOR="1", HOME=str(desk))
    with Terminal([str(ENTRY), *words_of(name, site)], environ=env, folder=desk) as terminal:
        assert terminal.wait() in ENDS.get(name, (0,)), terminal.lines
        assert b"\x1b" not in terminal.raw


def taken(process: Process) -> bool:
    """Whether nothing of what was written to its stdin is left in the pipe."""
    return not struct.unpack("i", fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)))[0]


WAITING = {
    "server": ("server --port 0", "listening", 0),
    "client": ("client --listen", "connected", 0),
    "authorize": ("authorize - --name zoe", "", 130),
    "join": ("join SERVER --keys keys --code-file -", "", 130),
    "upload": ("upload - --as piped", "reading standard input", 130),
    "trust": ("trust replace SILENT --name client", "", 130),
}
"""What waits for somebody; what it says by then; its exit code after a signal."""


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long)]
)
@pytest.mark.parametrize("name", WAITING)
def test_a_signal_ends_what_waits(
    site: Site, desk: Path, name: str, number: signal.Signals
) -> None:
    if (name, number) == ("server", signal.SIGHUP):
        pytest.skip("off a terminal it opens the log anew: tests/ui/test_log_file.py")
    line, said, code = WAITING[name]
    with ExitStack() as ends:
        silent = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        line = line.replace("SILENT", f"127.0.0.1:{silent.getsockname()[1]}")
        words = shlex.split(line.replace("SERVER", site.address))
        with Process(desk, *words, env=settings(site)) as process:
            if name == "trust":
                conn, _ = silent.accept()
                ends.enter_context(conn)
                conn.recv(1)
            elif said:
                until(lambda: said in "".join((*process.stdout, *process.stderr)))
            else:
                process.write("the beginning")
                until(lambda: taken(process))
            process.signal(number)
            assert process.wait() == code, process.errors
            assert "Traceback" not in process.errors
            assert (process.errors.count("interrupted") > 0) == (code == 130)
