"""The ending signals reach a callback, and everything is put back."""

import os
import signal
from collections.abc import Iterator

import pytest

from rsachat.runtime.frozen import ECHO_SECONDS
from rsachat.runtime.loop import Loop
from rsachat.runtime.signals import ENDING, ending_signals


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        made.call_later(20, made.stop)
        yield made


@pytest.mark.parametrize("signum", ENDING)
def test_each_ending_signal_is_told(loop: Loop, signum: signal.Signals) -> None:
    seen: list[signal.Signals] = []

    def end(which: signal.Signals) -> None:
        seen.append(which)
        loop.stop()

    with ending_signals(loop, end):
        os.kill(os.getpid(), signum)
        loop.run()
    assert seen == [signum]


def test_everything_is_put_back(loop: Loop) -> None:
    handled = (*ENDING, signal.SIGPIPE)
    before = [signal.getsignal(signum) for signum in handled]
    with ending_signals(loop, lambda which: None):
        assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(signum) for signum in handled] == before


def test_nohup_is_respected(loop: Loop) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_signals(loop, lambda which: pytest.fail("told")):
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGHUP)
            loop.call_later(0.02, loop.stop)
            loop.run()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_the_executable_a_second_ctrl_c_of_the_same_key_is_nothing(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rsachat.runtime.frozen.is_frozen", lambda: True)
    before = signal.getsignal(signal.SIGINT)
    try:
        with ending_signals(loop, lambda which: loop.stop()):
            os.kill(os.getpid(), signal.SIGINT)
            loop.run()
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("frozen", "told"), [(True, 2), (False, 3)])
def test_the_bootloaders_copy_of_a_ctrl_c_is_not_told(
    frozen: bool, told: int, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a second call means "at once", it would cut the goodbyes short."""
    monkeypatch.setattr("rsachat.runtime.frozen.is_frozen", lambda: frozen)
    before = signal.getsignal(signal.SIGINT)
    seen: list[signal.Signals] = []

    def later() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        loop.call_later(0.05, loop.stop)

    try:
        with ending_signals(loop, seen.append):
            os.kill(os.getpid(), signal.SIGINT)
            loop.call_soon(lambda: os.kill(os.getpid(), signal.SIGINT))
            loop.call_later(ECHO_SECONDS * 2, later)
            loop.run()
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(seen) == told
