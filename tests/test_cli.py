"""The command line itself: help, mistakes, the funnel of errors, what is loaded when."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rsachat import __version__, cli
from rsachat.errors import KeyFileError, RsachatError
from rsachat.runtime import frozen
from tests.support.keyfolder import put_pair
from tests.support.transcript import ENTRY, Outcome, environment, rsachat

Run = Callable[[argparse.Namespace], int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Gives the command line one more command, `try`, that does what the test says."""

    def install(run: Run) -> None:
        module = ModuleType("made_up_command")
        module.add_arguments = lambda parser: parser.add_argument("--level")  # type: ignore[attr-defined]
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "try", (module.__name__, "made up"))

    return install


def raising(error: BaseException) -> Run:
    def run(_args: argparse.Namespace) -> int:
        raise error

    return run


def test_the_version(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "--version") == Outcome(f"rsachat {__version__}\n", "", 0)


def loaded(tmp_path: Path, *words: str) -> set[str]:
    """The modules in memory when a command line has been run."""
    code = (
        "import sys, rsachat.cli\n"
        "assert rsachat.cli.main(sys.argv[1:]) == 0\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )
    env = environment(tmp_path, {"PYTHONPATH": str(ENTRY.parent)})
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


HEAVY = {"Crypto", "cryptography", "rich", "prompt_toolkit", "multiprocessing", "asyncio"}


def test_the_version_loads_not_even_argparse(tmp_path: Path) -> None:
    modules = loaded(tmp_path, "--version")
    assert "rsachat.cli" in modules
    assert not modules & (HEAVY | {"argparse", "dataclasses", "signal"})


@pytest.mark.parametrize(
    "words", [["--help"], ["help", "keygen"], *([name, "--help"] for name in cli.COMMANDS)]
)
def test_help_loads_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    assert not loaded(tmp_path, *words) & HEAVY


def test_the_overview_names_every_command(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "--help")
    assert (outcome.stderr, outcome.code) == ("", 0)
    for name, (_, line) in cli.COMMANDS.items():
        assert f"  {name}" in outcome.stdout
        assert line in outcome.stdout
    assert rsachat(tmp_path, "-h") == rsachat(tmp_path, "help") == outcome


def test_no_command_at_all_is_wrong_usage(tmp_path: Path) -> None:
    overview = rsachat(tmp_path, "--help").stdout
    assert rsachat(tmp_path) == Outcome("", overview, 2)


def test_help_of_a_command_both_ways(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "help", "keygen")
    assert outcome == rsachat(tmp_path, "keygen", "--help")
    assert outcome.code == 0
    assert outcome.stdout.startswith("usage: rsachat keygen")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_shows_defaults_and_ends_with_examples(name: str) -> None:
    parser = cli.parser_of(name)
    text = parser.format_help()
    assert text.partition("examples:\n")[2].strip().startswith(f"rsachat {name}")
    for action in parser._actions:
        assert action.help, f"{action.dest} says nothing"
        if action.nargs != 0 and action.option_strings and not action.required:
            assert "default" in action.help, f"{action.option_strings} names no default"


def test_a_mistyped_command_suggests_the_nearest(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "keygn") == Outcome(
        "", "rsachat: no command 'keygn'\nhint: did you mean `rsachat keygen`?\n", 2
    )
    assert rsachat(tmp_path, "xyzzy") == Outcome(
        "", "rsachat: no command 'xyzzy'\nhint: `rsachat --help` lists the commands\n", 2
    )
    assert rsachat(tmp_path, "--keys", "x").code == 2


def test_a_mistyped_option_suggests_the_nearest(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "keygen", "--pasword") == Outcome(
        "", "rsachat: no place for --pasword here\nhint: did you mean --password?\n", 2
    )


def test_options_are_never_abbreviated(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "keygen", "--pass").code == 2


def test_wrong_values_are_wrong_usage(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "keygen", "--bits", "2048")
    assert outcome.code == 2
    assert "Traceback" not in outcome.stderr
    assert outcome.stderr.endswith("hint: rsachat keygen --help\n")


def test_terminal_escapes_in_words_are_not_obeyed(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "\x1b[2Jx\rkeygen")
    assert outcome.code == 2
    assert "\x1b" not in outcome.stderr
    assert "\r" not in outcome.stderr


def test_an_error_is_three_parts(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(KeyFileError("it broke", why="so it is", hint="type this")))
    assert cli.main(["try"]) == 5
    assert capsys.readouterr() == ("", "rsachat: it broke\nso it is\nhint: type this\n")


def test_an_error_without_reason_and_hint_is_one_line(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(RsachatError("it broke")))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr().err == "rsachat: it broke\n"


def test_an_unexpected_error_is_one_line_without_its_text(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(ValueError("the password is hush")))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr().err == (
        "rsachat: internal error (ValueError)\n"
        "hint: run it again with --debug and report what it prints\n"
    )


def test_debug_adds_the_traceback_without_values_of_variables(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_args: argparse.Namespace) -> int:
        password = "".join(["hu", "sh"])
        raise RsachatError("it broke", hint=password[:0])

    command(run)
    assert cli.main(["try", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("rsachat: it broke\n")
    assert "hush" not in err


def test_an_error_of_the_system_names_the_file(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(OSError(28, "No space left on device", "keys/x")))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr().err == (
        "rsachat: keys/x: No space left on device\n"
        "hint: make room on that disk: df shows how full it is\n"
    )


def test_ctrl_c_is_130(command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    command(raising(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "rsachat: interrupted\n"


@pytest.fixture
def in_the_executable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("rsachat.runtime.parent_death.signal_at_parents_death", lambda _: None)
    monkeypatch.setattr(frozen, "is_frozen", lambda: True)
    frozen.live_with_the_bootloader()
    yield
    signal.signal(signal.SIGINT, before)


def signal_within_a_finalizer(number: int, seconds: float) -> Run:
    """What waits so long after it."""

    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(number)

    def run(_args: argparse.Namespace) -> int:
        for _ in range(2):
            Finalized()
        time.sleep(seconds)
        return 0

    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_within_a_finalizer_is_not_lost(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """Python drops what is raised there; a search for primes is full of such places."""
    command(signal_within_a_finalizer(number, seconds=20))
    began = time.monotonic()
    assert cli.main(["try"]) == 130
    assert time.monotonic() - began < 10
    assert capsys.readouterr().err == "rsachat: interrupted\n"


def test_nor_is_it_taken_for_an_echo_in_the_executable(
    command: Callable[[Run], None], in_the_executable: None
) -> None:
    command(signal_within_a_finalizer(signal.SIGINT, seconds=20))
    assert cli.main(["try"]) == 130


def test_what_was_done_before_it_came_again_is_done(command: Callable[[Run], None]) -> None:
    """Then nothing is there that would take it: it would end what comes after."""
    command(signal_within_a_finalizer(signal.SIGINT, seconds=0))
    assert cli.main(["try"]) == 0
    time.sleep(2 * frozen.ECHO_SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_130_and_cleans_up(command: Callable[[Run], None], number: int) -> None:
    cleaned = []

    def run(_args: argparse.Namespace) -> int:
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            cleaned.append(True)
        return 0

    command(run)
    before = signal.getsignal(number)
    assert cli.main(["try"]) == 130
    assert cleaned == [True]
    assert signal.getsignal(number) is before


def test_an_ignored_hangup_stays_ignored(command: Callable[[Run], None]) -> None:
    def run(_args: argparse.Namespace) -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        return 0

    command(run)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert cli.main(["try"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_exit_code_is_the_commands(command: Callable[[Run], None]) -> None:
    command(lambda _args: 3)
    assert cli.main(["try"]) == 3


def test_the_password_variable_is_taken_before_the_command_runs(
    command: Callable[[Run], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def run(args: argparse.Namespace) -> int:
        seen.extend([os.environ.get("RSACHAT_PASSWORD"), args.password_variable.text, repr(args)])
        return 0

    command(run)
    monkeypatch.setenv("RSACHAT_PASSWORD", "hush")
    assert cli.main(["try"]) == 0
    assert seen[:2] == [None, "hush"]
    assert "hush" not in str(seen[2])


@pytest.mark.parametrize("words", ["--help", "keygen --help", "--version"])
def test_a_reader_that_has_gone_is_no_error(tmp_path: Path, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, str(ENTRY), *words.split()],
        env=environment(tmp_path),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("words", ["--help", "keygen --help", "--version", "keys"])
def test_an_output_that_takes_no_more_is_an_error(tmp_path: Path, words: str) -> None:
    put_pair(tmp_path / "keys", "client")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, str(ENTRY), *words.split()],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "rsachat: cannot write to standard output\n"
        "No space left on device\n"
        "hint: make room on that disk: df shows how full it is\n"
    )
