"""A worker process alone: it ends with its pipe, and with its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rsachat.runtime import worker_process
from rsachat.runtime.pipe_frames import DONE, FAILED, KEY, READY, FrameReader, pack

pytestmark = pytest.mark.slow

PARENT = """
import sys, time
sys.path.insert(0, {root!r})
from rsachat.runtime import worker_process

if __name__ == "__main__":
    process, sock = worker_process.start(1.0)
    sock.setblocking(True)
    from rsachat.runtime.pipe_frames import KEY, pack
    sock.sendall(pack(0, KEY))
    sock.recv(100)
    print(process.pid, flush=True)
    time.sleep(60)
"""


def ends(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_it_answers_and_ends_with_its_pipe() -> None:
    process, sock = worker_process.start(1.0)
    reader = FrameReader()
    with sock:
        sock.settimeout(20)
        sock.sendall(pack(0, KEY))
        assert [frame.tag for frame in reader.feed(sock.recv(100))] == [READY]
        sock.sendall(pack(1, 1, b"not a pickle"))
        (frame,) = reader.feed(sock.recv(1000))
        assert (frame.number, frame.tag) == (1, FAILED)
        assert DONE != FAILED
    assert process.wait(10) == 0
    assert worker_process.reap(process) == "ended with exit code 0"


def test_it_dies_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(root=str(Path(__file__).parents[2])))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, signal.SIGSTOP)  # it cannot see the pipe's end: only the kernel can end it
        parent.kill()
        parent.wait()
        assert ends(pid)
