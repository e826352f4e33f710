"""Pictures for the README: real programs on real pseudo-terminals, drawn as SVG.

    python -m tests.support.pictures docs/pictures

Makes keys in a scratch folder, starts a server and two clients, lets them talk, sends a file,
and writes `server.svg` and `client.svg`.
"""

import io
import re
import socket
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.support.terminal import ROOT, Terminal

COLUMNS, ROWS = 96, 24
_NAMES = {"brown": "yellow", "brightbrown": "bright_yellow"}
# Without the fonts that Rich's own format loads from elsewhere.
_FORMAT = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def svg(screen: pyte.Screen, title: str) -> str:
    """The screen as it stands, without the empty rows below."""
    rows = [_row(screen, number) for number in range(screen.lines)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    console = Console(file=io.StringIO(), record=True, width=screen.columns, force_terminal=True)
    for row in rows:
        console.print(row, no_wrap=True, crop=True)
    return console.export_svg(title=title, code_format=_FORMAT, unique_id=title.replace(" ", "-"))


def _row(screen: pyte.Screen, number: int) -> Text:
    cells = [screen.buffer[number][column] for column in range(screen.columns)]
    text = Text()
    for style, run in groupby(cells, _style):  # the second half of a wide character is empty
        text.append("".join(cell.data for cell in run), style)
    return text


def _style(cell: pyte.screens.Char) -> Style:
    name = _NAMES.get(cell.fg, cell.fg).replace("brightblack", "bright_black")
    return Style(color=None if name == "default" else name, bold=cell.bold)


def capture(folder: Path, scratch: Path) -> None:
    """One session of everything; writes the pictures into `folder`."""
    source = scratch / "source.txt"
    source.write_text("rsachat delivers any bytes, 256 at a time.\n" * 2000)
    with _terminal(scratch, "keygen", "server", "alice", "bob") as made:
        assert made.wait() == 0, made.lines
    port = str(_free_port(8000))
    at = ["--server", f"127.0.0.1:{port}"]
    with _terminal(scratch, "server", "--port", port) as server:
        server.until_text("clients: 0")
        bind = ["--bind", str(_free_port(50412))]
        with _terminal(scratch, "client", "--name", "alice", *bind, *at) as alice:
            alice.until_text("you are alice")
            bind = ["--bind", str(_free_port(50418))]
            with _terminal(scratch, "client", "--name", "bob", *bind, *at) as bob:
                _talk(alice, bob)
                with _terminal(scratch, "upload", source.name, "--name", "alice", *at) as upload:
                    assert upload.wait() == 0, upload.lines
                server.read(1)
                _write(folder, "server", server)
                _write(folder, "client", alice)
                for client in (alice, bob):
                    client.type("\x15quit\r")
                    client.wait()
        server.type("\x03")
        server.wait()


def _talk(alice: Terminal, bob: Terminal) -> None:
    alice.until_text("joined")
    _type(alice, "@bob Hello World: any text, a/b\\c | 漢字 🙂\r")
    bob.until_text("Hello World")
    _type(bob, "@alice end to end; the server cannot read it\r")
    alice.until_text("end to end")
    _type(alice, "/to bob\r")
    alice.until_text("@bob>")
    _type(alice, "one line, then a pasted block:\r")
    bob.until_text("pasted block")
    _type(alice, "\x1b[200~def hello():\n    print('hi')\x1b[201~\r")
    bob.until_text("print")
    _type(bob, "@alice got both\r")
    alice.until_text("got both")
    _type(alice, "/who\r")
    alice.read(0.5)
    _type(alice, "what arrives stands above")
    alice.read(0.5)


def _type(terminal: Terminal, text: str) -> None:
    """Type as a person does: what was sent before has been received by now."""
    terminal.read(0.5)
    terminal.type(text)


def _terminal(scratch: Path, *arguments: str) -> Terminal:
    program = [str(ROOT / "rsachat.py"), *arguments]
    home = {"HOME": str(scratch)}
    return Terminal(program, rows=ROWS, columns=COLUMNS, environ=home, folder=scratch)


def _write(folder: Path, name: str, terminal: Terminal) -> None:
    picture = svg(terminal.screen, f"rsachat {name}")
    (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def _free_port(wish: int) -> int:
    """`wish` if nobody has it, so that a new picture differs from the old one in little."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wish))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        capture(folder, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
