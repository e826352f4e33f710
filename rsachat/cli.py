"""The command line: finds the command, runs it, and turns every outcome into an exit code.

Knows no command from inside and imports none before it is asked for; `--version` needs nothing,
and help loads neither cryptography nor drawing. Here is the one funnel for errors.
"""

from __future__ import annotations

import os
import sys

from rsachat import __version__
from rsachat.commands.registry import COMMANDS, parser_of
from rsachat.errors import Interrupted, RsachatError, UsageError

TYPE_CHECKING = False  # typing's own takes longer to load than all the rest of --version
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from threading import Timer
    from types import FrameType
    from typing import Any

__all__ = ["COMMANDS", "main", "parser_of"]

_OVERVIEW = """\
usage: rsachat COMMAND [OPTION ...]

End-to-end encrypted chat and file delivery, by RSA identities.

commands:
{commands}

options:
  --version      print the version; with -v, also what it runs on
  -h, --help     print this help

`rsachat help COMMAND` shows the options of a command, with examples.

examples:
  rsachat keygen --password
  rsachat server
  rsachat client
  rsachat upload source.txt --as target.txt
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        _fill_closed_streams()
        if words == ["--version"]:
            print(f"rsachat {__version__}", flush=True)
            return 0
        return _run(words)
    except BrokenPipeError:
        _drop_stdout()
        return 0
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, Interrupted)):
            _ignore_the_echo()
        unwritten = _unwritten()
        told = unwritten if unwritten and isinstance(error, OSError) else error
        return _report(told, debug="--debug" in words)


def _fill_closed_streams() -> None:
    """Where a standard stream was closed (`>&-`), the null device: no file takes its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)  # as the other two, also by workers
    os.close(number)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _run(words: list[str]) -> int:
    handlers = _signals_raise()
    sys.unraisablehook = again = _RaisedAgain(sys.unraisablehook)
    try:
        return _dispatch(words)
    except SystemExit as leaving:  # argparse ends --help so
        return leaving.code if isinstance(leaving.code, int) else 0
    finally:
        again.cancel()
        _restore(handlers)
        sys.unraisablehook = again.hook
        sys.stdout.flush()  # a reader that has gone, a full disk: noticed here, not at the exit


def _dispatch(words: list[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if not words:
        print(overview(), end="", file=sys.stderr)
        return UsageError.exit_code
    if words[0] in ("-h", "--help"):
        print(overview(), end="")
        return 0
    if words == ["--version", "-v"]:
        from rsachat.commands.versions import lines

        print(*lines(), sep="\n")
        return 0
    name = words[0]
    if name not in COMMANDS:
        raise _unknown(name)
    return _run_command(name, words[1:])


def _run_command(name: str, words: list[str]) -> int:
    from rsachat.runtime.frozen import live_with_the_bootloader
    from rsachat.runtime.passwords import take_variable

    live_with_the_bootloader()
    args = parser_of(name).parse_args(words)
    args.password_variable = take_variable(os.environ)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def overview() -> str:
    """What `rsachat --help` prints."""
    width = max(map(len, COMMANDS)) + 4
    lines = [f"  {name:<{width}} {line}" for name, (_, line) in COMMANDS.items()]
    return _OVERVIEW.format(commands="\n".join(lines))


def _unknown(word: str) -> UsageError:
    if word.startswith("-"):
        return UsageError(f"no option {word} here", hint="options follow a command: rsachat --help")
    from difflib import get_close_matches

    near = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean `rsachat {near[0]}`?" if near else "`rsachat --help` lists the commands"
    return UsageError(f"no command '{word}'", hint=hint)


def _signals_raise() -> dict[int, Any]:
    """SIGTERM and SIGHUP end the work as Ctrl+C does, until a command's loop takes them over.

    A signal that is ignored at the start (nohup) stays ignored. Returns what _restore() needs.
    """
    import signal

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted("interrupted")

    before: dict[int, Any] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, interrupt)
    except ValueError:  # not the main thread: its owner has the signals
        pass
    return before


class _RaisedAgain:
    """A signal that comes within a finalizer comes once more: what it raised there is dropped."""

    def __init__(self, hook: Callable[[sys.UnraisableHookArgs], Any]) -> None:
        self.hook = hook
        self._timer: Timer | None = None

    def __call__(self, dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, (KeyboardInterrupt, Interrupted)):
            self.hook(dropped)
            return
        import signal
        from threading import Timer, get_ident

        from rsachat.runtime.frozen import ECHO_SECONDS

        by_key = isinstance(dropped.exc_value, KeyboardInterrupt)
        number = signal.SIGINT if by_key else signal.SIGTERM
        self.cancel()
        # A real one to this thread ends a wait of the system, too; a later one is no echo.
        self._timer = Timer(ECHO_SECONDS + 0.05, signal.pthread_kill, [get_ident(), number])
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Once the work is done the signal's own action shall not end what is left."""
        if self._timer is not None:
            self._timer.cancel()


def _ignore_the_echo() -> None:
    from rsachat.runtime.frozen import ignore_the_echo

    ignore_the_echo()


def _restore(handlers: dict[int, Any]) -> None:
    import signal

    for number, handler in handlers.items():
        signal.signal(number, handler)


def _report(error: BaseException, *, debug: bool) -> int:
    """Say what went wrong in three parts on stderr; the exit code."""
    from rsachat.ui.report import report

    shown = _as_shown(error)
    report(shown, sys.stderr, os.environ, trace=error if debug else None)
    return shown.exit_code


def _as_shown(error: BaseException) -> RsachatError:
    if isinstance(error, RsachatError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("interrupted")
    if isinstance(error, OSError) and error.strerror:
        from rsachat.runtime.file_errors import hint

        place = f"{error.filename}: " if error.filename else ""
        return RsachatError(f"{place}{error.strerror}", hint=hint(error))
    return RsachatError(
        f"internal error ({type(error).__name__})",
        hint="run it again with --debug and report what it prints",
    )


def _unwritten() -> RsachatError | None:
    """The error of a stdout that takes no more, a full disk for example; it is dropped then."""
    try:
        sys.stdout.flush()
    except OSError as error:
        from rsachat.runtime.file_errors import hint, why

        _drop_stdout()
        return RsachatError("cannot write to standard output", why=why(error), hint=hint(error))
    return None


def _drop_stdout() -> None:
    """Nobody takes what stdout still holds: keep the interpreter's last flush from complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
