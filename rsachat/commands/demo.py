"""`rsachat demo`: the whole thing at work with real processes, in a scratch folder.

Every step checks what it claims; the exit code is 0 only if all of them happened. It needs no
terminal and no free port 8000, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rsachat.commands.demo_programs import Event, Program, StepFailed, wait_for
from rsachat.commands.options import add_json_option, examples, make_parser
from rsachat.commands.speak import put_json
from rsachat.errors import RsachatError

PASSWORD = "correct horse battery staple"  # of a key that lives for half a minute
GREETING = "Hello World"
SECRET = "meet me at noon"
CIPHERTEXT = 2 * (1 + 16 + 4 + 32)  # hex digits before it in a MSG: kind, session, number, tag
ANSWER = "any text goes through: 12:30 / noon | 漢字 🙂"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json_option(parser)
    parser.epilog = examples("rsachat demo", "rsachat demo --json")


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="rsachat-demo-") as scratch:
        demo = Demo(Path(scratch), quiet=args.quiet, json=args.json)
        try:
            demo.run()
        finally:
            demo.clean_up()
    if Path(scratch).exists():
        raise RsachatError("the demo left something behind", why=scratch, hint="remove that folder")
    if not args.json:
        demo.print_table()
    return 0


class Demo:
    """Three machines in three folders: the server's, Alice's and Bob's."""

    def __init__(self, scratch: Path, *, quiet: bool, json: bool = False) -> None:
        self._scratch = scratch
        self._quiet = quiet
        self._json = json
        self._rows: list[tuple[str, str, str]] = []
        self._programs: list[Program] = []
        self._password = scratch / "password"
        self._source = scratch / "alice" / "source.txt"

    def run(self) -> None:
        """All steps. Raises RsachatError for the first that does not do what it claims."""
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("make identities", self._keys),
            ("start the server", self._start_server),
            ("two clients join", self._join),
            ("IP:PORT/text", self._by_address),
            ("@name text", self._by_name),
            ("what the server saw", self._ciphertext),
            ("upload source.txt", self._upload),
            ("look at target.txt", self._compare),
            ("end the server", self._end_server),
            ("clients leave", self._clients_leave),
        )
        for name, step in steps:
            began = time.monotonic()
            try:
                what = step()
            except (StepFailed, OSError) as error:
                what, hint = f"the demo failed at: {name}", "rsachat demo --debug shows where"
                raise RsachatError(what, why=str(error), hint=hint) from error
            self._done(name, what, time.monotonic() - began)

    def _done(self, name: str, what: str, seconds: float) -> None:
        self._rows.append((name, what, f"{seconds:.1f} s"))
        if self._json:
            put_json("step", {"step": name, "what": what, "seconds": round(seconds, 3)})
            sys.stdout.flush()
        if not self._quiet:
            print(f"{name}: {what}", file=sys.stderr, flush=True)

    def clean_up(self) -> None:
        for program in self._programs:
            program.kill()

    def print_table(self) -> None:
        """What happened, on stdout."""
        from rsachat.ui.plain_table import Column
        from rsachat.ui.tables import print_table

        columns = (Column("step"), Column("what happened"), Column("time", right=True))
        print_table(columns, self._rows, sys.stdout, os.environ)

    def _program(self, machine: str, *words: str, password: bool = False) -> Program:
        folder = self._scratch / machine
        folder.mkdir(exist_ok=True)
        if password:
            words = (*words, "--password-file", str(self._password))
        program = Program(folder, *words)
        self._programs.append(program)
        return program

    # the steps

    def _keys(self) -> str:
        """Each machine makes its own; only public halves travel."""
        self._password.touch(mode=0o600)
        self._password.write_text(PASSWORD + "\n")
        makers = [
            self._program("server", "keygen", "server", "--password", password=True),
            self._program("alice", "keygen", "alice"),
            self._program("bob", "keygen", "bob"),
        ]
        for maker in makers:
            maker.wait(60)
        for machine, names in (("server", ("alice", "bob")), ("alice", ("server",))):
            for name in names:
                self._carry(name, machine)
        self._carry("server", "bob")
        return "server (with a password), alice, bob: RSA-3072; public halves exchanged"

    def _carry(self, name: str, machine: str) -> None:
        public = Path("keys") / f"{name}-rsapub.pem"
        (self._scratch / machine / public).write_bytes((self._scratch / name / public).read_bytes())

    def _start_server(self) -> str:
        self._server = self._program(
            "server", "server", "--port", "0", "--json", "--tap", password=True
        )
        listening = wait_for(self._server, "listening", 20)
        self._address = str(listening["address"])
        return f"{self._address}, {listening['authorized']} authorized keys"

    def _join(self) -> str:
        self._alice = self._client("alice")
        self._bob = self._client("bob")
        self._addresses = [
            str(wait_for(client, "connected", 20)["address"]) for client in (self._alice, self._bob)
        ]
        for count in (1, 2):
            notice = wait_for(self._server, "connected", 5)
            if notice["clients"] != count:
                raise StepFailed(f"the server counts {notice['clients']} clients, not {count}")
        return f"alice is {self._addresses[0]}, bob is {self._addresses[1]}; the server counts 2"

    def _client(self, name: str) -> Program:
        return self._program(name, "client", "--server", self._address, "--listen", "--json")

    def _by_address(self) -> str:
        self._send(self._alice, f"{self._addresses[1]}/{GREETING}", self._bob, GREETING)
        back = f"{self._addresses[0]}\\{GREETING}"
        self._send(self._bob, back, self._alice, GREETING)
        return f"'{GREETING}' both ways, delivered and receipted"

    def _by_name(self) -> str:
        self._send(self._bob, f"@alice {ANSWER}", self._alice, ANSWER)
        self._send(self._alice, f"@bob {ANSWER}", self._bob, ANSWER)
        return f"'{ANSWER}' both ways, delivered and receipted"

    def _send(self, sender: Program, line: str, receiver: Program, text: str) -> Event:
        sender.write(line)
        arrived = wait_for(receiver, "message", 10)
        if arrived["text"] != text:
            raise StepFailed(f"sent {text!r}, arrived {arrived['text']!r}")
        wait_for(sender, "delivered", 10)
        return arrived

    def _ciphertext(self) -> str:
        """The envelope that the server relayed is the one that bob opened, and shows nothing."""
        arrived = self._send(self._alice, f"@bob {SECRET}", self._bob, SECRET)
        end = time.monotonic() + 10
        while True:
            relayed = wait_for(self._server, "relayed", end - time.monotonic())
            if relayed["sha256"] == arrived["envelope"]:
                break
        if SECRET.encode().hex() in relayed["begins"] or SECRET in str(relayed):
            raise StepFailed("the server saw the text")
        return f"bob read '{SECRET}', the server relayed {relayed['begins'][CIPHERTEXT:][:32]}…"

    def _upload(self) -> str:
        self._source.write_text(_real_text(), encoding="utf-8")
        uploader = self._program(
            "alice", "upload", "source.txt", "--server", self._address, "--json"
        )
        done = uploader.wait(60)
        result = next((event for event in done if event.get("event") == "upload-done"), None)
        if result is None:
            raise StepFailed("no receipt came back")
        size = self._source.stat().st_size
        if result["size"] != size:
            raise StepFailed(f"the receipt is over {result['size']} bytes, not {size}")
        return f"{size:,} bytes in {result['chunks']} RSA chunks, signed receipt checked"

    def _compare(self) -> str:
        stored = self._scratch / "server" / "uploads" / "alice" / "target.txt"
        if stored.read_bytes() != self._source.read_bytes():
            raise StepFailed("target.txt is not what source.txt is")
        wait_for(self._server, "upload-done", 5)
        return "uploads/alice/target.txt holds the same bytes as source.txt"

    def _end_server(self) -> str:
        began = time.monotonic()
        self._server.interrupt()
        self._server.wait(10)
        seconds = time.monotonic() - began
        if seconds > 5:
            raise StepFailed(f"it took {seconds:.1f} s to end")
        return "it said goodbye and ended with exit code 0"

    def _clients_leave(self) -> str:
        for client in (self._alice, self._bob):
            closed = next((e for e in client.wait(10) if e.get("event") == "closed"), None)
            if closed is None or not closed["orderly"]:
                raise StepFailed("a client did not leave in order")
        return "alice and bob left by themselves with exit code 0"


def _real_text() -> str:
    """Some thousand characters of real text that every copy of rsachat carries: its help."""
    from importlib import import_module

    texts = []
    for name in ("server", "client", "upload", "keygen", "keys"):
        parser = make_parser(f"rsachat {name}", description="")
        import_module(f"rsachat.commands.{name}").add_arguments(parser)
        texts.append(parser.format_help())
    return "\n".join(texts)
