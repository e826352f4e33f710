"""A program for a pseudo-terminal: the client's screen, fed with messages at a given rate.

Usage: screen_child.py RATE COUNT RESULT [MODE]. Lines that are entered go to RESULT as JSON;
`/quit`, Ctrl+C and Ctrl+D end it. MODE `crash` raises in the feeding thread, `own` shows what
is entered as one's own message, `refuse` refuses it and ends soon after `the end`, `hostile`
shows hostile text in every view.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from rsachat.client import views
from rsachat.ui.prompt import PromptScreen
from tests.support.hostile import HOSTILE
from tests.support.ui import all_views

ADDRESS = "127.0.0.1:50412"


def message(number: int, text: str) -> views.Message:
    return views.Message(
        f"{number:032x}", "alice", ADDRESS, "f" * 64, views.Trust.PINNED, "me", text, 0
    )


def feed(screen: PromptScreen, rate: float, count: int, mode: str) -> None:
    if mode == "hostile":
        for text in HOSTILE.values():
            for view in all_views(text):
                screen.show(view)
    began = time.monotonic()
    for number in range(count):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        screen.show(message(number, f"message {number:05d} 漢字 " + "x" * 20))
    if mode == "crash":
        screen.close()
        raise RuntimeError("the network thread failed")


def main() -> int:
    rate, count, result = float(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    mode = sys.argv[4] if len(sys.argv) > 4 else ""
    lines: list[str] = []

    def submit(line: str) -> None:
        lines.append(line)
        if line == "/quit":
            leave()
        elif mode == "own":
            identity = f"own{len(lines)}"
            screen.show(views.OwnMessage(identity, "@bob", line, 0))
            screen.show(views.Delivered(identity, 1, 1))
        elif mode == "refuse":
            screen.show(views.Rejected(line, "it is refused"))
            if line.endswith("the end"):
                threading.Timer(0.5, leave).start()

    def leave() -> None:
        screen.show(views.Closed("goodbye", True))
        screen.close()

    screen = PromptScreen(submit, leave, environ=os.environ, wall_ms=lambda: 0, bell=False)
    screen.show(views.Connected(ADDRESS, "127.0.0.1:8000", "abcd", 2, "me"))
    thread = threading.Thread(target=feed, args=(screen, rate, count, mode), daemon=True)
    thread.start()
    screen.run()
    if mode == "crash":
        thread.join()  # its traceback is being printed: not while the interpreter ends
    result.write_text(json.dumps(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
