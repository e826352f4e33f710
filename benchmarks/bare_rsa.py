"""The reference for RSA work: processes that do nothing else, without a pipe in between.

`python -m benchmarks.bare_rsa decrypt|transfer|login KEY.pem SECONDS [UNITS]` prints `ready`,
waits for a line on stdin, works, prints operations and seconds. `decrypt` opens the 384-byte
units of the file UNITS, each under its label; `transfer` encrypts a chunk for each one as well;
`login` does the RSA operations of one handshake: a signature and a verification at each of its
two ends. By the library that rsachat would take, too; nothing is imported from rsachat.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.bare_libraries import Key, read_key

CHUNK = 256  # bytes
UNIT = 384  # bytes of an RSA-3072 ciphertext
TOTAL = 1 << 20  # chunks that the transfer claims to have
MANIFEST_HASH = b"m" * 32


def rate(processes: int, what: str, key: Path, seconds: float, units: Path | None = None) -> float:
    """Operations a second of that many processes together."""
    command = [sys.executable, "-m", "benchmarks.bare_rsa", what, str(key), str(seconds)]
    command += [str(units.resolve())] if units else []
    return sum(started_together([_start(command) for _ in range(processes)]))


def _start(command: Sequence[str]) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def started_together(processes: Sequence[subprocess.Popen[str]]) -> list[float]:
    """The rate of each, all having begun once the slowest was ready."""
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0].split() for process in processes]
    return [int(done) / float(took) for done, took in outputs]


def opener(key: Key, units: bytes) -> Callable[[int], object]:
    """Opens unit number `n` (modulo their number)."""
    parts = [units[at : at + UNIT] for at in range(0, len(units), UNIT)]

    def open_one(n: int) -> bytes:
        index = n % len(parts)
        return key.decrypt(_label(index), parts[index])

    return open_one


def transfer(key: Key, units: bytes) -> Callable[[int], object]:
    """What both ends of an upload do for a chunk: encrypts one, and opens unit number `n`."""
    open_one, chunk = opener(key, units), bytes(CHUNK)
    label = _label(0)

    def move_one(n: int) -> None:
        key.encrypt(label, chunk)
        open_one(n)

    return move_one


def _label(index: int) -> bytes:
    place = index.to_bytes(8, "big") + TOTAL.to_bytes(8, "big")
    return b"rsachat/1 chunk\0" + MANIFEST_HASH + place


def login(key: Key) -> Callable[[int], object]:
    """The RSA operations of both ends of one handshake."""

    def one_login(n: int) -> None:
        for side in (b"server", b"client"):
            message = side + n.to_bytes(8, "big")
            key.verify(message, key.sign(message))

    return one_login


def main(arguments: Sequence[str]) -> None:
    what, key_file, seconds, *units = arguments
    key = read_key(Path(key_file).read_bytes())
    if what == "login":
        work = login(key)
    else:
        work = {"decrypt": opener, "transfer": transfer}[what](key, Path(units[0]).read_bytes())
    work(0)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    done = 0
    while time.perf_counter() - began < float(seconds):
        work(done)
        done += 1
    print(done, time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1:])
