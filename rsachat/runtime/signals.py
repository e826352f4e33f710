"""The signals that end a program, as callbacks of the loop.

Knows nothing of what ending means: that is the callback's.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from rsachat.runtime.frozen import Echo, ignore_the_echo
from rsachat.runtime.loop import Loop

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_signals(loop: Loop, on_end: Callable[[signal.Signals], object]) -> Iterator[None]:
    """Call `on_end(signal)` on the loop for SIGINT, SIGTERM and SIGHUP; SIGPIPE is ignored.

    In the executable the bootloader's copy of a Ctrl+C is not told: a second call means "at once".
    A SIGHUP that was ignored at the start stays so (nohup). All handlers are put back at the
    end; only in the executable SIGINT is ignored after one came. Main thread only.
    """
    seen: set[signal.Signals] = set()
    echo = Echo()

    def arrived(signum: signal.Signals) -> None:
        if signum == signal.SIGINT and echo.is_echo(loop.now()):
            return
        seen.add(signum)
        on_end(signum)

    with ExitStack() as stack:
        stack.callback(_after, seen)
        previous = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        stack.callback(signal.signal, signal.SIGPIPE, previous)
        for signum in ENDING:
            if signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN:
                continue
            stack.callback(loop.on_signal(signum, partial(arrived, signum)).close)
        yield


def _after(seen: set[signal.Signals]) -> None:
    if signal.SIGINT in seen:
        ignore_the_echo()
