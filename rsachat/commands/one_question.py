"""Runs a small client core that asks a server one thing, to its end, on a loop of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from rsachat.commands.speak import wall_ms
from rsachat.crypto.kem import HybridKem
from rsachat.errors import Interrupted, RsachatError
from rsachat.protocol.ambient import Ambient
from rsachat.runtime.client_shell import ClientShell, Target
from rsachat.runtime.driver import Core
from rsachat.runtime.loop import Loop
from rsachat.runtime.signals import ending_signals

C = TypeVar("C", bound=Core)


def ask_server(target: Target, make_core: Callable[[Ambient], C]) -> C:
    """The core when it has finished in order. Raises what ended it otherwise, or Interrupted."""
    ends: list[RsachatError | None] = []
    with Loop() as loop:
        core = make_core(Ambient(loop.now, wall_ms, os.urandom, HybridKem()))

        def finished(error: RsachatError | None) -> None:
            ends.append(error)
            loop.stop()

        shell = ClientShell(loop, target, lambda: core, finished)
        with ending_signals(loop, lambda _: shell.cancel(Interrupted("interrupted"))):
            loop.run()
    if ends[0] is not None:
        raise ends[0]
    return core
