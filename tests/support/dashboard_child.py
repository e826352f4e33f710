"""A program for a pseudo-terminal: the server's screen, fed from standard input's words.

Each line on stdin is a command: `join N`, `notices N`, `flood`, `crash`, `end`, or `count`,
which writes the number of frames into the file that the argument names.
"""

import os
import select
import sys
import time
from pathlib import Path

from rsachat.server.notices import ClientRow, Connected, Notice, Snapshot, TransferRow
from rsachat.ui.console import make_console
from rsachat.ui.dashboard import Dashboard


def snapshot(clients: int) -> Snapshot:
    rows = [ClientRow(f"client{i}", f"127.0.0.1:{i}", 0, i, i * 100) for i in range(clients)]
    transfers = [TransferRow("alice", "target.txt", 500, 1000, 0)]
    fingerprint = "-".join(["abcd"] * 13)
    return Snapshot("127.0.0.1:8000", fingerprint, 3, False, 0, 312_000, clients, rows, transfers)


def main() -> int:
    clients = frames = 0
    flood = False
    with Dashboard(make_console(sys.stdout, os.environ)) as screen:
        while True:
            notices: list[tuple[int, Notice]] = []
            typed = os.read(0, 4096) if select.select([0], [], [], 0)[0] else b""
            for line in typed.decode().splitlines():
                word, _, number = line.partition(" ")
                if word == "join":
                    clients += int(number)
                    notices.append((0, Connected("alice", "127.0.0.1:50412", clients)))
                elif word == "notices":
                    for i in range(int(number)):
                        notices.append((0, Connected(f"n{i}", "127.0.0.1:1", clients)))
                elif word == "flood":
                    flood = True
                elif word == "count":
                    (Path(sys.argv[1])).write_text(str(frames))
                elif word == "crash":
                    raise RuntimeError("the server failed")
                elif word == "end":
                    return 0
            frames += 1
            if flood:
                notices += [(0, Connected(f"flood{frames}", "127.0.0.1:1", 1))] * 8
            screen.draw(snapshot(clients), notices)
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
