"""Questions to the person at the terminal device, never to standard input.

So a password or a "yes" cannot be taken from a pipe that carries something else, and none is
echoed where the terminal cannot be made silent.
"""

import contextlib
import getpass
import os
import termios
import warnings

from rsachat.errors import RsachatError
from rsachat.protocol.safe_text import clean_line, clean_message

DEVICE = "/dev/tty"


def can_ask(device: str = DEVICE) -> bool:
    """Whether there is a terminal to ask on."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def password(prompt: str) -> str:
    """A password, typed without echo. Raises EOFError at Ctrl+D, RsachatError without a terminal.

    `getpass` would go on with an echo and a warning where it cannot switch it off; that warning
    is an error here, raised before anything is read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(clean_line(prompt).plain)
        except (KeyboardInterrupt, EOFError):
            _end_row()
            raise
        except UnicodeDecodeError as error:
            what = "the password is not text in this terminal's encoding"
            raise RsachatError(what, hint="locale shows it; UTF-8 takes every password") from error
        except (getpass.GetPassWarning, termios.error, OSError) as error:
            raise RsachatError(
                "cannot ask for a password",
                why="the terminal cannot be kept from showing what is typed",
                hint="use --password-file FILE or $RSACHAT_PASSWORD",
            ) from error


def yes(question: str, device: str = DEVICE) -> bool:
    """Whether a whole "yes" was typed; anything else, Enter included, is a no.

    Raises RsachatError where there is no terminal.
    """
    return line(f"{question} (yes/no) ", device).strip().lower() == "yes"


def line(prompt: str, device: str = DEVICE) -> str:
    """A typed line, "" at Ctrl+D. Raises RsachatError where there is no terminal."""
    try:
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        why = "there is no terminal to ask on"
        raise RsachatError("cannot ask", why=why, hint="run it on a terminal") from error
    with os.fdopen(fd, "r+b", buffering=0) as terminal:
        shown = "\n".join(line.plain for line in clean_message(prompt))
        terminal.write(shown.encode("utf-8", "replace"))
        typed = b""
        try:
            typed = terminal.readline()
        finally:
            if not typed.endswith(b"\n"):
                _end_row(device)
        return typed.decode("utf-8", "replace").rstrip("\r\n")


def _end_row(device: str = DEVICE) -> None:
    """After a question that Ctrl+C or Ctrl+D left: what comes next begins a row."""
    with contextlib.suppress(OSError), open(device, "wb", buffering=0) as terminal:
        terminal.write(b"\n")
