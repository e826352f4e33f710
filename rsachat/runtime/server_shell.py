"""The server's edge: sockets, workers, disk and the keys folder around the server's core.

One function for each action, and no decision about chat or uploads in any of them.
"""

import socket
from collections.abc import Callable
from contextlib import suppress

from rsachat.protocol import io_events as io
from rsachat.runtime.driver import Driver
from rsachat.runtime.files import UploadStore
from rsachat.runtime.key_ring import KeyRingSource
from rsachat.runtime.listener import Listener
from rsachat.runtime.loop import Loop
from rsachat.runtime.stream import Stream
from rsachat.runtime.workers import WorkerPool
from rsachat.server import upload_io as up
from rsachat.server.core import ServerCore
from rsachat.server.events import (
    Announce,
    GuestSeen,
    InvitationRedeemed,
    KeysLoaded,
    LoadKeys,
    Redeemed,
    RedeemInvitation,
    Stop,
    StopRequested,
    StoreGuest,
)
from rsachat.server.notices import Notice

KEYS_LOOK_SECONDS = 1.0
STOP_SECONDS = 1.5  # for all goodbyes together; a server ends within 2 seconds


class ServerShell:
    """Runs `core` on `loop`. `announce` shows notices; `on_stopped` is called once at the end."""

    def __init__(
        self,
        loop: Loop,
        core: ServerCore,
        store: UploadStore,
        keys: KeyRingSource,
        announce: Callable[[Notice], object],
        on_stopped: Callable[[], object],
    ) -> None:
        self._loop = loop
        self._pool: WorkerPool | None = None
        self._store = store
        self._keys = keys
        self._announce = announce
        self._on_stopped = on_stopped
        self._streams: dict[int, Stream] = {}
        self._last_conn = 0
        self._behind: set[int] = set()
        self._listener: Listener | None = None
        self._stopping = False
        self._ended = False
        self._driver = Driver(
            loop,
            core,
            {
                io.SendBytes: self._send,
                io.PauseReading: self._pause,
                io.ResumeReading: self._resume,
                io.ReadInBulk: self._read_in_bulk,
                io.CloseConnection: self._close,
                io.SubmitJob: self._submit,
                io.CancelJobs: self._cancel,
                Announce: lambda action: announce(action.notice),
                LoadKeys: lambda action: self._load_keys(),
                StoreGuest: lambda action: keys.store_guest(action.name, action.spki),
                GuestSeen: lambda action: keys.see_guest(action.name),
                RedeemInvitation: self._redeem,
                Stop: lambda action: self._stop(),
                up.ReadPart: self._read_part,
                **dict.fromkeys(
                    (up.OpenPart, up.WritePart, up.ClosePart, up.RemovePart), self._disk
                ),
            },
        )
        loop.call_later(KEYS_LOOK_SECONDS, self._look_at_keys)

    def use(self, pool: WorkerPool) -> None:
        """The pool whose results come to `job_finished` and `job_failed`; before `run`."""
        self._pool = pool

    def listen(self, host: str, port: int) -> str:
        """Take connections; returns the address as text. Raises RsachatError."""
        self._listener = Listener(self._loop, host, port, self._accept)
        return self._listener.address

    def job_finished(self, job_id: int, result: object) -> None:
        """For the pool: a worker has done a job."""
        self._driver.feed(io.JobFinished(job_id, result))

    def job_failed(self, job_id: int, error: str) -> None:
        self._driver.feed(io.JobFailed(job_id, error))

    def stop(self) -> None:
        """Say goodbye and end; a second call ends at once."""
        if self._stopping:
            self._end()
            return
        self._stopping = True
        self._driver.feed(StopRequested())

    # connections

    def _accept(self, sock: socket.socket, address: str) -> None:
        self._last_conn += 1
        conn = self._last_conn
        ears = _Ears(conn, self._driver.feed, self._tried, self._closed)
        self._streams[conn] = Stream(
            self._loop, sock, ears.data, ears.eof, ears.lost, ears.written, ears.closed
        )
        self._driver.feed(io.Accepted(conn, address))

    def _send(self, action: io.SendBytes) -> None:
        stream = self._streams.get(action.conn)
        if stream is not None:
            stream.write(action.data)

    def _tried(self, conn: int) -> None:
        """After every attempt to send: the core hears of bytes that wait, and of the last."""
        waiting = self._streams[conn].outbox
        if waiting:
            self._behind.add(conn)
        elif conn in self._behind:
            self._behind.discard(conn)
        else:
            return
        self._driver.feed(io.Backlog(conn, waiting))

    def _pause(self, action: io.PauseReading) -> None:
        if action.conn in self._streams:
            self._streams[action.conn].pause()

    def _resume(self, action: io.ResumeReading) -> None:
        if action.conn in self._streams:
            self._streams[action.conn].resume()

    def _read_in_bulk(self, action: io.ReadInBulk) -> None:
        if action.conn in self._streams:
            self._streams[action.conn].bulk = True

    def _close(self, action: io.CloseConnection) -> None:
        if action.conn in self._streams:
            self._streams[action.conn].shut(action.linger)

    def _closed(self, conn: int) -> None:
        self._streams.pop(conn, None)
        self._behind.discard(conn)
        if self._stopping and not self._streams:
            self._end()

    # work, disk and keys

    def _submit(self, action: io.SubmitJob) -> None:
        if self._pool is not None:
            self._pool.submit(action.job_id, action.job, action.priority, action.queue)

    def _cancel(self, action: io.CancelJobs) -> None:
        if self._pool is not None:
            self._pool.cancel(action.queue)

    def _disk(self, action: up.StoreAction) -> None:
        event = self._store.perform(action)
        if event is not None:
            self._driver.feed(event)

    def _read_part(self, action: up.ReadPart) -> None:
        """A slice a pass, so that hashing a long file leaves others their turn."""
        self._loop.call_soon(lambda: self._disk(action))

    def _load_keys(self) -> None:
        self._driver.feed(KeysLoaded(self._keys.load()))

    def _redeem(self, action: RedeemInvitation) -> None:
        outcome = self._keys.redeem(action.hashed, action.name, action.spki)
        if outcome is Redeemed.ACCEPTED:
            self._load_keys()
        self._driver.feed(InvitationRedeemed(action.conn, outcome))

    def _look_at_keys(self) -> None:
        self._loop.call_later(KEYS_LOOK_SECONDS, self._look_at_keys)
        if self._keys.changed():
            self._load_keys()

    # the end

    def _stop(self) -> None:
        self._stop_listening()
        if not self._streams:
            self._end()
        self._loop.call_later(STOP_SECONDS, self._end)

    def _end(self) -> None:
        """Whoever has not taken the goodbye by now does not get it."""
        if self._ended:
            return
        self._ended = True
        self._stop_listening()
        for stream in list(self._streams.values()):
            with suppress(OSError):
                stream.abort()
        self._streams.clear()
        self._on_stopped()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None


class _Ears:
    """What one connection's stream calls: a closure for each would cost 0.7 KiB a client more."""

    __slots__ = ("_closed", "_conn", "_feed", "_tried")

    def __init__(
        self,
        conn: int,
        feed: Callable[[object], None],
        tried: Callable[[int], None],
        closed: Callable[[int], None],
    ) -> None:
        self._conn = conn
        self._feed = feed
        self._tried = tried
        self._closed = closed

    def data(self, data: bytes) -> None:
        self._feed(io.BytesReceived(self._conn, data))

    def eof(self) -> None:
        self._feed(io.EofReceived(self._conn))

    def lost(self, why: str) -> None:
        self._feed(io.ConnectionLost(self._conn, why))

    def written(self, _count: int) -> None:
        self._tried(self._conn)

    def closed(self) -> None:
        self._closed(self._conn)
