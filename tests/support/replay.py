"""Transcripts of real commands: read, replayed, compared, and written anew.

    python -m tests.support.replay           # replay all of tests/transcripts
    python -m tests.support.replay --write   # write them anew, then look at the difference
    python -m tests.support.replay --write keys trust

The lines of a transcript:

    # a remark, also the name of a part
    % person alice                   made ready without a command: see PREPARE
    alice$ rsachat client --to bob   a command, in a shell, on the machine of alice
    ^ after "connected": type Hello  once that was read: type, bob types, send SIGNAL, end of input
    > what it wrote to stdout
    ! what it wrote to stderr
    = 0                              its exit code

What differs from run to run stands in angle brackets: see VARYING.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rsachat import __version__
from rsachat.crypto.fingerprint import fingerprint_text
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site, command_line, until
from tests.support.transcript import environment
from tests.support.zygote import Forked, Zygote

FOLDER = Path(__file__).resolve().parents[1] / "transcripts"
MADE = 1_700_000_000  # when the prepared files were made: 2023-11-14

VARYING = (
    (re.escape(__version__), "<version>"),
    *(
        (fingerprint_text(keys.public(name).fingerprint), f"<fingerprint of {name}>")
        for name in keys.NAMES
    ),
    (r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){12}\b", "<fingerprint>"),
    (r"\b(\w+)\.[a-z2-7]{52}\b", r"\1.<code>"),
    (r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){6}…", "<fingerprint>…"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", "<time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "<time>"),
    (r"\b(?:today|yesterday) \d\d:\d\d\b", "<today>"),
    (r"\b\d\d:\d\d:\d\d\b", "<clock>"),
    (r"(?<=127\.0\.0\.1:)\d{5}\b", "<port>"),
    (r"\b[0-9a-f]{32}(?:[0-9a-f]{32})?…?(?![0-9a-f])", "<hex>"),
    (r"(?<=after )\d+s\b", "<seconds>"),
    (r"\b\d+\.\d+ s\b", "<seconds>"),
    (r"\b\d+ ms\b", "<milliseconds>"),
    (r"\b[0-9.]+ (?:KiB|MiB)/s", "<speed>"),
    (r"\b[\d,]+ bytes in \d+ RSA chunks", "<bytes> in <number> RSA chunks"),  # of the helps
    (r"(?<=RSA by )\w+|(?<=\"engine\":\")\w+", "<engine>"),
)
"""What one run has and another has not, and what stands for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command and what came of it, or a line (a remark, a preparation) that only stands there."""

    line: str
    machine: str = ""
    events: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        events = (f"^ {event}" for event in self.events)
        return (f"{self.machine}$ {self.line}" if self.machine else self.line, *events, *self.said)


def parse(text: str) -> list[Step]:
    """Raises ValueError for a line that belongs to nothing."""
    steps: list[Step] = []
    for line in text.splitlines():
        if found := re.match(r"(\w+)\$ (.+)", line):
            steps.append(Step(found[2], found[1]))
        elif line[:2] == "^ " and steps and steps[-1].machine:
            steps[-1] = replace(steps[-1], events=(*steps[-1].events, line[2:]))
        elif line[:1] in (">", "!", "=") and steps and steps[-1].machine:
            steps[-1] = replace(steps[-1], said=(*steps[-1].said, line))
        elif line[:1] in ("#", "%", ""):
            steps.append(Step(line))
        else:
            raise ValueError(f"no line of a transcript: {line}")
    return steps


def replayed(steps: Sequence[Step], root: Path, zygote: Zygote | None = None) -> list[Step]:
    """The same commands, with what came of them this time.

    Those that need no shell are forked off `zygote`, where one is given.
    """
    stage = Stage(root, zygote)
    try:
        return [stage.play(step) for step in steps]
    finally:
        stage.site.clean_up()


def compared(text: str) -> list[str]:
    """Lines as they count: how wide a column is depends on what varies in it."""
    return [re.sub("  +", "  ", line) for line in text.splitlines()]


_PLAIN = re.compile(r"((?:\w+=\S+ )*)rsachat((?: [^|<>&;$*?`()]*)?)")  # needs no shell
_EVENT = re.compile(r'after "(.+)": (?:(\w+) )?(types?|send|end of input)(?: (.*))?')


class Stage:
    """A site with a program called `rsachat` on every machine's path."""

    def __init__(self, root: Path, zygote: Zygote | None = None) -> None:
        self.site = Site(root)
        self._zygote = zygote
        self._bin = root / "bin"
        self._bin.mkdir()
        program = self._bin / "rsachat"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(command_line())} "$@"\n')
        program.chmod(0o755)
        self._clients: dict[str, Process] = {}

    def play(self, step: Step) -> Step:
        if step.line.startswith("% "):
            name, *words = shlex.split(self._filled(step.line[2:]))
            PREPARE[name](self, *words)
        if not step.machine:
            return step
        process = self._start(step)
        seen: Counter[str] = Counter()
        for event in step.events:
            self._cause(process, event, seen)
        if isinstance(process, Forked) and not step.events:
            process.close_stdin()
        code = process.wait()
        out, err = ("".join(part) for part in (process.stdout, process.stderr))
        return replace(step, said=(*self._said(">", out), *self._said("!", err), f"= {code}"))

    def _start(self, step: Step) -> Process | Forked:
        line = self._filled(step.line)
        if self._zygote is not None and (match := _PLAIN.fullmatch(line)):
            variables = dict(word.split("=", 1) for word in match[1].split())
            folder = self.site.machine(step.machine)
            env = environment(folder, variables)
            return self._zygote.fork(shlex.split(match[2]), folder, env)
        path = f"{self._bin}:{os.environ['PATH']}"
        program = ["sh", "-c", f"exec {line}" if line.startswith("rsachat ") else line]
        return self.site.start(
            step.machine, program=program, env={"PATH": path}, stdin=bool(step.events)
        )

    def _filled(self, line: str) -> str:
        line = line.replace("<server>", self.site.address)
        for name in keys.NAMES:
            fp = fingerprint_text(keys.public(name).fingerprint)
            line = line.replace(f"<fingerprint of {name}>", fp)
        for name, client in self._clients.items():
            line = line.replace(f"<address of {name}>", client.address)
        return line

    def _cause(self, process: Process | Forked, event: str, before: Counter[str]) -> None:
        """`before`: how often each text was waited for; the next time it has to come again."""
        found = _EVENT.fullmatch(event)
        assert found is not None, event
        seen, who, verb, rest = found.groups()
        rest = self._filled(rest or "")
        before[seen] += 1
        until(lambda: "".join((*process.stdout, *process.stderr)).count(seen) >= before[seen])
        if who:
            self._clients[who].write(rest)
        elif verb == "type":
            process.write(rest)
        elif verb == "send":
            process.signal(signal.Signals[f"SIG{rest}"])
        else:
            process.close_stdin()

    def _said(self, mark: str, text: str) -> Iterator[str]:
        text = text.replace(str(self.site.root), "<root>")
        for pattern, name in VARYING:
            text = re.sub(pattern, name, text)
        return (f"{mark} {line}".rstrip() for line in text.splitlines())

    # what a transcript can have made ready

    def person(self, name: str) -> None:
        self.site.person(name)
        self._old(*(self.site.keys_of(name).glob("*.pem")))
        self._old(*(self.site.keys_of("server").glob("*.pem")))

    def pair(self, machine: str, name: str, key: str) -> None:
        put_pair(self.site.keys_of(machine), name, key)
        self._old(*self.site.keys_of(machine).glob(f"{name}-*.pem"))

    def public(self, machine: str, name: str, key: str) -> None:
        put_public(self.site.keys_of(machine), name, key)
        self._old(*self.site.keys_of(machine).glob(f"{name}-*.pem"))

    def export(self, machine: str, name: str, key: str) -> None:
        put_public(self.site.machine(machine), name, key)

    def file(self, machine: str, path: str, *words: str) -> None:
        where = self.site.machine(machine) / path
        where.parent.mkdir(exist_ok=True)
        where.write_text(" ".join(words).replace("\\n", "\n") + "\n")

    def serve(self, *words: str) -> None:
        self.site.serve("--workers", "1", *words)

    def client(self, name: str) -> None:
        self._clients[name] = self.site.client(name)

    def _old(self, *paths: Path) -> None:
        for path in paths:
            os.utime(path, (MADE, MADE))


PREPARE: Mapping[str, Callable[..., None]] = {
    "person": Stage.person,  # NAME: a machine with a pair, its server's key, and let in there
    "pair": Stage.pair,  # MACHINE NAME KEY: a key pair in its keys folder
    "public": Stage.public,  # MACHINE NAME KEY: a public key there
    "export": Stage.export,  # MACHINE NAME KEY: a public key in the working folder
    "file": Stage.file,  # MACHINE PATH TEXT: a line of text in a file
    "serve": Stage.serve,  # [OPTION …]: a server, at <server>
    "client": Stage.client,  # NAME: a client that stays, at <address of NAME>
}


def rewritten(path: Path, zygote: Zygote | None = None) -> str:
    """The text of a transcript after it was replayed."""
    with tempfile.TemporaryDirectory() as root:
        steps = replayed(parse(path.read_text(encoding="utf-8")), Path(root), zygote)
    return "".join(f"{line}\n" for step in steps for line in step.lines)


def difference(path: Path, zygote: Zygote | None = None) -> list[str]:
    """How a transcript differs from what happens now: none if it does not."""
    old, new = compared(path.read_text(encoding="utf-8")), compared(rewritten(path, zygote))
    return list(difflib.unified_diff(old, new, path.name, "now", lineterm="", n=4))


def main(words: Sequence[str]) -> int:
    names = [word for word in words if word != "--write"]
    paths = [FOLDER / f"{name}.txt" for name in names] or sorted(FOLDER.glob("*.txt"))
    for path in paths:
        if "--write" in words:
            path.write_text(rewritten(path), encoding="utf-8")
        else:
            print(*difference(path), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
