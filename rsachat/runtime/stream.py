"""A connection on the loop: an outbox, backpressure, and an end that loses nothing.

Knows bytes and reasons in words; nothing of what the bytes mean. No callback is made from
inside a call of the owner: they come from the loop only.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

from rsachat.runtime.addresses import reason
from rsachat.runtime.loop import READ, WRITE, Loop, Timer, Watch

IOV_PARTS = 64  # buffers handed to one sendmsg; far below IOV_MAX
LINGER_SECONDS = 1.0  # PROTOCOL section 3 "Close": for the queue, then for the peer's end

_INTERNET = {socket.AF_INET, socket.AF_INET6}


class Stream:
    """One connection. Owns the socket and closes it exactly once.

    `on_data(bytes)` for what arrived; `on_eof()` once, when the peer sends no more (writing
    still works); `on_lost(reason)` once, when an error has ended it; `on_written(n)` after every
    attempt to send, when n bytes (0 if the kernel took none) have left; `on_closed()` once, when
    the socket is closed, whatever the cause. After `shut` and `abort` only `on_closed` comes.
    """

    __slots__ = (
        "_at_end",
        "_chunks",
        "_eof",
        "_loop",
        "_on_closed",
        "_on_data",
        "_on_eof",
        "_on_lost",
        "_on_written",
        "_peer_first",
        "_reading",
        "_shutting",
        "_sock",
        "_timer",
        "_watch",
        "bulk",
        "closed",
        "outbox",
    )

    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        on_data: Callable[[bytes], object],
        on_eof: Callable[[], object],
        on_lost: Callable[[str], object],
        on_written: Callable[[int], object] | None = None,
        on_closed: Callable[[], object] | None = None,
    ) -> None:
        sock.setblocking(False)
        if sock.family in _INTERNET:
            with suppress(OSError):  # macOS refuses it for a peer that has reset already
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = loop
        self._sock = sock
        self._on_data = on_data
        self._on_eof = on_eof
        self._on_lost = on_lost
        self._on_written = on_written
        self._on_closed = on_closed
        self._chunks: list[bytes | memoryview] = []  # a list, not a deque: 56 bytes when idle
        self._at_end = False  # a flush waits for the end of the pass
        self._reading = True
        self._eof = False
        self._shutting = False
        self._peer_first = False
        self._timer: Timer | None = None
        self.bulk = False  # much comes: it is received in larger pieces
        self.closed = False
        self.outbox = 0  # bytes that wait
        self._watch: Watch = loop.watch(sock, READ, self._ready)

    def write(self, data: bytes) -> None:
        """Queue the bytes; they leave at the end of the pass. Ignored after the end."""
        if self._shutting or self.closed or not data:
            return
        self.outbox += len(data)
        self._chunks.append(data)
        if not self._at_end and not self._watch.events & WRITE:
            self._at_end = True
            self._loop.call_at_end(self._flush)

    def pause(self) -> None:
        """Take no more bytes until `resume`; the kernel then slows the peer down."""
        self._reading = False
        self._update()

    def resume(self) -> None:
        self._reading = True
        self._update()

    def shut(self, linger: bool = True, *, peer_first: bool = False) -> None:
        """End in order: send the queue, end the sending side, drop input until the peer ends.

        Each of the two steps takes at most `LINGER_SECONDS`. Without `linger` the queue is
        offered to the kernel once and the socket is closed. With `peer_first` the sending side
        is ended after the peer's, so that a bound port is free at once (no TIME_WAIT here): for
        a peer that answers our last message by its own end.
        """
        if self._shutting or self.closed:
            return
        self._shutting = True
        self._peer_first = peer_first
        if not linger:
            if self._chunks:
                self._send()
            self._close()
            return
        self._update()
        if self._chunks:
            self._timer = self._loop.call_later(LINGER_SECONDS, self._end_sending)
        else:
            self._end_sending()

    def abort(self) -> None:
        """Close at once; what waits is lost."""
        self._close()

    def _ready(self, mask: int) -> None:
        if mask & WRITE:
            self._send()
        if mask & READ and self._watch.events & READ:
            self._receive()

    def _receive(self) -> None:
        room = self._loop.bulk_room if self.bulk else self._loop.room
        try:
            count = self._sock.recv_into(room)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if count:
            if not self._shutting:
                self._on_data(bytes(room[:count]))
            return
        self._eof = True
        self._update()
        if not self._shutting:
            self._on_eof()
        elif not self._chunks:
            self._close()

    def _flush(self) -> None:
        self._at_end = False
        if self._chunks and not self._watch.events & WRITE:
            self._send()

    def _send(self) -> None:
        chunks = self._chunks
        try:
            if len(chunks) == 1:
                sent = self._sock.send(chunks[0])
            else:
                sent = self._sock.sendmsg(chunks[:IOV_PARTS])
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._lose(error)
            return
        self._remove(sent)
        self._update()
        if not self._shutting:
            if self._on_written is not None:
                self._on_written(sent)
        elif not chunks and not self.closed:
            self._end_sending()

    def _remove(self, sent: int) -> None:
        """Drop what has left from the head of the queue."""
        self.outbox -= sent
        if not self.outbox:
            self._chunks.clear()
            return
        whole = 0
        while sent >= len(self._chunks[whole]):
            sent -= len(self._chunks[whole])
            whole += 1
        if sent:
            self._chunks[whole] = memoryview(self._chunks[whole])[sent:]
        del self._chunks[:whole]

    def _update(self) -> None:
        if self.closed:
            return
        wanted = WRITE if self._chunks and not self._at_end else 0
        if not self._eof and (self._reading or self._shutting):
            wanted |= READ
        self._watch.events = wanted

    def _end_sending(self) -> None:
        """The queue is sent, or its time is up."""
        self._cancel_timer()
        self._chunks.clear()
        self.outbox = 0
        if not self._peer_first:
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                self._close()
                return
        if self._eof:
            self._close()
            return
        self._update()
        self._timer = self._loop.call_later(LINGER_SECONDS, self._close)

    def _lose(self, error: OSError) -> None:
        told = not self._shutting and not self.closed
        self._close()
        if told:
            self._on_lost(reason(error))

    def _close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._cancel_timer()
        self._watch.close()
        self._sock.close()
        self._chunks.clear()
        self.outbox = 0
        if self._on_closed is not None:
            self._loop.call_soon(self._on_closed)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
