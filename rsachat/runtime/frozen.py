"""What is different inside the executable, where a bootloader is the visible process.

Knows nothing of commands. Imports as little as it can: every start of the executable pays for it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in cli.py
if TYPE_CHECKING:
    from types import FrameType

WORKER = "--worker"
"""The first word of a worker's command line, when the executable starts itself once more."""

ECHO_SECONDS = 0.25  # the bootloader's copy of a Ctrl+C comes 1 ms later, on a busy machine later


def is_frozen() -> bool:
    """Whether this runs inside the executable."""
    return bool(getattr(sys, "frozen", False))


def work_if_asked(words: list[str]) -> None:
    """Before anything else: be the worker that a command line asks for, and do not return.

    A person who types the word gets what any unknown option gets.
    """
    if words[1:2] == [WORKER]:
        from rsachat.runtime.worker import Place, main

        try:
            place = Place.read(words[2:])
        except ValueError:
            return
        main(place)


def live_with_the_bootloader() -> None:
    """In the executable only: let Ctrl+C count once, and the bootloader's death end this process.

    A terminal's Ctrl+C comes twice, the second time from the bootloader. SIGKILL of the
    bootloader would leave this process alone.
    """
    if not is_frozen():
        return
    import signal

    from rsachat.runtime.parent_death import signal_at_parents_death

    signal_at_parents_death(signal.SIGTERM)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Interrupt())


def ignore_the_echo() -> None:
    """In the executable only: once interrupted, end as one does, whenever the second one comes."""
    if is_frozen():
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)


class Echo:
    """Tells a Ctrl+C from the bootloader's copy of it; outside the executable there is none."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def is_echo(self, now: float) -> bool:
        """Whether the SIGINT that came at `now`, in seconds, is the copy of the one before."""
        if is_frozen() and now - self._last <= ECHO_SECONDS:
            return True
        self._last = now
        return False


class _Interrupt:
    """Python's handler of SIGINT, but deaf to an echo."""

    def __init__(self) -> None:
        self._echo = Echo()

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        import time

        if not self._echo.is_echo(time.monotonic()):
            raise KeyboardInterrupt
