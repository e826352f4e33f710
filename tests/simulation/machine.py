"""A simulated process: the real loop on simulated sockets and time, and how it ends or stops.

The loop's passes are the program's own; only its selector, its clock and the way to connect
are made up.
"""

import selectors
from collections.abc import Callable
from functools import partial
from typing import Protocol

from rsachat.errors import ConnectError, RsachatError
from rsachat.runtime.loop import READ, WRITE, Loop, Watch
from tests.simulation.network import Network, SimSocket
from tests.simulation.timeline import Act

PAUSE = 0.0005  # seconds between two passes of a process that has more to do


class Died(BaseException):
    """The process that was doing this is gone; no handler of the program may catch it."""


class Pool(Protocol):
    """What is told of a process's workers: so many jobs will lose theirs."""

    doomed: int


class Host(Protocol):
    """What a machine needs of its world."""

    net: Network

    def say(self, who: str, what: str) -> None: ...
    def stepped(self) -> None: ...
    def died(self, machine: "Machine") -> None: ...


class Selector:
    """Ready sockets in an order of its own choosing: connections overtake each other."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._watched: dict[int, tuple[int, Watch]] = {}
        self.sockets: dict[int, SimSocket] = {}

    def register(self, fd: int, events: int, watch: Watch) -> None:
        self._watched[fd] = (events, watch)

    modify = register

    def unregister(self, fd: int) -> None:
        del self._watched[fd]

    def select(self, _timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        found = []
        for fd, (events, watch) in self._watched.items():
            ready = self._ready(fd, events)
            if ready:
                found.append((selectors.SelectorKey(fd, fd, events, watch), ready))
        if len(found) > 1 and self._net.hurting:
            before = [key.fd for key, _ in found]
            self._net.dice.shuffle(found)
            self._net.faults["reordering"] += before != [key.fd for key, _ in found]
        return found

    def any_ready(self) -> bool:
        return any(self._ready(fd, events) for fd, (events, _) in self._watched.items())

    def _ready(self, fd: int, events: int) -> int:
        sock, ready = self.sockets[fd], 0
        if events & READ and sock.readable():
            ready |= READ
        if events & WRITE and sock.writable():
            ready |= WRITE
        return ready


class SimLoop(Loop):
    """The real loop, without descriptors of its own."""

    def __init__(self, machine: "Machine") -> None:
        super().__init__(clock=machine.host.net.timeline.clock)
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()
        self.machine = machine
        self._selector = machine.selector  # type: ignore[assignment]

    def turn(self) -> float | None:
        """One pass; seconds until the next is due, None if only a socket asks for it."""
        self._pass(0.0)
        return self._timeout()


class Machine:
    """One process. `wake` asks for a pass; a dead one has none, a frozen one later."""

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name
        self.dead = False
        self.frozen_until = 0.0
        self.selector = Selector(host.net)
        self.loop = SimLoop(self)
        self.workers: Pool | None = None
        self._planned: float | None = None

    @property
    def frozen(self) -> bool:
        return self.host.net.timeline.now < self.frozen_until

    def call(self, act: Act) -> None:
        """Do something on this process's loop, in its next pass."""
        if not self.dead:
            self.loop.call_soon(act)
            self.wake(self.host.net.timeline.now)

    def wake(self, at: float) -> None:
        at = max(at, self.frozen_until)
        if not self.dead and (self._planned is None or at < self._planned):
            self._planned = at
            self.host.net.timeline.at(at, partial(self._run, at))

    def own(self, sock: SimSocket) -> None:
        self.selector.sockets[sock.number] = sock

    def die(self) -> None:
        """At once, without a word: the kernel ends its connections."""
        self.dead = True
        for sock in self.selector.sockets.values():
            sock.close()

    def lose_power(self) -> None:
        """The same without a kernel: nobody is told."""
        self.dead = True
        for sock in self.selector.sockets.values():
            sock.silent = sock.closed = True

    def freeze(self, seconds: float) -> None:
        self.frozen_until = self.host.net.timeline.now + seconds
        self._planned = None
        self.wake(self.frozen_until)

    def _run(self, at: float) -> None:
        if self.dead or self._planned != at:
            return
        self._planned, now = None, self.host.net.timeline.now
        try:
            timeout = self.loop.turn()
        except Died:
            self.host.died(self)
            return
        if timeout is not None:
            self.wake(now + max(PAUSE, timeout))
        if self.selector.any_ready():
            self.wake(now + PAUSE)
        self.host.stepped()


class SimConnector:
    """In place of the real one: finds whoever listens in this world."""

    def __init__(
        self,
        loop: SimLoop,
        host: str,
        port: int,
        *,
        on_connected: Callable[[SimSocket, str], object],
        on_failed: Callable[[RsachatError], object],
        bind: object = None,
        timeout: float = 0.0,
    ) -> None:
        self._machine = loop.machine
        self._connected = on_connected
        self._failed = on_failed
        self._cancelled = False
        net = self._machine.host.net
        net.timeline.after(0.001 + net.dice.random() * 0.05, self._arrive)

    def cancel(self) -> None:
        self._cancelled = True

    def _arrive(self) -> None:
        if self._cancelled or self._machine.dead:
            return
        listener = self._machine.host.net.listener
        if listener is None:
            error = ConnectError("cannot connect", why="connection refused", hint="")
            self._machine.call(lambda: self._failed(error))
            return
        sock, address = listener(self._machine)
        sock.overheard = True
        self._machine.own(sock)
        self._machine.call(lambda: self._connected(sock, address))
