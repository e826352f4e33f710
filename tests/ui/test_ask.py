"""Questions at the terminal device."""

import getpass
import subprocess
import sys

import pytest

from rsachat.errors import RsachatError
from rsachat.ui import ask
from tests.support.terminal import ROOT, Terminal

PASSWORD = """
from rsachat.ui import ask
print("got", len(ask.password("password for alice: ")), flush=True)
"""
YES = """
from rsachat.ui import ask
print("answer", ask.yes("trust it?"), flush=True)
"""


def test_a_password_is_not_echoed() -> None:
    with Terminal(["-c", PASSWORD]) as terminal:
        terminal.until_text("password for alice:")
        terminal.type("hunter2\n")
        terminal.until_text("got 7")
        assert terminal.wait() == 0
        assert b"hunter2" not in terminal.raw
        assert terminal.stty() == terminal.settings


@pytest.mark.parametrize(
    ("typed", "answer"), [("yes\n", True), ("YES \n", True), ("y\n", False), ("\n", False)]
)
def test_only_a_whole_yes_is_one(typed: str, answer: bool) -> None:
    with Terminal(["-c", YES]) as terminal:
        terminal.until_text("trust it? (yes/no)")
        terminal.type(typed)
        terminal.until_text(f"answer {answer}")


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl+C", "Ctrl+D"])
@pytest.mark.parametrize(
    ("script", "asked"),
    [(PASSWORD, "password for alice:"), (YES, "trust it? (yes/no)")],
    ids=["password", "yes"],
)
def test_what_comes_after_a_question_that_was_left_has_a_row_of_its_own(
    script: str, asked: str, key: str
) -> None:
    caught = script.replace("import ask", "import ask\ntry:").replace("print(", "    print(")
    caught += "except (KeyboardInterrupt, EOFError):\n    print('left')"
    with Terminal(["-c", caught]) as terminal:
        terminal.until_text(asked)
        terminal.type(key)
        assert terminal.wait() == 0
        first, second, *_ = terminal.lines
        assert first in (asked, f"{asked} ^C")
        assert second in ("left", "answer False")


@pytest.mark.parametrize("script", [PASSWORD, YES])
def test_without_a_terminal_nothing_is_read(script: str) -> None:
    """In a session of its own, so that there is no terminal device, with an answer on stdin."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="yes\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        check=False,
    )
    assert done.stdout == ""
    assert "RsachatError: cannot ask" in done.stderr
    assert "Warning" not in done.stderr.replace("GetPassWarning", "")


def test_a_device_that_is_not_there() -> None:
    assert not ask.can_ask("/nonexistent/tty")
    with pytest.raises(RsachatError):
        ask.line("x", "/nonexistent/tty")


@pytest.mark.parametrize(
    ("raised", "what"),
    [
        (getpass.GetPassWarning("echo"), "cannot ask for a password"),
        (OSError("gone"), "cannot ask for a password"),
        (
            UnicodeDecodeError("ascii", b"\xff", 0, 1, "no text"),
            "the password is not text in this terminal's encoding",
        ),
    ],
)
def test_a_password_that_cannot_be_asked_for_is_an_error(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, what: str
) -> None:
    def fails(_prompt: str) -> str:
        raise raised

    monkeypatch.setattr(getpass, "getpass", fails)
    with pytest.raises(RsachatError) as caught:
        ask.password("password: ")
    assert caught.value.what == what
