"""What runs in a worker process: jobs from the pool's pipe, one after the other.

It holds the private key it was given over the pipe and nothing else: no environment secret, no
socket of a client, no terminal signal. It ends when its pipe or its parent does.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Never

from rsachat.runtime.parent_death import signal_at_parents_death
from rsachat.runtime.pipe_frames import BEAT, DONE, FAILED, KEY, READY, FrameReader, pack

if TYPE_CHECKING:
    from rsachat.crypto.rsa import PrivateKey

RECEIVE_BYTES = 256 * 1024

STARTUP_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
"""Blocked by the pool while a worker starts, so that no half-started one prints a traceback."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works: its pipe's descriptor, its parent's process id.

    `beat_every` is after how many seconds it says again that it computes.
    """

    pipe: int
    parent: int
    beat_every: float

    @classmethod
    def read(cls, words: Sequence[str]) -> Place:
        """From a command line. Raises ValueError."""
        pipe, parent, beat_every = words
        return cls(int(pipe), int(parent), float(beat_every))


def main(place: Place) -> Never:
    """The process: serve the pipe until it closes, then end at once."""
    _leave_the_terminal()
    _die_with(place.parent)
    with contextlib.suppress(ConnectionError):  # the pool has gone
        _Worker(socket.socket(fileno=place.pipe), place.beat_every).serve()
    os._exit(0)


def _leave_the_terminal() -> None:
    """Ctrl+C and a closed terminal are the parent's to handle; SIGTERM keeps its meaning."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STARTUP_SIGNALS)


def _die_with(parent: int) -> None:
    signal_at_parents_death(signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(0)


class _Worker:
    """Reads ahead between two jobs, so that an urgent one overtakes those that wait here.

    A job that says it `is_long` gets a function to call between two slices of its work.
    """

    def __init__(self, sock: socket.socket, beat_every: float) -> None:
        self._sock = sock
        self._sending = threading.Lock()
        self._beat_every = beat_every
        self._busy = threading.Event()
        self._reader = FrameReader()
        self._waiting: list[tuple[int, int, bytes]] = []  # heap: priority, number, pickled job
        self._key: PrivateKey | None = None

    def serve(self) -> None:
        threading.Thread(target=self._beat, daemon=True).start()
        while self._read(wait=not self._waiting):
            if self._waiting:
                self._busy.set()
                self._do_next()
                self._busy.clear()

    def _do_next(self) -> None:
        priority, number, body = heapq.heappop(self._waiting)
        self._send(self._answer(number, body, partial(self._pause, priority)))

    def _pause(self, priority: int) -> None:
        """Between two slices of a long job: what is more urgent goes first."""
        if not self._read(wait=False):
            os._exit(0)
        while self._waiting and self._waiting[0][0] < priority:
            self._do_next()

    def _beat(self) -> None:
        """A thread of its own: a long hash, a slow disk do not hold it up; SIGSTOP does."""
        with contextlib.suppress(ConnectionError):
            while self._busy.wait():
                time.sleep(self._beat_every)
                if self._busy.is_set():
                    self._send(pack(0, BEAT))

    def _send(self, frame: bytes) -> None:
        with self._sending:
            self._sock.sendall(frame)

    def _read(self, wait: bool) -> bool:
        """Take what is in the pipe; False when it is closed."""
        try:
            data = self._sock.recv(RECEIVE_BYTES, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        for number, tag, body in self._reader.feed(data):
            if tag == KEY:
                self._send(self._load(body))
            else:
                heapq.heappush(self._waiting, (tag, number, body))
        return bool(data)

    def _load(self, der: bytes) -> bytes:
        if der:
            try:
                from rsachat.crypto.rsa import PrivateKey  # a pool without a key needs no RSA

                self._key = PrivateKey.from_der(der)
            except Exception as error:
                return pack(0, FAILED, type(error).__name__.encode())
        return pack(0, READY)

    def _answer(self, number: int, body: bytes, pause: Callable[[], object]) -> bytes:
        try:
            job = pickle.loads(body)
            is_long = getattr(job, "is_long", False)
            result = job.run(self._key, pause) if is_long else job.run(self._key)
            return pack(number, DONE, pickle.dumps(result, protocol=5))
        except Exception as error:
            return pack(number, FAILED, f"{type(error).__name__}: {error}".encode())
