"""A loop for tests: it stops when a condition holds, and fails the test when it never does."""

from collections.abc import Callable

from rsachat.runtime.loop import Loop

PATIENCE = 20.0  # seconds; ten times and more what anything here takes


def run_until(loop: Loop, condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Run the loop until `condition()` is true; AssertionError after `patience` seconds."""
    end = loop.now() + patience

    def look() -> None:
        if condition() or loop.now() >= end:
            loop.stop()
        else:
            loop.call_later(0.002, look)

    loop.call_soon(look)
    loop.run()
    assert condition(), f"not within {patience} seconds"


def run_for(loop: Loop, seconds: float) -> None:
    loop.call_later(seconds, loop.stop)
    loop.run()
