"""What happens in a world, by the throw of its dice: people, lines, files and faults."""

import random
from collections.abc import Callable
from functools import partial

from rsachat.protocol.transfer import Mode
from tests.simulation.chatter import Chatter
from tests.simulation.home import Home
from tests.simulation.insider import CHAT_DEEDS, DEEDS, TRESPASS, UPLOAD_DEEDS
from tests.simulation.site import PEOPLE
from tests.simulation.world import World

SECONDS = 30.0  # until the faults stop
QUIET_SEEDS = 100  # no storm in these, which the fast tests take
LONG = " " + "x" * 600


def write_story(world: World) -> None:
    """Put all that will happen on the world's line of time."""
    dice, later = world.dice, world.timeline.after
    for name in ("alice", "bob", *dice.sample(PEOPLE, dice.randrange(3))):
        later(dice.random() * 2, partial(world.chat, name))
    for _ in range(dice.randrange(6, 15)):
        later(2 + dice.random() * 26, partial(_type, world))
    if dice.random() < 0.25:
        later(3 + dice.random() * 10, partial(_flood, world))
    if dice.random() < 0.3:
        later(5 + dice.random() * 20, partial(_leave, world))
    strikes = [1 + dice.random() * 27 for _ in range(dice.randrange(2, 7))]
    for _ in range(dice.choice((0, 1, 1, 2))):
        at = dice.random() * 22
        later(at, partial(_upload, world))
        strikes += [at + dice.random() * 1.5 for _ in range(dice.randrange(3))]
    for at in strikes:
        later(at, partial(_strike, world))
    if world.seed >= QUIET_SEEDS and world.seed % 4 == 3:
        _storm(world)
    if world.insider:
        _harm(world)
    later(SECONDS, world.clear)


def _storm(world: World) -> None:
    """Fault upon fault, most of them while files are on their way."""
    dice, later = world.dice, world.timeline.after
    for _ in range(3):
        at = dice.random() * 22
        later(at, partial(_upload, world))
        for _ in range(4):
            later(at + dice.random() * 2, partial(_strike, world))


def _harm(world: World) -> None:
    """What an insider does, beside all the rest: in chats, and in an upload beside another's."""
    dice, later = random.Random(f"{world.seed} insider"), world.timeline.after
    later(dice.random() * 2, partial(world.chat, world.insider))
    for _ in range(dice.randrange(4, 8)):
        kind = dice.choice(tuple(CHAT_DEEDS))
        later(3 + dice.random() * 25, partial(world.harm, kind, dice))
    at = dice.random() * 22
    for name in (world.insider, dice.choice(PEOPLE)):
        later(at, partial(world.upload, name, dice.randbytes(2500), Mode.RSA_CHUNKS))
    for kind in (TRESPASS, *dice.choices(tuple(UPLOAD_DEEDS), k=dice.randrange(1, 4))):
        later(at + 0.2 + dice.random() * 1.5, partial(world.harm, kind, dice))


def _here(world: World) -> list[Chatter]:
    return [c for c in world.chatters if not (c.leaving or c.gone or c.machine.dead)]


def _type(world: World) -> None:
    dice, here = world.dice, _here(world)
    if here:
        chatter = dice.choice(here)
        to = _somebody(world, chatter)
        if world.addresses and dice.random() < 0.2:
            to = dice.choice(list(world.addresses))
        world.type(chatter, to)


def _flood(world: World) -> None:
    """More than a slow reader's queue holds."""
    here = _here(world)
    if here:
        chatter = world.dice.choice(here)
        to = _somebody(world, chatter)
        for _ in range(30):
            world.type(chatter, to, LONG)


def _somebody(world: World, chatter: Chatter) -> str:
    """A name to write to, mostly of somebody who is there."""
    others = [c.name for c in _here(world) if c.name != chatter.name]
    strangers = [name for name in PEOPLE if name != chatter.name]
    return world.dice.choice(others if others and world.dice.random() < 0.9 else strangers)


def _leave(world: World) -> None:
    here = _here(world)
    if here:
        world.dice.choice(here).leave()


def _upload(world: World) -> None:
    dice = world.dice
    mode = Mode.ENVELOPE if dice.random() < 0.25 else Mode.RSA_CHUNKS
    size = dice.choice((0, 1, 700, 2500, 4000, 5000))
    if mode is Mode.ENVELOPE:
        size = dice.choice((10, 65_536, 150_000))
    world.upload(dice.choice(PEOPLE), dice.randbytes(size), mode)


def _strike(world: World) -> None:
    kind = world.dice.choice(tuple(KINDS))
    if KINDS[kind](world):
        world.faults[kind] += 1


# the kinds of faults; each says whether it found somebody to happen to


def _cut(world: World) -> bool:
    pairs = world.net.live()
    if pairs:
        world.say("the network", "cuts a connection")
        world.net.cut(world.dice.choice(pairs))
    return bool(pairs)


def _half_open(world: World) -> bool:
    pairs = world.net.live()
    if pairs:
        world.say("the network", "loses all of a connection from now on")
        world.net.silence(world.dice.choice(pairs))
    return bool(pairs)


def _slow_reader(world: World) -> bool:
    pairs = world.net.live()
    if pairs:
        seconds = world.dice.choice((1.0, 5.0, 15.0, 40.0))
        end = world.dice.choice(world.dice.choice(pairs))
        world.say(getattr(end.owner, "name", "stranger"), f"does not read for {seconds} s")
        world.net.stall(end, seconds)
    return bool(pairs)


def _frozen_process(world: World) -> bool:
    running = [u.machine for u in world.uploaders]
    machines = [world.site.machine, *(c.machine for c in _here(world)), *running]
    machine = world.dice.choice([m for m in machines if not m.dead] or machines)
    seconds = world.dice.choice((0.5, 3.0, 10.0))
    world.say(machine.name, f"is stopped for {seconds} s")
    machine.freeze(seconds)
    return True


def _worker_death(world: World) -> bool:
    """Counted when it happens."""
    world.site.workers.doomed += world.dice.choice((1, 1, 2))
    for uploader in world.uploaders:
        if uploader.machine.workers is not None and world.dice.random() < 0.3:
            uploader.machine.workers.doomed += 1
    return False


def _server_crash(world: World) -> bool:
    if not world.site.up:
        return False
    world.say("server", "is killed")
    world.site.crash()
    world.restart_soon()
    return True


def _crash_in_a_write(world: World) -> bool:
    """Counted when it happens."""
    world.site.drive.die_in = world.dice.randrange(6)
    return False


def _power_cut(world: World) -> bool:
    if not world.site.up:
        return False
    world.say("server", "loses its power")
    world.site.lose_power()
    for uploader in world.uploaders:
        uploader.server_lost_power()
    world.restart_soon()
    return True


def _server_stop(world: World) -> bool:
    if not world.site.up:
        return False
    world.say("server", "is told to stop")
    world.site.stop()
    world.timeline.after(3 + world.dice.random() * 3, world.restart)
    return True


def _client_crash(world: World) -> bool:
    running = [u for u in world.uploaders if u.running]
    if running and world.dice.random() < 0.5:
        world.kill(world.dice.choice(running))
        return True
    here = _here(world)
    if here:
        world.kill(world.dice.choice(here))
    return bool(here)


def _power_cut_at_home(world: World) -> bool:
    home = _somebodys_home(world)
    if home is not None:
        world.lose_power_at(home)
    return home is not None


def _power_cut_in_a_write_at_home(world: World) -> bool:
    """Counted when it happens, as the next one."""
    return _die_in_a_write(world, goes_dark=True)


def _crash_in_a_write_at_home(world: World) -> bool:
    return _die_in_a_write(world, goes_dark=False)


def _die_in_a_write(world: World, *, goes_dark: bool) -> bool:
    home = _somebodys_home(world)
    if home is not None:
        home.goes_dark, home.drive.die_in = goes_dark, world.dice.randrange(10)
    return False


def _somebodys_home(world: World) -> Home | None:
    """Where something runs."""
    running = [process.home for process in world.people if not process.machine.dead]
    return world.dice.choice(running) if running else None


def _clock_jump(world: World) -> bool:
    whose = world.dice.choice(tuple(world.clocks))
    minutes = world.dice.choice((-180, -20, -6, -1, 1, 1, 6, 20))
    world.say(whose, f"has its clock set by {minutes} minutes")
    world.clocks[whose].offset_ms += minutes * 60_000
    return True


def _hostile_frames(world: World) -> bool:
    """Counted when they are sent."""
    for _ in range(world.dice.choice((1, 1, 3))):
        world.provoke()
    return False


KINDS: dict[str, Callable[[World], bool]] = {
    "cut": _cut,
    "half-open peer": _half_open,
    "slow reader": _slow_reader,
    "frozen process": _frozen_process,
    "worker death": _worker_death,
    "server crash": _server_crash,
    "crash in a write": _crash_in_a_write,
    "power cut": _power_cut,
    "server stop": _server_stop,
    "client crash": _client_crash,
    "power cut at home": _power_cut_at_home,
    "power cut in a write at home": _power_cut_in_a_write_at_home,
    "crash in a write at home": _crash_in_a_write_at_home,
    "clock jump": _clock_jump,
    "hostile frames": _hostile_frames,
}
ALL_KINDS = (*KINDS, "delay", "byte split", "reordering", *DEEDS)
