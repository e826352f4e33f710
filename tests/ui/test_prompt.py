"""The client's screen on a real pseudo-terminal: typing is never disturbed, nothing is lost."""

import json
import random
import re
import signal
import sys
from pathlib import Path

import pytest
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput

from rsachat.client import views
from rsachat.client.lines import COMMANDS
from rsachat.ui.prompt import QUEUE_TEXT, PromptScreen
from tests.support.hostile import FORGED, OUR_SEQUENCES, is_safe
from tests.support.terminal import Terminal
from tests.support.tmux import Tmux, needs_tmux
from tests.support.ui import ALICE, message

CHILD = "tests/support/screen_child.py"
ALPHABET = "abcdefg hij漢é🙂KLM:/|\\@"
WELCOME = "clients: 2; to leave"


class Chat(Terminal):
    """The screen under load, and the lines that were entered on it."""

    def __init__(
        self, folder: Path, rate: float = 1, count: int = 0, mode: str = "", columns: int = 90,
        environ: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.result = folder / "entered.json"
        arguments = [CHILD, str(rate), str(count), str(self.result), mode]
        super().__init__(arguments, columns=columns, environ=environ)
        self.until(lambda: self.prompts)

    @property
    def prompts(self) -> int:
        """How many prompts stand on the screen."""
        return sum(line.startswith(">") for line in self.screen.display)

    def entered(self) -> list[str]:
        """What was entered, once the screen has ended as it should."""
        assert self.wait() == 0
        assert self.stty() == self.settings
        lines: list[str] = json.loads(self.result.read_text())
        return lines


def mixed_line(chance: random.Random) -> str:
    """60 characters of every width, which neither begin nor end with a blank."""
    return chance.choice("ab") + "".join(chance.choices(ALPHABET, k=58)) + chance.choice("漢🙂")


@pytest.mark.parametrize(
    ("rate", "lines"),
    [
        (200, 1),
        (2000, 1),
        pytest.param(200, 6, marks=[pytest.mark.long, pytest.mark.timeout(300)]),
        pytest.param(2000, 6, marks=[pytest.mark.long, pytest.mark.timeout(300)]),
    ],
)
def test_typing_against_a_burst_damages_neither_side(tmp_path: Path, rate: int, lines: int) -> None:
    chance = random.Random(rate + lines)
    typed = [mixed_line(chance) for _ in range(lines)]
    count = rate * lines
    with Chat(tmp_path, rate, count) as chat:
        for line in typed:
            for key in (*line, "\r"):
                chat.type(key)
                chat.read(1 / 80)
        chat.until_text(f"message {count - 1:05d}", 60)
        chat.type("/quit\r")
        assert chat.entered() == [*typed, "/quit"]
        shown = [line for line in chat.lines if "message" in line]
    assert shown == [
        f"00:00:00 alice • {ALICE}: message {i:05d} 漢字 {'x' * 20}" for i in range(count)
    ]


def test_the_longest_texts_fill_neither_memory_nor_a_batch() -> None:
    """Without a terminal: what a real one takes to scroll 18 MB would be measured otherwise."""
    screen = PromptScreen(
        print, print, environ={}, wall_ms=lambda: 0,
        terminal_in=DummyInput(), terminal_out=DummyOutput(),
    )  # fmt: skip
    for _ in range(300):
        screen.show(message("漢" * 20_000))
    screen.show(views.Closed("bye", True))
    assert sum(len(view.text) for view in screen._queue if isinstance(view, views.Message)) < (
        QUEUE_TEXT + 20_001
    )
    assert len(screen._take(500, 50_000)) == 3
    *_, told, end = [line.plain for line in screen._last_lines()]
    assert sorted((told, end)) == ["bye", "… 272 messages not shown"]


def test_ones_own_line_becomes_a_message_with_its_state(tmp_path: Path) -> None:
    with Chat(tmp_path, mode="own") as chat:
        chat.type("Hello World\r")
        chat.until_text("00:00:00 you → @bob: Hello World  delivered")
        chat.type("/quit\r")
        assert chat.entered() == ["Hello World", "/quit"]
        assert not any(line.startswith("> Hello") for line in chat.lines)


def test_a_refused_text_that_would_fill_the_screen_comes_back_by_a_key(tmp_path: Path) -> None:
    text = "x" * 2_500
    with Chat(tmp_path, mode="refuse") as chat:
        chat.type(f"\x1b[200~{text}\x1b[201~\r")
        chat.until_text("hint: the text is in the history: the Up key brings it back")
        assert not any("xxx" in line for line in chat.screen.display)
        chat.type("\x1b[A")
        chat.until_text("xxx")
        chat.type("\r")
        chat.until(lambda: sum("not sent: it is refused" in line for line in chat.lines) == 2)
        chat.type("/quit\r")
        assert chat.entered() == [text, text, "/quit"]
        assert sum("the text:" in line for line in chat.lines) == 1


def test_a_long_text_that_is_refused_at_the_end_is_shown_in_full(tmp_path: Path) -> None:
    text = "z" * 2_500 + " the end"
    with Chat(tmp_path, mode="refuse") as chat:
        chat.type(f"\x1b[200~{text}\x1b[201~\r")
        chat.until_text("the Up key")
        assert chat.entered() == [text]
        after = chat.lines[chat.lines.index("goodbye") :]
    assert "".join(after).count("z") == 2_500


def test_a_long_text_in_the_prompt_again_is_shown_once_at_the_end(tmp_path: Path) -> None:
    with Chat(tmp_path, mode="refuse") as chat:
        chat.type(f"\x1b[200~{'z' * 2_500}\x1b[201~\r")
        chat.until_text("the Up key")
        chat.type("\x1b[A")
        chat.until_text("zzz")
        chat.type("\x03")
        chat.entered()
        after = chat.lines[chat.lines.index("goodbye") :]
    assert "".join(after).count("z") == 2_500


def test_a_long_text_that_was_being_typed_is_shown_in_full_at_the_end(tmp_path: Path) -> None:
    text = "\n".join(f"line {number}" for number in range(200))
    with Chat(tmp_path) as chat:
        chat.type(f"\x1b[200~{text}\x1b[201~")
        chat.until_text("line 199")
        chat.type("\x03")
        assert chat.entered() == []
        after = "\n".join(chat.lines[chat.lines.index("goodbye") :])
    assert all(f"line {number}" in after for number in range(200))


def test_what_was_not_sent_is_told_though_much_else_waits() -> None:
    screen = PromptScreen(
        print, print, environ={}, wall_ms=lambda: 0,
        terminal_in=DummyInput(), terminal_out=DummyOutput(),
    )  # fmt: skip
    screen.show(views.Rejected("a text", "it is refused"))
    for _ in range(100):
        screen.show(message("x" * 20_000))
    told = [line.plain for line in screen._last_lines()]
    assert told[0] == "not sent: it is refused"
    assert "the text: a text" in told


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_leaving_by_a_key(tmp_path: Path, key: str) -> None:
    with Chat(tmp_path, 200, 10_000) as chat:
        chat.type(key)
        assert chat.entered() == []
        assert "goodbye" in chat.lines


def test_a_half_typed_line_stays_on_the_screen(tmp_path: Path) -> None:
    with Chat(tmp_path, 200, 10_000) as chat:
        chat.type("half a li")
        chat.until_text("> half a li")
        chat.type("\x04")  # not empty: this deletes, it does not leave
        chat.read(0.1)
        chat.type("\x03")
        assert chat.entered() == []
        assert "> half a li" in chat.lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_leaving_by_a_signal(tmp_path: Path, number: int) -> None:
    with Chat(tmp_path, 200, 10_000) as chat:
        chat.type("typing")
        chat.until_text("> typing")
        chat.child.kill(number)
        assert chat.entered() == []


def test_a_crash_of_the_network_thread_gives_the_terminal_back(tmp_path: Path) -> None:
    with Chat(tmp_path, 200, 20, "crash") as chat:
        assert chat.entered() == []
        assert any("message 00019" in line for line in chat.lines)


def test_suspending_and_coming_back(tmp_path: Path) -> None:
    """Under a shell with job control: a session's leader alone is never stopped."""
    result = tmp_path / "entered.json"
    shell = ["-c", "import os; os.execvp('bash', ['bash', '--norc', '-i'])"]
    with Terminal(shell, environ={"PS1": "shell$ "}) as terminal:
        terminal.until_text("shell$")
        terminal.type(f"{sys.executable} {CHILD} 20 10000 {result}\n")
        terminal.until_text(WELCOME)
        terminal.type("before ")
        terminal.until_text("> before")
        terminal.type("\x1a")
        terminal.until_text("Stopped")
        terminal.type("stty -a\n")
        terminal.until(lambda: " echo " in "".join(terminal.lines))
        terminal.type("fg\n")
        terminal.read(0.3)
        terminal.type("after\r")
        terminal.read(0.2)
        terminal.type("/quit\r")
        terminal.until(result.exists)
        assert json.loads(result.read_text()) == ["before after", "/quit"]


def test_resizing_keeps_the_line_and_one_prompt(tmp_path: Path) -> None:
    with Chat(tmp_path, 20, 10_000) as chat:
        chat.type("some text")
        for rows, columns in ((24, 50), (1, 60), (24, 100)):
            chat.resize(rows, columns)
            chat.read(0.2)
            chat.until(lambda: chat.prompts == 1, 1.0)
            chat.until_text("> some text")
        chat.type("\r/quit\r")
        assert chat.entered() == ["some text", "/quit"]


def test_the_status_stands_below_the_line(tmp_path: Path) -> None:
    """There a terminal may fold it without leaving a piece of it behind."""
    with Chat(tmp_path, mode="own") as chat:
        chat.type("one\x1b\rtwo")
        chat.until_text("  two")
        shown = [line.rstrip() for line in chat.screen.display if line.strip()]
        assert shown[-3:-1] == ["> one", "  two"]
        assert shown[-1].startswith("server 127.0.0.1:8000 • · clients: 2")
        chat.type("\x03")
        chat.entered()
        assert not any(line.startswith("server 127") for line in chat.lines)


@needs_tmux
def test_a_terminal_that_folds_lines_keeps_one_status(tmp_path: Path) -> None:
    with Tmux([CHILD, "1", "1", str(tmp_path / "entered.json")], columns=110) as tmux:
        tmux.until(lambda: "message 00000" in "\n".join(tmux.lines))
        tmux.type("some text")
        tmux.until(lambda: "> some text" in tmux.lines)
        for columns, end in ((54, "me 12…"), (100, "50412"), (40, "clients: 2 ·…")):
            tmux.resize(24, columns)
            tmux.until(lambda end=end: tmux.lines[-1].endswith(end))  # type: ignore[misc]
            shown = tmux.lines
            assert sum(line.startswith("server 127") for line in shown) == 1, shown
            assert sum(line.startswith("> some") for line in shown) == 1, shown


def test_a_pasted_block_is_one_text(tmp_path: Path) -> None:
    with Chat(tmp_path) as chat:
        chat.type("\x1b[200~one\r\ntwo\nthree\x1b[201~")
        chat.until_text("three")
        chat.type("\r/quit\r")
        assert chat.entered() == ["one\ntwo\nthree", "/quit"]


def test_history_by_arrows_and_completion_by_tab(tmp_path: Path) -> None:
    with Chat(tmp_path) as chat:
        chat.type("first\r")
        chat.read(0.1)
        chat.type("\x1b[A")
        chat.until_text("> first")
        chat.type("\r")
        chat.type("/\t")
        chat.until(lambda: all(command.help in seen(chat) for command in COMMANDS))
        chat.type("\x15/w\t")
        chat.until_text("> /who")
        chat.type("\r/quit\r")
        assert chat.entered() == ["first", "first", "/who", "/quit"]


def test_no_colour_when_it_is_unwanted(tmp_path: Path) -> None:
    with Chat(tmp_path, 20, 5, environ={"NO_COLOR": "1"}) as chat:
        chat.until_text("message 00004")
        chat.type("/quit\r")
        chat.entered()
        assert b"\x1b[1;36m" not in chat.raw
        assert b"[36m" not in chat.raw


def seen(chat: Chat) -> str:
    return "\n".join(chat.screen.display)


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "linux"}, {"TERM": "screen-256color"}, {"COLORTERM": "truecolor"}],
    ids=["8 colours", "256 colours", "true colours"],
)
def test_every_terminal_gets_the_eight_colours_that_its_owner_chose(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with Chat(tmp_path, 20, 1, environ=environ) as chat:
        chat.until_text("message 00000")
        chat.type("\x03")
        chat.entered()
    told = re.findall(r"\x1b\[([0-9;]+)m", chat.raw.decode())
    colours = {code for codes in told for code in codes.split(";")} - set("012")
    assert "36" in colours
    assert colours <= {"31", "32", "33", "36"}


def test_the_terminal_is_asked_nothing(tmp_path: Path) -> None:
    with Chat(tmp_path) as chat:
        chat.type("/quit\r")
        chat.entered()
        assert b"\x1b[6n" not in chat.raw


def test_hostile_text_in_every_view_sends_the_terminal_no_control(tmp_path: Path) -> None:
    with Chat(tmp_path, 200, 1, "hostile") as chat:
        chat.until(lambda: b"message 00000" in chat.raw)
        chat.type("\x15/quit\r")
        assert chat.entered()[-1] == "/quit"
        text = OUR_SEQUENCES.sub("", chat.raw.decode())
        assert {c for c in text if not is_safe(c)} <= set("\r\n\b")
        assert not [row for row in re.split("[\r\n]+", text) if row.startswith(FORGED)]
