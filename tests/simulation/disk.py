"""A machine's disk: a real folder under the program's own code, that can be cut off anywhere.

A process that dies leaves all that it wrote; a power cut leaves what was synced, and of the
rest old, new or torn bytes by the throw of dice (tests/support/power.py).
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.simulation.machine import Died
from tests.support.power import Disk


class SimDisk(Disk):
    """Follows syncs only, and takes a moment when it is asked to. Nothing is really synced."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        super().__init__(root)
        self._dice = dice
        self._steps: int | None = None
        self.uses = 0

    @contextmanager
    def used(self, steps: int | None = None) -> Iterator[object]:
        """For one piece of work; after `steps` changes of the disk its process dies."""
        self._steps = steps
        self.uses += 1
        urandom = os.urandom
        os.urandom = self._dice.randbytes
        try:
            with self.followed():
                yield None
        finally:
            os.urandom = urandom

    def take(self, call: str) -> None:
        """Not after each call: that would read the whole disk."""

    def after_power_cut(self, into: Path) -> "SimDisk":
        """The disk as it is found when the power comes back."""
        super().take("power cut")
        self.moments.pop().some(into, self._dice)
        found = SimDisk(into, self._dice)
        found.uses = self.uses + 1
        Disk.take(found, "start")
        start = found.moments.pop()
        found.synced.update(start.cached)
        found.synced_bytes.update(start.cached_bytes)
        return found

    def _hooked(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        followed = super()._hooked(name, real if name != "fsync" else lambda _fd: None)

        def call(*args: Any, **options: Any) -> Any:
            if name != "close" and not (name == "open" and not args[1] & os.O_CREAT):
                self._count_step()
            return followed(*args, **options)

        return call

    def _count_step(self) -> None:
        if self._steps is not None:
            if self._steps <= 0:
                raise Died
            self._steps -= 1


class Drive:
    """The disk of one machine, another one after each power cut; they lie in `folder`.

    After `die_in` changes in the next work on it, the process that works there dies.
    """

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self._folder = folder
        self._number = 0
        (folder / "0").mkdir(parents=True)
        self.disk = SimDisk(folder / "0", dice)
        self.die_in: int | None = None

    def work(self) -> AbstractContextManager[object]:
        steps, self.die_in = self.die_in, None
        return self.disk.used(steps)

    def lose_power(self) -> None:
        self._number += 1
        self.disk = self.disk.after_power_cut(self._folder / str(self._number))
