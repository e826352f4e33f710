"""One seed from its first moment to the last, and what came of it."""

import traceback
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from tests.simulation.invariants import AT_THE_END, Memory, broken, broken_now
from tests.simulation.story import SECONDS, write_story
from tests.simulation.world import Moment, World, made_up_world

DRAINED = SECONDS + 420.0
"""Until then everything must have found its end: six times what the longest wait takes."""
MOST_STEPS = 200_000
LOOK_EVERY, REST = 0.5, 3.0  # seconds; what is on its way has arrived by then


@dataclass(frozen=True, slots=True)
class Report:
    """`broken` names the invariant that did not hold ("" if all did), `how` says where."""

    seed: int
    broken: str
    how: str
    steps: int
    faults: Counter[str]
    dialogue: list[Moment] = field(repr=False)

    def text(self) -> str:
        """The schedule as a dialogue, and what broke at its end."""
        lines = [f"seed {self.seed}"]
        for (who, what), same in groupby(self.dialogue, key=lambda moment: moment[1:]):
            times = [when for when, _, _ in same]
            often = f" ({len(times)} times)" if len(times) > 1 else ""
            lines.append(f"{times[0]:9.4f}  {who:<12} {what}{often}")
        return "\n".join([*lines, f"{self.broken}: {self.how}" if self.broken else "all holds"])


def simulate(seed: int) -> Report:
    """The same seed gives the same report."""
    with made_up_world(seed) as world:
        name, how = _live(world)
        return Report(seed, name, how, world.steps, world.faults, world.dialogue)


def _live(world: World) -> tuple[str, str]:
    memory = Memory(world)
    try:
        write_story(world)
        while not _is_over(world):
            before = world.steps
            world.timeline.step()
            if world.steps != before:
                fault = broken_now(memory)
                if fault[0]:
                    return fault
        return broken(memory, AT_THE_END)
    except Exception as error:
        return type(error).__name__, traceback.format_exc()


def _is_over(world: World) -> bool:
    """Everything has been at rest for a while, or it never will be."""
    now = world.timeline.now
    if not world.calm or now < world.look_at:
        return False
    if world.waiting():
        world.rest_since = None
    elif world.rest_since is None:
        world.rest_since = now
    world.look_at = now + LOOK_EVERY
    rested = world.rest_since is not None and now - world.rest_since >= REST
    return rested or now - 1000.0 > DRAINED or world.steps > MOST_STEPS
