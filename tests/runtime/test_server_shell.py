"""The server's edge on real sockets, around a core that does what a test says."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rsachat.crypto.jobs import Priority
from rsachat.protocol import io_events as io
from rsachat.protocol.transfer import TransferKey
from rsachat.runtime.files import UploadStore
from rsachat.runtime.key_ring import KeyRingSource
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.loop import Loop
from rsachat.runtime.server_shell import ServerShell
from rsachat.server import upload_io as up
from rsachat.server.events import Announce, KeysLoaded, LoadKeys, Stop, StopRequested, StoreGuest
from rsachat.server.notices import Notice, Stopping
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.loops import run_for, run_until


class Script:
    """A core: remembers events, and answers each as `answer` says."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.answer: Callable[[object], list[object]] = lambda event: []
        self.waiting: list[object] = []

    def handle(self, event: object) -> list[object]:
        self.events.append(event)
        return self.answer(event)

    def flush(self) -> list[object]:
        waiting, self.waiting = self.waiting, []
        return waiting

    def next_deadline(self) -> float | None:
        return None

    def of(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


class Pool:
    def __init__(self) -> None:
        self.submitted: list[tuple[object, ...]] = []
        self.cancelled: list[bytes] = []

    def submit(self, *job: object) -> None:
        self.submitted.append(job)

    def cancel(self, queue: bytes) -> None:
        self.cancelled.append(queue)


class Edge:
    """A shell that listens, and the peers that a test connects to it."""

    def __init__(self, loop: Loop, folder: Path) -> None:
        put_pair(folder / "keys", "server", "server")
        self.loop = loop
        self.folder = folder
        self.core = Script()
        self.notices: list[Notice] = []
        self.stopped = 0
        self.store = UploadStore(folder)
        self.shell = ServerShell(
            loop,
            self.core,  # type: ignore[arg-type]
            self.store,
            KeyRingSource(Keystore(folder / "keys"), lambda text: None),
            self.notices.append,
            self._stopped,
        )
        self.address = self.shell.listen("127.0.0.1", 0)
        self.peers: list[socket.socket] = []

    def _stopped(self) -> None:
        self.stopped += 1
        self.loop.stop()

    def connect(self) -> socket.socket:
        host, _, port = self.address.rpartition(":")
        peer = socket.create_connection((host, int(port)), 5)
        peer.settimeout(5)
        self.peers.append(peer)
        count = len(self.peers)
        run_until(self.loop, lambda: len(self.core.of(io.Accepted)) == count)
        return peer

    def do(self, *actions: object) -> None:
        """Actions at the end of the next pass, as a flush has them."""
        self.core.waiting += actions
        run_for(self.loop, 0)

    def read(self, peer: socket.socket, size: int) -> bytes:
        """Take exactly so much, the loop running meanwhile."""
        peer.setblocking(False)
        data = b""

        def whole() -> bool:
            nonlocal data
            try:
                data += peer.recv(size - len(data))
            except BlockingIOError:
                return False
            return len(data) == size

        run_until(self.loop, whole)
        return data


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    with Loop() as loop:
        one = Edge(loop, tmp_path)
        yield one
        for peer in one.peers:
            peer.close()
        one.shell._end()
        run_for(loop, 0)
        one.store.close()


def test_a_connection_is_announced_by_its_address_and_heard_to_its_end(edge: Edge) -> None:
    peer = edge.connect()
    host, port = peer.getsockname()
    assert edge.core.events == [io.Accepted(1, f"{host}:{port}")]
    peer.sendall(b"hello")
    peer.shutdown(socket.SHUT_WR)
    run_until(edge.loop, lambda: edge.core.of(io.EofReceived))
    assert edge.core.events[1:] == [io.BytesReceived(1, b"hello"), io.EofReceived(1)]


def test_bytes_leave_in_order_and_a_closed_connection_has_its_last_ones(edge: Edge) -> None:
    peer = edge.connect()
    edge.do(io.SendBytes(1, b"one "), io.SendBytes(1, b"two"), io.CloseConnection(1))
    assert edge.read(peer, 7) == b"one two"
    edge.do(io.SendBytes(1, b"never"), io.PauseReading(9), io.CloseConnection(9))
    run_until(edge.loop, lambda: edge.read(peer, 0) == b"")


def test_a_paused_connection_is_not_read(edge: Edge) -> None:
    peer = edge.connect()
    edge.do(io.PauseReading(1))
    peer.sendall(b"later")
    run_for(edge.loop, 0.03)
    assert not edge.core.of(io.BytesReceived)
    edge.do(io.ResumeReading(1))
    run_until(edge.loop, lambda: edge.core.of(io.BytesReceived))


def test_a_connection_is_read_in_bulk_where_it_is_asked_for(edge: Edge) -> None:
    edge.connect()
    edge.connect()
    edge.do(io.ReadInBulk(1), io.ReadInBulk(9))
    assert [stream.bulk for stream in edge.shell._streams.values()] == [True, False]


def test_what_leaves_at_once_is_not_reported(edge: Edge) -> None:
    for _ in range(3):
        edge.connect()
    edge.do(*(io.SendBytes(conn, b"x" * 100) for conn in (1, 2, 3)))
    run_for(edge.loop, 0.02)
    assert not edge.core.of(io.Backlog)


def test_what_a_slow_peer_leaves_waiting_is_reported_down_to_nothing(edge: Edge) -> None:
    peer = edge.connect()
    size = 16 << 20
    edge.do(io.SendBytes(1, bytes(size)))
    run_until(edge.loop, lambda: edge.core.of(io.Backlog))
    edge.read(peer, size)
    run_until(edge.loop, lambda: edge.core.events[-1] == io.Backlog(1, 0))
    waiting = [event.waiting for event in edge.core.of(io.Backlog)]  # type: ignore[attr-defined]
    assert waiting == sorted(waiting, reverse=True)
    assert 0 < waiting[0] <= size
    assert waiting.count(0) == 1


def test_a_send_of_which_nothing_leaves_is_reported_too(edge: Edge) -> None:
    edge.connect()
    edge.do(io.SendBytes(1, bytes(16 << 20)))
    run_until(edge.loop, lambda: edge.core.of(io.Backlog))
    first = edge.core.of(io.Backlog)[0]
    assert isinstance(first, io.Backlog)
    run_for(edge.loop, 0.02)
    last = edge.core.of(io.Backlog)[-1]
    assert isinstance(last, io.Backlog)
    assert last.waiting > 0


def test_a_reset_is_told_once(edge: Edge) -> None:
    peer = edge.connect()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    run_until(edge.loop, lambda: edge.core.of(io.ConnectionLost))
    run_for(edge.loop, 0.01)
    (event,) = edge.core.of(io.ConnectionLost)
    assert isinstance(event, io.ConnectionLost)
    assert event.conn == 1
    assert event.why


def test_work_goes_to_the_pool_and_its_results_come_back(edge: Edge) -> None:
    pool = Pool()
    edge.do(io.SubmitJob(1, "early", Priority.BULK), io.CancelJobs(b"q"))  # no pool yet: dropped
    edge.shell.use(pool)  # type: ignore[arg-type]
    edge.do(io.SubmitJob(7, "job", Priority.URGENT, b"q"), io.CancelJobs(b"q"))
    assert pool.submitted == [(7, "job", Priority.URGENT, b"q")]
    assert pool.cancelled == [b"q"]
    edge.shell.job_finished(7, "result")
    edge.shell.job_failed(8, "error")
    assert edge.core.events == [io.JobFinished(7, "result"), io.JobFailed(8, "error")]


def test_the_keys_are_looked_at_when_asked_and_when_they_change(edge: Edge) -> None:
    put_public(edge.folder / "keys", "alice", "alice")
    edge.do(LoadKeys())
    (loaded,) = edge.core.of(KeysLoaded)
    assert isinstance(loaded, KeysLoaded)
    assert list(loaded.keys.authorized.values()) == ["alice"]
    edge.do(StoreGuest("gus", keys.public("bob").spki))
    run_until(edge.loop, lambda: len(edge.core.of(KeysLoaded)) == 2)
    loaded = edge.core.of(KeysLoaded)[1]
    assert isinstance(loaded, KeysLoaded)
    assert list(loaded.keys.guests.values()) == ["gus"]


def test_notices_are_passed_on(edge: Edge) -> None:
    edge.do(Announce(Stopping(0)))
    assert edge.notices == [Stopping(0)]


def test_disk_work_is_done_and_answered(edge: Edge) -> None:
    edge.do(up.OpenPart(3, TransferKey(bytes(32), bytes(16)), 0, b"offer"))
    edge.do(up.WritePart(3, 0, b"data"), up.ReadPart(3, 0, 4))
    run_until(edge.loop, lambda: edge.core.of(up.PartRead))
    assert edge.core.events == [up.PartOpened(3, 0), up.PartWritten(3), up.PartRead(3, b"data")]


def test_a_part_that_is_closed_before_its_read_is_due_is_not_read(edge: Edge) -> None:
    """An uploader that leaves while what it had sent before is hashed again."""
    edge.do(up.OpenPart(3, TransferKey(bytes(32), bytes(16)), 0, b"offer"))
    edge.do(up.ReadPart(3, 0, 4), up.ClosePart(3))
    run_for(edge.loop, 0.01)
    assert edge.core.events == [up.PartOpened(3, 0)]


def test_stopping_says_goodbye_and_ends_when_all_have_gone(edge: Edge) -> None:
    peer = edge.connect()

    def goodbye(event: object) -> list[object]:
        if isinstance(event, StopRequested):
            return [io.SendBytes(1, b"bye"), io.CloseConnection(1), Stop()]
        return []

    edge.core.answer = goodbye
    edge.shell.stop()
    assert edge.read(peer, 3) == b"bye"
    assert not edge.stopped
    peer.close()
    run_until(edge.loop, lambda: edge.stopped)
    host, _, port = edge.address.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)


def test_a_peer_that_does_not_go_does_not_keep_the_server(edge: Edge) -> None:
    peer = edge.connect()
    edge.core.answer = lambda event: [Stop()] if isinstance(event, StopRequested) else []
    edge.shell.stop()
    began = edge.loop.now()
    edge.loop.run()
    assert 1.4 < edge.loop.now() - began < 2.0
    assert peer.recv(1) == b""


def test_a_second_stop_ends_at_once(edge: Edge) -> None:
    edge.connect()
    edge.shell.stop()
    edge.shell.stop()
    assert edge.stopped == 1


def test_the_end_is_told_once_however_many_stops_there_are(edge: Edge) -> None:
    """A loop that goes on after the end hears of no second one when the patience is over."""
    edge.core.answer = lambda event: [Stop()] if isinstance(event, StopRequested) else []
    edge.shell.stop()
    edge.shell.stop()
    run_for(edge.loop, 1.8)
    assert edge.stopped == 1
