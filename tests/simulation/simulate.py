"""One seed from its first moment to the last, and what came of it."""

import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.invariants import Memory, broken, nobody_waits_for_ever
from tests.simulation.story import SECONDS, write_story
from tests.simulation.world import Moment, World, made_up_world

DRAINED = SECONDS + 420.0
"""Until then everything must have found its end: six times what the longest wait takes."""
MOST_STEPS = 200_000


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
        lines = [f"{when:9.4f}  {who:<12} {what}" for when, who, what in self.dialogue]
        return "\n".join([f"seed {self.seed}", *lines, f"{self.broken}: {self.how}"])


def simulate(seed: int) -> Report:
    """The same seed gives the same report."""
    with made_up_world(seed) as world:
        name, how = _live(world)
        return Report(seed, name, how, world.steps, world.faults, world.dialogue)


def _live(world: World) -> tuple[str, str]:
    memory = Memory(world)
    try:
        write_story(world)
        while world.timeline.now - 1000.0 < DRAINED and world.steps < MOST_STEPS:
            before = world.steps
            world.timeline.step()
            if world.steps != before:
                fault = broken(memory)
                if fault[0]:
                    return fault
                if world.calm and world.at_rest:
                    break
    except Exception as error:
        return type(error).__name__, traceback.format_exc()
    complaint = nobody_waits_for_ever(memory)
    return (nobody_waits_for_ever.__name__, complaint) if complaint else ("", "")
