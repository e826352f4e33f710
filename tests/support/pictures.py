"""Pictures of real programs on real pseudo-terminals, drawn as SVG; two are in the README.

    python -m tests.support.pictures docs/pictures

On a small and on a large terminal: makes keys in a scratch folder, starts a server and two
clients, lets them talk, sends a file, and writes `keygen`, `server`, `client` and `upload`.
"""

import io
import re
import socket
import sys
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.support.terminal import ROOT, Terminal

SIZES = ((80, 24), (200, 60))  # columns and rows
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


@dataclass(frozen=True, slots=True)
class Desk:
    """Terminals of one size, on which programs run in `scratch`; pictures go to `folder`."""

    folder: Path
    scratch: Path
    columns: int
    rows: int

    def terminal(self, *arguments: str) -> Terminal:
        return Terminal(
            [str(ROOT / "rsachat.py"), *arguments],
            rows=self.rows,
            columns=self.columns,
            environ={"HOME": str(self.scratch)},
            folder=self.scratch,
        )

    def draw(self, name: str, terminal: Terminal) -> None:
        picture = svg(terminal.screen, f"rsachat {name}")
        file = self.folder / f"{name}-{self.columns}x{self.rows}.svg"
        file.write_text(picture, encoding="utf-8")


def capture(desk: Desk) -> None:
    """One session of everything, and its pictures."""
    source = desk.scratch / "source.txt"
    source.write_text("rsachat delivers any bytes, 256 at a time.\n" * 12_000)
    with desk.terminal("keygen", "server", "alice", "bob") as made:
        assert made.wait() == 0, made.lines
        desk.draw("keygen", made)
    port = str(_free_port(8000))
    at = ["--server", f"127.0.0.1:{port}"]
    with desk.terminal("server", "--port", port) as server:
        server.until_text("clients: 0")
        bind = ["--bind", str(_free_port(50412))]
        with desk.terminal("client", "--name", "alice", *bind, *at) as alice:
            alice.until_text("you are alice")
            bind = ["--bind", str(_free_port(50418))]
            with desk.terminal("client", "--name", "bob", *bind, *at) as bob:
                _talk(alice, bob)
                desk.draw("client", alice)
                with desk.terminal("upload", source.name, "--name", "alice", *at) as upload:
                    upload.until(lambda: re.search(r" [1-9]\d% ", "".join(upload.screen.display)))
                    desk.draw("upload", upload)
                    server.until(lambda: re.search(r" [1-9]\d% ", "".join(server.screen.display)))
                    desk.draw("server", server)
                    assert upload.wait() == 0, upload.lines
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
    for columns, rows in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            capture(Desk(folder, Path(scratch), columns, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
