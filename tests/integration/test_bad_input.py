"""Whatever is wrong, a person reads what, why and what to do; nothing is lost or left behind.

Transcripts: the command, its exit code, stdout and stderr. Each case runs in a folder of its
own, and what lay there before lies there after.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public
from tests.support.program import EXECUTABLE, Process, Site, command_line, until
from tests.support.transcript import ROOT, Outcome, environment

HUMBLE = ROOT / "tests" / "support" / "humble.py"
NOBODY = "127.0.0.1:1"
Prepare = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """A command line, what is prepared for it, and what it has to say."""

    words: str
    code: int
    what: str
    why: str = ""
    hint: str = ""
    prepare: Prepare | None = None
    env: tuple[tuple[str, str], ...] = ()


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> Outcome:
    """Run it without a terminal, and without what root may do to files."""
    done = subprocess.run(
        [sys.executable, str(HUMBLE), *command_line(), *words],
        cwd=folder,
        env=environment(folder, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        start_new_session=True,
        check=False,
    )
    return Outcome(done.stdout, done.stderr, done.returncode)


def check(outcome: Outcome, case: Case) -> None:
    """Three parts on stderr and nothing else: no traceback, no control character."""
    assert outcome.code == case.code, outcome
    what, *rest = outcome.stderr.splitlines()
    assert what.startswith(f"rsachat: {case.what}"), outcome.stderr
    assert case.why in "\n".join(rest[:-1]), outcome.stderr
    assert rest[-1].startswith("hint: "), outcome.stderr
    assert case.hint in rest[-1]
    assert "Traceback" not in outcome.stderr
    assert all(c.isprintable() or c == "\n" for c in outcome.stderr)


def tree(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder; None for what is no file, or cannot be read."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and os.access(path, os.R_OK)
        else None
        for path in folder.rglob("*")
    }


def own(folder: Path) -> Path:
    """Alice's pair as `client`, and the server's key."""
    put_pair(folder / "keys", "client", "alice")
    put_public(folder / "keys", "server", "server")
    return folder / "keys"


def with_private(data: Callable[[], bytes], mode: int = 0o600) -> Prepare:
    def prepare(folder: Path) -> None:
        path = own(folder) / "client-rsapvt.pem"
        path.write_bytes(data())
        path.chmod(mode)

    return prepare


def with_file(name: str, data: bytes = b"", mode: int = 0o644) -> Prepare:
    def prepare(folder: Path) -> None:
        own(folder)
        put_private(folder / "keys", "server", "server")
        path = folder / name
        path.write_bytes(data)
        path.chmod(mode)

    return prepare


def with_folder(name: str, mode: int = 0o755) -> Prepare:
    def prepare(folder: Path) -> None:
        own(folder)
        put_private(folder / "keys", "server", "server")
        (folder / name).mkdir()
        (folder / name).chmod(mode)

    return prepare


def foreign_half(folder: Path) -> None:
    put_public(own(folder), "client", "bob")


def fifo_key(folder: Path) -> None:
    path = own(folder) / "client-rsapvt.pem"
    path.unlink()
    os.mkfifo(path, 0o600)


def dangling_key(folder: Path) -> None:
    path = own(folder) / "client-rsapvt.pem"
    path.unlink()
    path.symlink_to("nowhere")


def several(folder: Path) -> None:
    put_pair(folder / "keys", "bob", "bob")
    put_pair(folder / "keys", "carol", "carol")


def closed_folder(folder: Path) -> None:
    own(folder).chmod(0o000)


def looping(folder: Path) -> None:
    own(folder)
    (folder / "loop").symlink_to("loop")


def a_fifo(folder: Path) -> None:
    own(folder)
    os.mkfifo(folder / "fifo")


def pem(password: str | None = None) -> Callable[[], bytes]:
    return lambda: keys.private("alice").to_pem(password)


PKCS1 = b"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"
CLIENT = f"client --server {NOBODY}"
NO_CLIENT = "no identity 'client' in ./keys"
KEYGEN = "rsachat keygen --password"

CASES = {
    # usage
    "unknown command": Case("servr", 2, "no command 'servr'", hint="rsachat server"),
    "unknown option": Case("server --prot 5", 2, "no place for --prot", hint="--port"),
    "no source": Case("upload", 2, "missing: SOURCE", hint="--help"),
    "bad port": Case("server --port abc", 2, "'abc' is no port", "0 to 65535", "8000"),
    "port too high": Case("client --server h:70000", 2, "'70000' is no port", "1 to 65535"),
    "bad address": Case("client --server h@x", 2, "'h@x' is no server address", hint="[::1]:8000"),
    "bad variable": Case(
        "client", 2, "':::' is no server address", env=(("RSACHAT_SERVER", ":::"),)
    ),
    "bad source port": Case("client --bind x", 2, "'x' is no port", hint="8000"),
    "bad recipient": Case("client --to !!", 2, "--to '!!' names nobody", hint="@name"),
    "bad fingerprint": Case(
        f"{CLIENT} --fingerprint abc", 2, "--fingerprint names no fingerprint", hint="rsachat keys"
    , prepare=own),
    "bad name": Case("client --name Bad!", 2, "'Bad!' is not a name", "1 to 32", "alice"),
    "the server's name": Case("client --name server", 2, "the identity 'server'", hint="--name"),
    "bad size": Case("server --max-file 4XB", 2, "--max-file: '4XB'", hint="--help"),
    "no worker": Case("server --workers 0", 2, "--workers: '0'", hint="--help"),
    "two names": Case("upload a b --as c", 2, "--as names a single file", hint="one by one"),
    "pipe without a name": Case("upload -", 2, "standard input has no name", hint="--as NAME"),
    "several identities": Case(
        "client", 2, "several identities lie in ./keys: bob, carol", hint="--name bob",
        prepare=several,
    ),
    # keys
    "no server key": Case("server", 5, "no identity 'server' in ./keys", hint=KEYGEN),
    "no client key": Case("client", 5, NO_CLIENT, hint=KEYGEN),
    "no uploader's key": Case(
        "upload a.txt", 5, NO_CLIENT, hint=KEYGEN,
        prepare=lambda folder: (folder / "a.txt").write_text("x"),
    ),
    "no such identity": Case(
        "client --name zoe", 5, "no identity 'zoe'", hint="rsachat keygen zoe", prepare=own
    ),
    "keys elsewhere": Case("client --keys /nope", 5, "no identity 'client' in /nope", hint=KEYGEN),
    "keys is a file": Case(
        "client --keys f", 5, "cannot look into the keys folder ./f", "Not a directory",
        prepare=lambda folder: (folder / "f").write_text("x"),
    ),
    "keys closed": Case(
        "client", 5, "cannot look into the keys folder ./keys", "Permission denied", "ls -ld",
        prepare=closed_folder,
    ),
    "keys closed, server": Case(
        "server", 5, "cannot look into the keys folder", "Permission", prepare=closed_folder
    ),
    "open to others": Case(
        CLIENT, 5, "the private key ./keys/client-rsapvt.pem is open to others", "0644",
        "chmod 600 ./keys/client-rsapvt.pem", prepare=with_private(pem(), 0o644),
    ),
    "unreadable": Case(
        CLIENT, 5, "cannot read ./keys/client-rsapvt.pem", "Permission denied", "ls -ld",
        prepare=with_private(pem(), 0o000),
    ),
    "garbage": Case(
        CLIENT, 5, "./keys/client-rsapvt.pem is not usable", "no private key", "keygen --force",
        prepare=with_private(lambda: b"garbage"),
    ),
    "half a key": Case(
        CLIENT, 5, "./keys/client-rsapvt.pem is not usable", "damaged", "keygen --force",
        prepare=with_private(lambda: pem()()[:900]),
    ),
    "a public key": Case(
        CLIENT, 5, "./keys/client-rsapvt.pem is not usable", "no private key",
        prepare=with_private(lambda: keys.public("alice").to_pem()),
    ),
    "another form": Case(
        CLIENT, 5, "./keys/client-rsapvt.pem is not usable", "PKCS#8", "ssh-keygen -p -m PKCS8",
        prepare=with_private(lambda: PKCS1),
    ),
    "too big": Case(
        CLIENT, 5, "./keys/client-rsapvt.pem is too big", "bytes",
        prepare=with_private(lambda: bytes(1 << 20)),
    ),
    "a fifo": Case(CLIENT, 5, "./keys/client-rsapvt.pem is not a file", prepare=fifo_key),
    "a link to nothing": Case(
        CLIENT, 5, "cannot read ./keys/client-rsapvt.pem", "No such file", prepare=dangling_key
    ),
    "a foreign public half": Case(
        CLIENT, 5, "./keys/client-rsapub.pem is not the public half of", hint="restore",
        prepare=foreign_half,
    ),
    "a damaged public half": Case(
        CLIENT, 5, "./keys/client-rsapub.pem is not the public half of", "no public key",
        hint="make it again: rsachat keygen client",
        prepare=lambda folder: (own(folder) / "client-rsapub.pem").write_text("x"),
    ),
    "a damaged server key": Case(
        CLIENT, 5, "./keys/server-rsapub.pem is not usable", "no public key",
        prepare=lambda folder: (own(folder) / "server-rsapub.pem").write_text("ssh-rsa AAAA"),
    ),
    "a damaged pin": Case(
        CLIENT, 5, "line 1 of ./keys/known_servers is damaged", hint="correct the line",
        prepare=lambda folder: (own(folder) / "known_servers").write_text("garbage\n"),
    ),
    "an unreadable pin": Case(
        CLIENT, 5, "cannot read ./keys/known_servers", "Permission",
        prepare=with_file("keys/known_servers", mode=0o000),
    ),
    "no --server-key": Case(
        f"{CLIENT} --server-key nope", 5, "cannot read ./nope", "No such file", "check the path",
        prepare=own,
    ),
    # passwords
    "nobody to ask": Case(
        CLIENT, 5, "a password is needed for ./keys/client-rsapvt.pem", "no terminal",
        "--password-file", prepare=with_private(pem("hush")),
    ),
    "wrong in the variable": Case(
        CLIENT, 5, "wrong password for ./keys/client-rsapvt.pem", "altered", "$RSACHAT_PASSWORD",
        prepare=with_private(pem("hush")), env=(("RSACHAT_PASSWORD", "no"),),
    ),
    "no password file": Case(
        f"{CLIENT} --password-file nope", 5, "cannot read the password file nope", "No such file",
        "check the path", prepare=with_private(pem("hush")),
    ),
    "keygen without a terminal": Case(
        "keygen --password", 5, "a password is needed", "no terminal", "--password-file"
    ),
    # keygen
    "not 3072 or 4096": Case("keygen --bits 1024", 2, "--bits takes no '1024'", "3072 or 4096",
        "--help",
    ),
    "keygen in a closed folder": Case(
        "keygen bob", 1, "cannot write ./keys/bob-rsapvt.pem", "Permission denied", "ls -ld",
        prepare=with_folder("keys/inner"),  # replaced below by a folder without the right
    ),
    "another's public key": Case(
        "keygen bob", 1, "./keys/bob-rsapub.pem is another's key", "take its place", "another name",
        prepare=lambda folder: put_public(folder / "keys", "bob", "bob"),
    ),
    # the server's start
    "not our address": Case(
        "server --host 192.0.2.1", 1, "cannot listen on 192.0.2.1:8000", "does not have", "--host",
        prepare=with_file("x"),
    ),
    "uploads is a file": Case(
        "server --uploads x", 1, "cannot store files in x", "File exists", "--uploads DIR",
        prepare=with_file("x"),
    ),
    "uploads unwritable": Case(
        "server --uploads up", 1, "cannot store files in up", "may not write", "--uploads DIR",
        prepare=with_folder("up", 0o500),
    ),
    "log unwritable": Case(
        "server --port 0 --log-file no/log", 1, "cannot write the log file no/log", "No such file",
        "--log-file", prepare=with_folder("up"),
    ),
    # connecting
    "nobody listens": Case(
        CLIENT, 3, f"cannot connect to {NOBODY}", "nothing listens there", "address", prepare=own
    ),
    "no such host": Case(
        "client --server no.invalid", 3, "cannot connect to no.invalid:8000", "unknown host",
        "address", prepare=own,
    ),
    "not our source": Case(
        f"{CLIENT} --bind 192.0.2.1:5", 1, "cannot use", "does not have", "--bind", prepare=own
    ),
    # sources
    "absent source": Case("upload no", 1, "cannot read no", "No such file", "check", prepare=own),
    "empty word": Case("upload ''", 2, "a SOURCE is empty", hint="unset"),
    "a folder": Case("upload keys", 1, "cannot read keys", "it is a folder", "tar", prepare=own),
    "a pipe by name": Case(
        "upload fifo", 1, "cannot read fifo", "no regular file", "upload -", prepare=a_fifo
    ),
    "a device": Case(
        "upload /dev/zero", 1, "cannot read /dev/zero", "no regular file", prepare=own
    ),
    "a looping link": Case(
        "upload loop", 1, "cannot read loop", "symbolic links", "ls -l", prepare=looping
    ),
    "no right to read": Case(
        "upload secret", 1, "cannot read secret", "Permission denied", "ls -ld",
        prepare=with_file("secret", mode=0o000),
    ),
}  # fmt: skip


def words_of(case: Case) -> list[str]:
    return ["" if word == "''" else word for word in case.words.split()]


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_in_three_parts(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    if case.prepare is not None:
        case.prepare(tmp_path)
    if name == "keygen in a closed folder":
        (tmp_path / "keys").chmod(0o500)
    before = tree(tmp_path)
    outcome = run(tmp_path, *words_of(case), env=dict(case.env))
    check(outcome, case)
    assert outcome.stdout == ""
    after = tree(tmp_path)
    after.pop("uploads", None)  # the server's own folder, made and empty
    assert after == before
    for path in tmp_path.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)


# a server that runs


@pytest.fixture
def alice(site: Site) -> Path:
    site.person("alice")
    (site.machine("alice") / "a.txt").write_text("one file")
    site.serve()
    return site.machine("alice")


def test_strangers_and_changed_keys_are_exit_4(site: Site, alice: Path) -> None:
    put_pair(site.keys_of("carol"), "carol", "carol")
    folder = site.machine("carol")
    (folder / "a.txt").write_text("x")
    client = ["client", "--server", site.address]
    upload = ["upload", "a.txt", "--server", site.address]
    first = Case("", 4, f"the server {site.address} is not known here", "its key is", "--fingerpr")
    check(run(folder, *client), first)
    put_public(site.keys_of("carol"), "server", "server")
    stranger = Case("", 4, f"cannot log in at {site.address}", "not authorized", "who runs")
    check(run(folder, *upload), stranger)
    put_public(site.keys_of("carol"), "server", "bob")
    changed = Case("", 4, f"the key of the server {site.address} has changed", "nothing was sent")
    for words in (client, upload):
        check(run(folder, *words), changed)
    other = str(alice / "keys" / "alice-rsapub.pem")
    assert run(alice, *client, "--server-key", other).code == 4
    assert not (site.keys_of("carol") / "known_servers").exists()


def test_a_port_that_is_taken_is_said_on_both_sides(site: Site, alice: Path) -> None:
    port = site.address.rsplit(":", 1)[1]
    taken = Case("", 1, f"cannot listen on {site.address}", "taken", "--port")
    check(run(site.machine("server"), "server", "--port", port), taken)
    bound = Case("", 1, f"cannot use port {port}", "has that port", "--bind")
    check(run(alice, "client", "--server", site.address, "--bind", port), bound)


def test_what_cannot_be_sent_does_not_stop_the_rest(site: Site, alice: Path) -> None:
    (alice / "sparse").touch()
    os.truncate(alice / "sparse", 65 << 20)
    words = ["upload", "absent", "keys", "sparse", "a.txt", "--json", "--server", site.address]
    outcome = run(alice, *words)
    assert outcome.code == 1
    events = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [(event["event"], event["source"]) for event in events] == [
        ("upload-failed", "absent"),
        ("upload-failed", "keys"),
        ("upload-failed", "sparse"),
        ("upload-done", "a.txt"),
    ]
    assert outcome.stderr.count("rsachat: ") == outcome.stderr.count("hint: ") == 3
    assert not list(site.machine("server").rglob("*.part"))
    assert not list((alice / "keys").rglob("*.tmp"))


def test_texts_that_reach_nobody_are_named(site: Site, alice: Path) -> None:
    writer = site.start("alice", "client", "--to", "zoe", "--server", site.address)
    writer.write("one", "two")
    writer.close_stdin()
    assert writer.wait() == 1
    assert writer.errors.count("not connected") == 2
    assert "one" in writer.errors
    assert "two" in writer.errors
    assert writer.errors.endswith(
        "rsachat: 2 messages not delivered\nhint: each is named above, with the reason\n"
    )


@pytest.mark.parametrize("full", [True, False])
def test_an_output_that_nobody_takes(site: Site, alice: Path, full: bool) -> None:
    """A full disk behind stdout is an error, a reader that went away is none."""
    reading, writing = os.pipe()
    os.close(reading)
    stdout = os.open("/dev/full", os.O_WRONLY) if full else writing
    sender = site.start("alice", "upload", "a.txt", "--server", site.address, stdout=stdout)
    assert sender.wait() == (1 if full else 0)
    assert sender.errors.startswith("rsachat: cannot write to standard output" if full else "")
    assert "Traceback" not in sender.errors
    assert "Exception" not in sender.errors
    listener = site.start(
        "alice", "client", "--json", "--listen", "--server", site.address, stdout=stdout
    )
    assert listener.wait() == (1 if full else 0)
    assert "Traceback" not in listener.errors
    assert (site.machine("server") / "uploads" / "alice" / "a.txt").read_text() == "one file"
    os.close(writing)
    if full:
        os.close(stdout)


# what answers is no server, or is cut off


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Something listens and does `answer` with each connection; its address."""

    def serve() -> None:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            with conn:
                answer(conn)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def http(conn: socket.socket) -> None:
    conn.recv(100)
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def reset(conn: socket.socket) -> None:
    conn.recv(1)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ANSWERS: dict[str, Callable[[socket.socket], object]] = {
    "http": http,
    "ssh": lambda conn: conn.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "noise": lambda conn: conn.sendall(os.urandom(5000)),
    "nothing": lambda conn: None,
    "reset": reset,
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("known", [True, False])
def test_what_answers_is_no_rsachat_server(tmp_path: Path, answer: str, known: bool) -> None:
    keys_folder = own(tmp_path)
    if not known:
        (keys_folder / "server-rsapub.pem").unlink()
    (tmp_path / "a.txt").write_text("x")
    before = tree(tmp_path)
    with answering(ANSWERS[answer]) as address:
        outcome = run(tmp_path, "client" if known else "upload a.txt".split()[0],
                      *([] if known else ["a.txt"]), "--server", address)  # fmt: skip
    check(outcome, Case("", 3, "cannot "))
    assert tree(tmp_path) == before


def relay(target: str, limit: int) -> Callable[[socket.socket], None]:
    """Passes bytes on, both ways, and cuts both off after `limit` bytes from the server."""
    host, port = target.rsplit(":", 1)

    def answer(conn: socket.socket) -> None:
        with socket.create_connection((host, int(port))) as server:
            threading.Thread(target=_pump, args=(conn, server), daemon=True).start()
            left = limit
            while left and (data := server.recv(min(left, 4096))):
                left -= len(data)
                conn.sendall(data)
            conn.shutdown(socket.SHUT_RDWR)

    return answer


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(4096):
            sink.sendall(data)
    except OSError:
        return


@pytest.mark.parametrize("limit", [1, 700, 1300, 1700])
def test_a_login_that_is_cut_off_is_a_lost_connection(site: Site, alice: Path, limit: int) -> None:
    with answering(relay(site.address, limit)) as address:
        chat = run(alice, "client", "--listen", "--server", address)
        sending = run(alice, "upload", "a.txt", "--no-retry", "--server", address)
    for outcome in (chat, sending):
        assert outcome.code == 3
        assert "\nhint: " in outcome.stderr
        assert "Traceback" not in outcome.stderr
    again = run(alice, "upload", "a.txt", "--server", site.address)
    assert again.code == 0
    assert not list((alice / "keys").rglob("*.tmp"))
    assert not list(site.machine("server").rglob("*.part"))


# disks


def fill(process: Process, size: int) -> None:
    """From now on no file of this program grows beyond `size` bytes: its writes fail."""
    for pid in (process.pid, *process.children()):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_disk_that_takes_no_more_is_said_and_survived(site: Site, alice: Path) -> None:
    """S29: the sender hears why, the server lives, chat goes on, nothing half is in sight."""
    (server,) = site.processes
    talker, listener = site.client("alice"), site.client("alice")
    fill(server, 20_000)
    (alice / "big").write_bytes(os.urandom(60_000))
    outcome = run(alice, "upload", "big", "a.txt", "--server", site.address)
    check(Outcome("", outcome.stderr, outcome.code), Case("", 1, "big was not uploaded", "store"))
    assert "a.txt" in outcome.stdout
    failed = server.event("upload-failed")
    assert failed["reason"]
    talker.write(f"{listener.address}/still talking")
    assert listener.event("message")["text"] == "still talking"
    uploads = site.machine("server") / "uploads"
    assert not (uploads / "alice" / "big").exists()
    fill(server, resource.RLIM_INFINITY)
    assert run(alice, "upload", "big", "--server", site.address).code == 0
    assert (uploads / "alice" / "big").read_bytes() == (alice / "big").read_bytes()


def test_a_small_disk_that_fills_up(site: Site) -> None:
    """S29 on a real file system, where one can be mounted."""
    uploads = site.machine("server") / "uploads"
    uploads.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=70m", "tmpfs", uploads],
        capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("no right to mount")
    try:
        site.person("alice")
        folder = site.machine("alice")
        (folder / "big").write_bytes(os.urandom(120_000))
        server = site.serve()
        sender = site.start("alice", "upload", "big", "--server", site.address)
        until(lambda: list(uploads.glob(".parts/*/*.part")))
        stat = os.statvfs(uploads)
        with open(uploads / "ballast", "wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, stat.f_bavail * stat.f_frsize)
        assert sender.wait() == 1
        assert "big was not uploaded" in sender.errors
        assert server.event("upload-failed")["reason"]
        refused = run(folder, "upload", "big", "--server", site.address)
        check(refused, Case("", 1, "big was not uploaded", "disk is full"))
        (uploads / "ballast").unlink()
        assert run(folder, "upload", "big", "--server", site.address).code == 0
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    finally:
        site.clean_up()
        subprocess.run(["umount", uploads], check=True)


@pytest.mark.skipif(bool(EXECUTABLE), reason="an executable has to unpack itself first")
@pytest.mark.parametrize("words", [("keygen", "zoe"), ("keys", "passwd", "client")])
def test_a_keys_folder_on_a_full_disk_keeps_what_it_has(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    own(tmp_path)
    (tmp_path / "pw").write_text("hush\n")
    before = tree(tmp_path)
    option = ["--new-password-file", "pw"] if words[0] == "keys" else []
    # Python would keep what it compiles, cut at the limit, for all that come after.
    uncached = {"PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.run(
        [*command_line(), *words, *option],
        cwd=tmp_path,
        env=environment(tmp_path, uncached),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
        check=False,
    )
    outcome = Outcome(process.stdout, process.stderr, process.returncode)
    check(outcome, Case("", 1, "cannot write ./keys/", "File too large", "ulimit"))
    assert tree(tmp_path) == before


def test_a_client_that_cannot_remember_says_so_and_talks(site: Site, alice: Path) -> None:
    """A keys folder without the right to write: pins are not kept, and that is said."""
    site.person("bob")
    bob = site.client("bob")
    folder = site.keys_of("alice")
    folder.chmod(0o500)
    try:
        talker = subprocess.run(
            [sys.executable, str(HUMBLE), *command_line(), "client", "--to", "bob", "--server",
             site.address],
            cwd=alice, env=environment(alice), input="hello\n", capture_output=True, text=True,
            start_new_session=True, timeout=50, check=False,
        )  # fmt: skip
    finally:
        folder.chmod(0o700)
    assert "Traceback" not in talker.stderr
    if talker.returncode == 0:
        assert bob.event("message")["text"] == "hello"
    assert "remember" in talker.stderr or "cannot write" in talker.stderr
