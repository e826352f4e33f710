"""The program on a real terminal: questions, screens, ends; its settings are given back (S10)."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from rsachat.crypto.fingerprint import fingerprint_text
from tests.support import keys
from tests.support.keyfolder import put_pair
from tests.support.program import EXECUTABLE, Site, command_line, until
from tests.support.terminal import Terminal

pytestmark = pytest.mark.slow

SGR_COLOUR = re.compile(rb"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|9[0-7])[0-9;]*m")


class Seat(Terminal):
    """A person at a terminal on one machine of the site."""

    def __init__(
        self,
        site: Site,
        machine: str,
        *words: str,
        columns: int = 90,
        environ: dict[str, str] | None = None,
    ) -> None:
        python, *entry = command_line() if len(command_line()) > 1 else [sys.executable, "-c", RUN]
        assert python == sys.executable
        folder = site.machine(machine)
        extra = {"HOME": str(folder)} | (environ or {})
        super().__init__([*entry, *words], columns=columns, environ=extra, folder=folder)

    def ended(self, code: int) -> str:
        """Everything seen, once it has ended with `code` and the terminal is as it was."""
        assert self.wait() == code, "\n".join(self.lines)
        assert self.stty() == self.settings
        text = "\n".join(line for line in self.lines if line)
        assert "Traceback" not in text
        return text


RUN = f"import os, sys; os.execv({command_line()[0]!r}, [{command_line()[0]!r}, *sys.argv[1:]])"


@pytest.fixture
def chat(site: Site) -> Iterator[Seat]:
    """Alice at a terminal in a chat with a running server."""
    site.person("alice")
    site.person("bob")
    site.serve()
    with Seat(site, "alice", "client", "--server", site.address, "--no-bell") as seat:
        seat.until_text("to leave")
        seat.until(lambda: any(line.startswith(">") for line in seat.screen.display))
        yield seat


def server_of(site: Site) -> Any:
    return site.processes[0]


def test_a_message_arrives_above_the_line_being_typed(site: Site, chat: Seat) -> None:
    bob = site.client("bob")
    chat.type("@bob half")
    chat.until_text("> @bob half")
    bob.write("@alice good morning")
    chat.until_text(": good morning")
    chat.until_text("> @bob half")
    chat.type(" and whole\r")
    assert bob.event("message")["text"] == "half and whole"
    chat.until_text("you → @bob: half and whole  delivered")
    chat.type("quit\r")
    chat.ended(0)


def test_what_cannot_be_sent_comes_back_for_editing(chat: Seat) -> None:
    chat.type("nobody is chosen\r")
    chat.until_text("not sent: nobody is chosen")
    chat.until_text("> nobody is chosen")
    chat.type("\x15@carol are you there?\r")
    chat.until_text("not connected")
    chat.until_text("> @carol are you there?")
    chat.type("\x03")
    chat.ended(0)


def test_a_server_killed_while_typing_leaves_the_half_line(site: Site, chat: Seat) -> None:
    chat.type("half a thou")
    chat.until_text("> half a thou")
    server_of(site).kill()
    text = chat.ended(3)
    assert "> half a thou" in text
    assert "rsachat: the connection to" in text
    assert "hint:" in text
    assert text.count("was lost") + text.count("without a goodbye") <= 2


def test_a_half_typed_line_outlives_a_reconnection(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    port = site.address.rsplit(":", 1)[1]
    words = ("client", "--server", site.address, "--no-bell", "--reconnect")
    with Seat(site, "alice", *words) as chat:
        chat.until_text("to leave")
        chat.type("half a thou")
        chat.until_text("> half a thou")
        server.kill()
        chat.until(lambda: re.search(r"not connected, trying again in \ds", bottom(chat)))
        chat.type("ght")
        chat.until_text("> half a thought")
        site.serve(port=port)
        chat.until_text("connected again to", 30)
        chat.until(lambda: bottom(chat).startswith(f"server {site.address} •"))
        chat.until_text("> half a thought")
        chat.type("\x03")
        chat.ended(0)


def bottom(seat: Seat) -> str:
    """The last row with anything on it: the status."""
    return [line for line in seat.screen.display if line.strip()][-1]


def test_a_server_that_says_goodbye_ends_the_screen(site: Site, chat: Seat) -> None:
    chat.type("half")
    server_of(site).signal(signal.SIGINT)
    text = chat.ended(0)
    assert "server closed the chat" in text
    assert "hint:" not in text


@pytest.mark.parametrize("way", ["\x03", "\x04", signal.SIGTERM, signal.SIGHUP])
def test_every_way_out_of_the_chat_is_done(site: Site, chat: Seat, way: Any) -> None:
    if isinstance(way, str):
        chat.type(way)
    else:
        chat.child.kill(way)
    chat.ended(0)
    assert server_of(site).event("disconnected")["reason"] == "quit"


def test_ctrl_c_before_anything_answers_interrupts(site: Site) -> None:
    """Something listens and says nothing: the program can still be stopped."""
    site.person("alice")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with Seat(site, "alice", "client", "--server", address) as seat:
            conn, _ = silent.accept()
            with conn:
                seat.read(0.5)
                seat.type("\x03")
                seat.ended(130)


def test_narrow_and_without_colour(site: Site) -> None:
    site.person("alice")
    site.serve()
    seat = Seat(
        site, "alice", "client", "--server", site.address, columns=40, environ={"NO_COLOR": "1"}
    )
    with seat:
        seat.until_text("to leave")
        seat.type("a line that is longer than the terminal is wide\r")
        seat.until_text("not sent")
        seat.type("\x03")
        seat.ended(0)
        assert not SGR_COLOUR.search(bytes(seat.raw))


def test_a_dumb_terminal_gets_plain_lines(site: Site) -> None:
    site.person("alice")
    site.serve()
    seat = Seat(site, "alice", "client", "--server", site.address, environ={"TERM": "dumb"})
    with seat:
        seat.until_text("to leave")
        seat.type("quit\n")
        seat.ended(0)
        assert b"\x1b" not in seat.raw


# questions


@pytest.fixture
def locked(site: Site) -> str:
    """Alice's key under the password "hush hush", and a running server; its address."""
    site.person("alice")
    folder = site.keys_of("alice")
    (folder / "alice-rsapvt.pem").write_bytes(keys.private("alice").to_pem("hush hush"))
    site.serve()
    return site.address


def test_a_password_is_asked_without_echo(site: Site, locked: str) -> None:
    with Seat(site, "alice", "client", "--server", locked) as seat:
        seat.until_text("password for")
        seat.type("wrong\r")
        seat.until_text("wrong; password for")
        seat.type("hush hush\r")
        seat.until_text("to leave")
        seat.type("quit\r")
        seat.ended(0)
        assert b"hush" not in seat.raw


def test_three_wrong_passwords_end_it(site: Site, locked: str) -> None:
    with Seat(site, "alice", "client", "--server", locked) as seat:
        for number in range(3):
            seat.until(lambda number=number: seat.raw.count(b"password for") > number)  # type: ignore[misc]
            seat.type("not it\r")
        text = seat.ended(5)
        assert "rsachat: wrong password" in text
        assert "hint:" in text
        assert b"not it" not in seat.raw


@pytest.mark.parametrize("way", ["\x03", "\x04", signal.SIGTERM])
def test_leaving_at_the_password_gives_the_echo_back(site: Site, locked: str, way: Any) -> None:
    with Seat(site, "alice", "client", "--server", locked) as seat:
        seat.until_text("password for")
        if isinstance(way, str):
            seat.type(way)
        else:
            seat.child.kill(way)
        seat.ended(5 if way == "\x04" else 130)


def newcomer(site: Site) -> None:
    """Alice has never met the server."""
    site.person("alice")
    (site.keys_of("alice") / "server-rsapub.pem").unlink()
    site.serve()


def test_first_contact_shows_the_fingerprint_and_pins_after_yes(site: Site) -> None:
    newcomer(site)
    with Seat(site, "alice", "client", "--server", site.address) as seat:
        seat.until_text("(yes/no)")
        seat.until_text(fingerprint_text(keys.public("server").fingerprint)[:40])
        assert not (site.keys_of("alice") / "known_servers").exists()
        seat.type("yes\r")
        seat.until_text("to leave")
        seat.type("quit\r")
        seat.ended(0)
    assert site.address in (site.keys_of("alice") / "known_servers").read_text()
    with Seat(site, "alice", "client", "--server", site.address) as seat:
        seat.until_text("to leave")
        assert b"yes/no" not in seat.raw
        seat.type("\x04")
        seat.ended(0)


@pytest.mark.parametrize("answer", ["\r", "y\r", "\x03"])
def test_anything_but_a_whole_yes_pins_nothing(site: Site, answer: str) -> None:
    newcomer(site)
    with Seat(site, "alice", "client", "--server", site.address) as seat:
        seat.until_text("(yes/no)")
        seat.type(answer)
        text = seat.ended(130 if answer == "\x03" else 4)
        assert "rsachat:" in text
    assert not (site.keys_of("alice") / "known_servers").exists()


@pytest.mark.parametrize("command", ["server", "client", "upload"])
def test_the_first_run_asks_and_no_makes_nothing(site: Site, command: str) -> None:
    (site.machine("new") / "a.txt").write_text("x")
    words = [command, "a.txt"] if command == "upload" else [command]
    with Seat(site, "new", *words) as seat:
        seat.until_text("Make one now?")
        seat.type("no\r")
        text = seat.ended(5)
        assert "hint: rsachat keygen" in text
    assert sorted(path.name for path in site.machine("new").iterdir()) == ["a.txt"]


def test_a_search_for_primes_that_is_interrupted_leaves_nothing(site: Site) -> None:
    with Seat(site, "new", "keygen", "alice", "--bits", "4096") as seat:
        seat.read(0.4)
        seat.type("\x03")
        seat.ended(130)
    assert not list(site.machine("new").rglob("*.*"))


# the server's screen


@pytest.mark.parametrize("way", ["\x03", signal.SIGTERM, signal.SIGHUP])
def test_the_servers_screen_gives_the_terminal_back(site: Site, way: Any) -> None:
    put_pair(site.keys_of("server"), "server", "server")
    with Seat(site, "server", "server", "--port", "0", columns=70) as seat:
        seat.until_text("clients: 0")
        if isinstance(way, str):
            seat.type(way)
        else:
            seat.child.kill(way)
        seat.ended(0)


def test_the_servers_screen_counts_in_forty_columns(site: Site) -> None:
    site.person("alice")
    put_pair(site.keys_of("server"), "server", "server")
    with Seat(site, "server", "server", "--port", "0", columns=40) as seat:
        seat.until_text("clients: 0")
        found = re.search(r"127\.0\.0\.1:\d+", "\n".join(seat.screen.display))
        assert found is not None
        site.address = found[0]
        alice = site.client("alice")
        seat.until_text("clients: 1")
        seat.resize(10, 60)
        seat.until_text("clients: 1")
        seat.type("\x03")
        seat.ended(0)
    assert alice.wait() == 0


def test_a_taken_port_on_a_terminal_is_three_lines(site: Site) -> None:
    site.serve()
    port = site.address.rsplit(":", 1)[1]
    with Seat(site, "server", "server", "--port", port) as seat:
        text = seat.ended(1)
    assert text.splitlines() == [
        f"rsachat: cannot listen on {site.address}",
        "the port is taken by another program",
        "hint: choose another one with --port, or end the program that has it",
    ]


@pytest.mark.skipif(bool(EXECUTABLE), reason="its bootloader stops before the screen is put away")
def test_the_server_sleeps_and_wakes_with_its_screen(site: Site) -> None:
    """Ctrl+Z under a shell with job control, then `fg`."""
    site.person("alice")
    put_pair(site.keys_of("server"), "server", "server")
    folder = site.machine("server")
    bash = ["-c", "import os; os.execvp('bash', ['bash', '--norc', '-i'])"]
    with Terminal(bash, environ={"PS1": "shell$ ", "HOME": str(folder)}, folder=folder) as seat:
        seat.until_text("shell$")
        seat.type(" ".join([*command_line(), "server", "--port", "0"]) + "\n")
        seat.until_text("clients: 0")
        seat.type("\x1a")
        seat.until_text("Stopped")
        seat.type("stty -a\n")
        seat.until(lambda: " echo " in "".join(seat.lines))
        seat.type("fg\n")
        seat.until(lambda: "clients: 0" in "".join(seat.lines).partition("shell$ fg")[2])
        seat.type("\x03")
        seat.until(lambda: "shell$" in "".join(seat.lines).partition("stopping")[2])
        seat.type("echo code $?\n")
        seat.until_text("code 0")


# uploading on a terminal


def test_an_upload_interrupted_on_a_terminal(site: Site) -> None:
    site.person("alice")
    (site.machine("alice") / "big").write_bytes(os.urandom(2_000_000))
    site.serve()
    with Seat(site, "alice", "upload", "big", "--server", site.address, columns=40) as seat:
        parts = site.machine("server") / "uploads" / ".parts"
        until(lambda: sum(path.stat().st_size for path in parts.glob("*/*.part")) > 10_000)
        seat.read(0.3)
        seat.type("\x03")
        text = seat.ended(130)
        assert "hint: the same command goes on" in text
