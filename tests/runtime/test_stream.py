"""A stream over real sockets: order, backpressure, loss and an end that loses nothing."""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.runtime.loop import ROOM_BYTES, Loop
from rsachat.runtime.stream import LINGER_SECONDS, Stream
from tests.support.loops import run_for, run_until

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


def tcp_pair() -> Pair:
    """The address is this test's alone: a port of 127.0.0.1 may be another program's next."""
    own = (f"127.77.{os.getpid() % 250}.1", 0)
    with socket.create_server(own) as server:
        near = socket.create_connection(server.getsockname(), source_address=own)
        far, _ = server.accept()
    far.setblocking(False)
    return near, far


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = tcp_pair()
    with near, far:
        yield near, far


class Owner:
    """Writes down what a stream tells."""

    def __init__(self, loop: Loop, sock: socket.socket) -> None:
        self.data = bytearray()
        self.largest = 0
        self.told: list[str] = []
        self.written = 0
        self.stream = Stream(
            loop, sock, self.on_data, self.on_eof, self.on_lost, self.on_written, self.on_closed
        )

    def on_data(self, data: bytes) -> None:
        self.largest = max(self.largest, len(data))
        self.data += data

    def on_eof(self) -> None:
        self.told.append("eof")

    def on_lost(self, why: str) -> None:
        self.told.append(f"lost: {why}")

    def on_written(self, count: int) -> None:
        self.written += count

    def on_closed(self) -> None:
        self.told.append("closed")


def read_some(sock: socket.socket, into: bytearray) -> bool:
    """Take what is there; False at the end."""
    try:
        data = sock.recv(1 << 20)
    except BlockingIOError:
        return True
    into += data
    return bool(data)


def reset(sock: socket.socket) -> None:
    """Close with an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_nagle_is_off_and_unix_sockets_work_as_well(loop: Loop, pair: Pair) -> None:
    Owner(loop, pair[0])
    assert pair[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    near, far = socket.socketpair()
    with far:
        owner = Owner(loop, near)
        far.send(b"hello")
        run_until(loop, lambda: owner.data == b"hello")
        owner.stream.abort()


class Gone(socket.socket):
    """A connection whose peer has reset it, as macOS shows it."""

    def setsockopt(self, *_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def test_a_peer_that_reset_before_it_was_taken_ends_nothing_else(loop: Loop, pair: Pair) -> None:
    near, far = pair
    with Gone(near.family, near.type, near.proto, near.detach()) as gone:
        owner = Owner(loop, gone)
        reset(far)
        run_until(loop, lambda: "closed" in owner.told)
    assert owner.told[0].startswith("lost: ")


def test_bytes_arrive_and_leave(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    got = bytearray()
    owner.stream.write(b"one ")
    owner.stream.write(b"")
    owner.stream.write(b"two")
    assert owner.stream.outbox == 7
    pair[1].send(b"three")
    run_until(loop, lambda: read_some(pair[1], got) and len(got) == 7 and owner.data)
    assert got == b"one two"
    assert owner.data == b"three"
    assert owner.written == 7
    assert owner.stream.outbox == 0
    assert owner.told == []


def test_writes_of_one_pass_leave_in_one_piece(loop: Loop) -> None:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far:
        owner = Owner(loop, near)
        for part in (b"a", b"b", b"c"):
            owner.stream.write(part)
        run_until(loop, lambda: owner.written)
        assert far.recv(100) == b"abc"
        owner.stream.abort()


@given(st.lists(st.binary(max_size=300), max_size=200), st.integers(1, 5000))
@settings(max_examples=40, deadline=None)
def test_any_writes_arrive_whole_and_in_order(parts: list[bytes], step: int) -> None:
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    far.setblocking(False)
    got = bytearray()
    with Loop() as loop, far:
        owner = Owner(loop, near)
        for part in parts:
            owner.stream.write(part)
        whole = b"".join(parts)

        def arrived() -> bool:
            with suppress(BlockingIOError):
                got.extend(far.recv(step))
            return len(got) == len(whole)

        run_until(loop, arrived)
        assert got == whole
        assert owner.written == len(whole)
        assert owner.stream.outbox == 0
        owner.stream.abort()


def test_a_full_kernel_keeps_the_rest_and_the_loop_sleeps(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    passes: list[None] = []
    big = os.urandom(12 << 20)
    owner.stream.write(big)
    run_for(loop, 0.2)
    assert 0 < owner.stream.outbox < len(big)
    assert owner.stream.outbox + owner.written == len(big)
    owner.stream.write(b"the end")
    loop.add_end_of_pass(lambda: passes.append(None))
    run_for(loop, 0.1)
    assert len(passes) < 20
    got = bytearray()
    run_until(loop, lambda: read_some(pair[1], got) and len(got) == len(big) + 7)
    assert got == big + b"the end"
    assert owner.written == len(big) + 7


def test_pause_stops_reading_and_resume_goes_on(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.pause()
    pair[1].send(b"later")
    run_for(loop, 0.05)
    assert owner.data == b""
    owner.stream.write(b"writing works")
    got = bytearray()
    run_until(loop, lambda: read_some(pair[1], got) and got)
    owner.stream.resume()
    run_until(loop, lambda: owner.data == b"later")


def test_pausing_inside_the_callback_holds_the_next_piece(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    pieces: list[int] = []

    def take(data: bytes) -> None:
        pieces.append(len(data))
        owner.stream.pause()

    owner.stream._on_data = take
    pair[1].setblocking(True)
    pair[1].sendall(bytes(3 * ROOM_BYTES))
    run_for(loop, 0.1)
    assert len(pieces) == 1
    assert pieces[0] <= ROOM_BYTES


@pytest.mark.parametrize(
    ("streams", "bulk", "largest"),
    [
        pytest.param(1, False, ROOM_BYTES, id="as usual"),
        pytest.param(1, True, 3 * ROOM_BYTES, id="in bulk"),
        pytest.param(2, True, 2 * ROOM_BYTES, id="two share"),
        pytest.param(5, True, ROOM_BYTES, id="among many"),
    ],
)
def test_in_bulk_more_is_taken_at_a_time_where_few_are_ready(
    loop: Loop, streams: int, bulk: bool, largest: int
) -> None:
    owners = []
    for _ in range(streams):
        near, far = socket.socketpair()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        far.settimeout(5)
        with far:
            far.sendall(bytes(3 * ROOM_BYTES))
        owners.append(Owner(loop, near))
        owners[-1].stream.bulk = bulk
    run_until(loop, lambda: all(len(owner.data) == 3 * ROOM_BYTES for owner in owners))
    assert [owner.largest for owner in owners] == [largest] * streams
    for owner in owners:
        owner.stream.abort()


def test_the_end_of_the_peer_is_told_once_and_writing_goes_on(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    pair[1].send(b"last words")
    pair[1].shutdown(socket.SHUT_WR)
    run_until(loop, lambda: "eof" in owner.told)
    owner.stream.pause()
    owner.stream.resume()
    owner.stream.write(b"answer")
    got = bytearray()
    run_until(loop, lambda: read_some(pair[1], got) and got == b"answer")
    run_for(loop, 0.05)
    assert owner.data == b"last words"
    assert owner.told == ["eof"]
    owner.stream.shut()
    run_until(loop, lambda: owner.told == ["eof", "closed"])


def test_a_reset_is_a_loss_told_once(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    reset(pair[1])
    run_until(loop, lambda: "closed" in owner.told)
    run_for(loop, 0.02)
    assert owner.told == ["lost: connection reset by the other side", "closed"]
    assert owner.stream.closed
    assert pair[0].fileno() == -1


def test_a_loss_while_writing_is_told_from_the_loop(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.pause()
    reset(pair[1])
    run_for(loop, 0.02)
    owner.stream.write(b"x")
    assert owner.told == []
    run_until(loop, lambda: "closed" in owner.told)
    assert len(owner.told) == 2
    assert owner.told[0].startswith("lost: ")
    owner.stream.write(b"ignored")
    owner.stream.shut()
    owner.stream.abort()
    run_for(loop, 0.02)
    assert len(owner.told) == 2


def test_abort_closes_at_once_and_tells_only_that(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.write(b"never leaves")
    owner.stream.abort()
    assert pair[0].fileno() == -1
    assert owner.stream.outbox == 0
    run_until(loop, lambda: owner.told == ["closed"])
    got = bytearray()
    assert not read_some(pair[1], got)
    assert got == b""


def test_shut_sends_the_queue_before_the_end(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    big = bytes(8 << 20)
    owner.stream.write(big)
    owner.stream.write(b"goodbye")
    owner.stream.shut()
    owner.stream.write(b"too late")
    got = bytearray()
    run_until(loop, lambda: not read_some(pair[1], got))
    assert got == big + b"goodbye"
    assert owner.told == []
    pair[1].close()
    run_until(loop, lambda: owner.told == ["closed"])


def test_shut_drops_input_so_that_the_last_words_arrive(loop: Loop, pair: Pair) -> None:
    """A bare close with unread input would reset the connection and lose the last message."""
    owner = Owner(loop, pair[0])
    pair[1].send(bytes(100_000))
    owner.stream.write(b"goodbye")
    owner.stream.shut()
    run_for(loop, 0.05)
    pair[1].send(bytes(100_000))
    got = bytearray()
    run_until(loop, lambda: not read_some(pair[1], got))
    assert got == b"goodbye"
    assert owner.data == b""
    pair[1].close()
    run_until(loop, lambda: owner.told == ["closed"])


def test_shut_works_on_a_paused_stream(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.pause()
    owner.stream.shut()
    pair[1].close()
    began = loop.now()
    run_until(loop, lambda: owner.told == ["closed"])
    assert loop.now() - began < LINGER_SECONDS


def test_a_peer_that_never_ends_is_closed_after_the_linger(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.shut()
    began = loop.now()
    run_until(loop, lambda: owner.told == ["closed"])
    assert LINGER_SECONDS <= loop.now() - began < 10 * LINGER_SECONDS


def test_a_peer_that_reads_nothing_is_closed_after_both_steps(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.write(bytes(32 << 20))
    owner.stream.shut()
    began = loop.now()
    run_until(loop, lambda: owner.told == ["closed"])
    assert 2 * LINGER_SECONDS <= loop.now() - began < 20 * LINGER_SECONDS


def test_shut_without_linger_offers_the_queue_once(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.write(b"alert")
    owner.stream.shut(linger=False)
    assert pair[0].fileno() == -1
    got = bytearray()
    run_until(loop, lambda: not read_some(pair[1], got))
    assert got == b"alert"
    assert owner.told == ["closed"]


def test_a_reset_while_shutting_is_just_the_end(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    owner.stream.shut()
    reset(pair[1])
    run_until(loop, lambda: owner.told)
    assert owner.told == ["closed"]


def test_peer_first_leaves_the_first_end_to_the_peer(loop: Loop, pair: Pair) -> None:
    owner = Owner(loop, pair[0])
    address = pair[0].getsockname()
    owner.stream.write(b"goodbye")
    owner.stream.shut(peer_first=True)
    got = bytearray()
    run_until(loop, lambda: read_some(pair[1], got) and got == b"goodbye")
    run_for(loop, 0.02)
    with pytest.raises(BlockingIOError):
        pair[1].recv(1)  # not ended yet
    pair[1].close()
    run_until(loop, lambda: owner.told == ["closed"])
    with socket.socket() as again:
        again.bind(address)  # no TIME_WAIT here, so not even SO_REUSEADDR is needed


@pytest.mark.parametrize("end", ["abort", "shut"])
def test_ending_inside_the_callback_is_safe(loop: Loop, pair: Pair, end: str) -> None:
    owner = Owner(loop, pair[0])

    def take(_data: bytes) -> None:
        owner.stream.write(b"bye")
        getattr(owner.stream, end)()

    owner.stream._on_data = take
    pair[1].send(b"x")
    run_for(loop, 0.05)
    pair[1].close()
    run_until(loop, lambda: owner.told == ["closed"])


def test_an_unknown_socket_error_has_words(loop: Loop) -> None:
    class Broken(socket.socket):
        def recv_into(self, *_: object) -> int:
            raise OSError(errno.EPROTO, os.strerror(errno.EPROTO))

    near, far = tcp_pair()
    broken = Broken(fileno=near.detach())
    owner = Owner(loop, broken)
    far.send(b"x")
    run_until(loop, lambda: "closed" in owner.told)
    far.close()
    assert owner.told == ["lost: protocol error", "closed"]
