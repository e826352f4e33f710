"""S24: no secret on a command line, in an environment, in a traceback or another output."""

from __future__ import annotations

import base64
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rsachat.cli import COMMANDS
from tests.support import keys
from tests.support.keyfolder import put_pair
from tests.support.program import EXECUTABLE, Process, Site
from tests.support.terminal import Terminal
from tests.support.transcript import ENTRY, rsachat

PASSWORD = "a-secret-that-nobody-tells"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def lock(folder: Path, name: str, key: str) -> None:
    """Put the private key of `name` under the password."""
    (folder / f"{name}-rsapvt.pem").write_bytes(keys.private(key).to_pem(PASSWORD))


def secrets_of(*names: str) -> list[bytes]:
    """The password, and each key's private part in every form that it could leak in."""
    found = [PASSWORD.encode()]
    for name in names:
        der = keys.private(name).to_der()
        inner = der[len(der) // 2 :][:48]  # beyond the public half
        pem = b"".join(keys.private(name).to_pem(None).splitlines()[1:-1])
        found += [inner, inner.hex().encode(), base64.b64encode(inner)[4:-4], pem[800:880]]
    return found


class Watch:
    """Reads what /proc shows of a process and of its children, over and over.

    A child between fork and exec is still a copy of its parent, and is left out.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self.seen: set[tuple[int, str, bytes]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over.is_set():
            command = self._read(self._process.pid, "cmdline")
            self.seen.add((self._process.pid, "cmdline", command))
            for pid in self._children():
                own = self._read(pid, "cmdline")
                if own not in (b"", command):
                    self.seen |= {
                        (pid, "cmdline", own),
                        (pid, "environ", self._read(pid, "environ")),
                    }
            time.sleep(0.02)

    def _children(self) -> list[int]:
        """An executable is two processes; its inner one is the program and no child of it."""
        return self._process.workers() if EXECUTABLE else self._process.children()

    @staticmethod
    def _read(pid: int, name: str) -> bytes:
        try:
            return Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:
            return b""

    @property
    def children(self) -> set[int]:
        return {pid for pid, _, _ in self.seen} - {self._process.pid}

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def nothing_shown(process: Process, secrets: list[bytes], *, children: bool) -> Iterator[None]:
    """Neither /proc nor the outputs show a secret while the block runs."""
    with Watch(process) as watch:
        yield
        time.sleep(0.05)
    assert bool(watch.children) == children
    told = "".join(process.stdout + process.stderr).encode()
    for secret in secrets:
        assert secret not in told
        shown = [entry for entry in watch.seen if secret in entry[2]]
        assert not shown, [entry for entry in watch.seen if entry[0] == shown[0][0]]


def test_server_client_and_upload_show_nothing(site: Site, tmp_path: Path) -> None:
    """Each gets its password by the environment, which is not its children's."""
    site.person("alice")
    put_pair(site.keys_of("server"), "server", "server")
    lock(site.keys_of("server"), "server", "server")
    lock(site.keys_of("alice"), "alice", "alice")
    (site.machine("alice") / "big").write_bytes(bytes(50_000))
    given = {"RSACHAT_PASSWORD": PASSWORD}
    secrets = secrets_of("server", "alice")
    server = site.start("server", "server", "--port", "0", "--json", "--debug", env=given)
    with nothing_shown(server, secrets, children=True):
        site.address = server.event("listening")["address"]
        sender = site.start(
            "alice", "upload", "big", "--debug", "--server", site.address, env=given
        )
        with nothing_shown(sender, secrets, children=True):
            assert sender.wait() == 0
        words = ("client", "--server", site.address, "--json", "--debug", "--listen")
        talker = site.start("alice", *words, env=given)
        with nothing_shown(talker, secrets, children=False):
            talker.event("connected")
            talker.write("@alice to oneself")
            talker.event("undelivered")


def test_a_password_file_and_keygen_show_nothing(site: Site) -> None:
    folder = site.machine("new")
    (folder / "pw").write_text(f"{PASSWORD}\n")
    maker = site.start("new", "keygen", "zoe", "--password-file", "pw", "--password", "--debug")
    with nothing_shown(maker, [PASSWORD.encode()], children=False):
        assert maker.wait(50) == 0
    assert b"ENCRYPTED" in (folder / "keys" / "zoe-rsapvt.pem").read_bytes()
    assert not [p for p in folder.rglob("*") if p.name != "pw" and _holds(p, PASSWORD.encode())]


def _holds(path: Path, secret: bytes) -> bool:
    return path.is_file() and secret in path.read_bytes()


@pytest.mark.parametrize("command", ["client", "server --port 0", "upload a.txt"])
def test_debug_tracebacks_hold_no_secret(tmp_path: Path, command: str) -> None:
    """A wrong password, and a right one with a failure behind it."""
    put_pair(tmp_path / "keys", "client", "alice")
    put_pair(tmp_path / "keys", "server", "server")
    (tmp_path / "a.txt").write_text("x")
    for name, key in (("client", "alice"), ("server", "server")):
        lock(tmp_path / "keys", name, key)
    words = [*command.split(), "--debug"]
    failing = ["--host", "192.0.2.1"] if "server" in command else ["--server", "127.0.0.1:1"]
    for given in (PASSWORD[::-1], PASSWORD):
        outcome = rsachat(tmp_path, *words, *failing, env={"RSACHAT_PASSWORD": given})
        assert outcome.code == ((1 if "server" in command else 3) if given == PASSWORD else 5)
        if given != PASSWORD:
            assert "Traceback" in outcome.stderr
        for secret in [given.encode(), *secrets_of("alice", "server")]:
            assert secret not in (outcome.stdout + outcome.stderr).encode()


def test_a_typed_password_is_nowhere(tmp_path: Path) -> None:
    """Typed at the terminal: not shown, not in /proc, not in the error that follows."""
    put_pair(tmp_path / "keys", "client", "alice")
    lock(tmp_path / "keys", "client", "alice")
    words = [str(ENTRY), "client", "--server", "127.0.0.1:1", "--server-key",
             "keys/client-rsapub.pem", "--debug"]  # fmt: skip
    with Terminal(words, environ={"HOME": str(tmp_path)}, folder=tmp_path) as seat:
        seat.until_text("password for")
        seat.type(f"{PASSWORD}\r")
        assert seat.wait() == 3
        assert b"Traceback" in seat.raw
        assert PASSWORD.encode() not in seat.raw


def test_no_option_takes_a_password_as_its_value(tmp_path: Path) -> None:
    """What is about secrets names a file, or takes nothing: `--password` says "ask me"."""
    for name in COMMANDS:
        text = rsachat(tmp_path, name, "--help").stdout.partition("examples:")[0]
        values = re.findall(r"--[a-z-]*(?:password|secret|code)[a-z-]*( [A-Z]+)?", text)
        assert set(values) <= {"", " FILE"}
