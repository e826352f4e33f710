"""Starting and ending one worker process."""

import os
import signal
from pathlib import Path

import pytest

from rsachat.runtime import worker_process
from rsachat.runtime.pipe_frames import KEY, pack

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


def test_nothing_is_imported_from_the_folder_that_it_is_run_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("socket", "pickle", "rsachat", "heapq", "multiprocessing", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'HIT')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    process, sock = worker_process.start(1.0)
    with sock:
        sock.setblocking(True)
        sock.sendall(pack(0, KEY))
        assert sock.recv(100)
    assert worker_process.reap(process) == "ended with exit code 0"
    assert not (tmp_path / "HIT").exists()
