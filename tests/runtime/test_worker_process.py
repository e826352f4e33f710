"""Starting and ending one worker process."""

import os
import signal

import pytest

from rsachat.runtime import worker_process

pytestmark = pytest.mark.slow


def test_reap_ends_a_living_one_and_says_how() -> None:
    process, sock = worker_process.start(1.0)
    sock.close()
    os.kill(process.pid or 0, signal.SIGSTOP)
    assert worker_process.reap(process) == "ended by SIGKILL"


def test_the_signal_mask_and_the_environment_are_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RSACHAT_PASSWORD", "canary")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    process, sock = worker_process.start(1.0)
    sock.close()
    worker_process.reap(process)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert os.environ["RSACHAT_PASSWORD"] == "canary"
