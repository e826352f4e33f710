"""Living with a bootloader: its echo of Ctrl+C, its death."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.runtime import frozen

ROOT = Path(__file__).parents[2]

VISIBLE = """
import subprocess, sys
inner = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(inner.pid, flush=True)
inner.wait()
"""

INNER = """
import os, signal, sys, time
sys.path.insert(0, {root!r})
from rsachat.runtime.frozen import live_with_the_bootloader
sys.frozen = True
live_with_the_bootloader()
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"told\\n"), sys.exit()))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sigint_kept() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_echo_of_ctrl_c_counts_once(sigint_kept: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rsachat.runtime.parent_death.signal_at_parents_death", lambda _: None)
    monkeypatch.setattr(frozen, "is_frozen", lambda: True)
    frozen.live_with_the_bootloader()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    time.sleep(frozen.ECHO_SECONDS)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_it_ends_in_order_when_the_visible_process_is_killed() -> None:
    command = [sys.executable, "-c", VISIBLE, INNER.format(root=str(ROOT))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as visible:
        assert visible.stdout is not None
        lines = {
            visible.stdout.readline().strip().isdigit(),
            visible.stdout.readline() == "ready\n",
        }
        assert lines == {True}
        visible.kill()
        assert visible.stdout.readline() == "told\n"
        assert visible.stdout.readline() == ""


@pytest.mark.parametrize("words", [[], ["1"], ["x", "1", "1.0"], ["1", "2", "often"], ["1"] * 4])
def test_a_person_who_types_the_workers_word_goes_on_to_the_command_line(words: list[str]) -> None:
    frozen.work_if_asked(["rsachat", frozen.WORKER, *words])


def test_once_interrupted_it_ends_undisturbed(
    sigint_kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "is_frozen", lambda: True)
    frozen.ignore_the_echo()
    signal.raise_signal(signal.SIGINT)
