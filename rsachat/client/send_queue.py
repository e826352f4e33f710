"""Own texts before they are sent: each leaves in the order in which they were written.

A letter waits until the server has said where its recipient is; younger ones wait behind it,
whoever they are for, as an address and a name may mean the same person. Who is absent holds up
nobody: that letter is put aside, and returns to its place when it is asked about again.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rsachat.client.carried import Pending
from rsachat.client.finding import names_of
from rsachat.protocol.messages import Entry


@dataclass(frozen=True, slots=True)
class Letter:
    """An own text at its place in the queue.

    `carried`: it is from an earlier connection, or was written while there was none.
    """

    place: int
    own: Pending
    carried: bool


class SendQueue:
    """Each letter is waiting, ready or put aside, until it is taken or dropped."""

    def __init__(self) -> None:
        self._last = 0
        self._order: list[int] = []  # a heap of places; of some the letter is here no more
        self._waiting: dict[int, Letter] = {}
        self._ready: dict[int, tuple[Letter, tuple[Entry, ...]]] = {}
        self._aside: dict[str, list[Letter]] = {}  # by whom it is for

    def enter(self, own: Pending, *, carried: bool) -> Letter:
        """A letter that waits behind all others."""
        self._last += 1
        letter = Letter(self._last, own, carried)
        self._wait(letter)
        return letter

    def ready(self, letter: Letter, entries: tuple[Entry, ...]) -> None:
        """It is known to which sessions it goes."""
        del self._waiting[letter.place]
        self._ready[letter.place] = (letter, entries)

    def drop(self, letter: Letter) -> None:
        """It will not be sent."""
        del self._waiting[letter.place]

    def put_aside(self, letter: Letter) -> None:
        """Its recipient is absent."""
        del self._waiting[letter.place]
        self._aside.setdefault(letter.own.who, []).append(letter)

    def bring_back(self, came: Iterable[Entry] | None = None) -> list[Letter]:
        """What was put aside for those who `came`, or for anybody, oldest first; it waits again."""
        names = list(self._aside) if came is None else names_of(came)
        back = [letter for who in names for letter in self._aside.pop(who, ())]
        for letter in back:
            self._wait(letter)
        return _by_age(back)

    def take_back(self, session: bytes) -> list[Letter]:
        """What was ready for a session that has left, oldest first; it waits again."""
        ready = self._ready.values()
        back = [letter for letter, to in ready if any(entry.session == session for entry in to)]
        for letter in back:
            del self._ready[letter.place]
            self._wait(letter)
        return _by_age(back)

    def take(self) -> Iterator[tuple[Letter, tuple[Entry, ...]]]:
        """What can be sent now: all up to the first that waits."""
        while self._order and self._order[0] not in self._waiting:
            place = heapq.heappop(self._order)
            if place in self._ready:
                yield self._ready.pop(place)

    def give_up(self) -> list[Pending]:
        """All that was neither taken nor dropped, oldest first; none of it is here any more."""
        aside = (letter for letters in self._aside.values() for letter in letters)
        ready = (letter for letter, _ in self._ready.values())
        letters = _by_age([*self._waiting.values(), *aside, *ready])
        for places in (self._order, self._waiting, self._aside, self._ready):
            places.clear()
        return [letter.own for letter in letters]

    @property
    def some_aside(self) -> bool:
        return bool(self._aside)

    @property
    def held(self) -> int:
        """How many letters wait for no answer: they are ready or put aside."""
        return len(self._ready) + sum(map(len, self._aside.values()))

    def _wait(self, letter: Letter) -> None:
        heapq.heappush(self._order, letter.place)
        self._waiting[letter.place] = letter


def _by_age(letters: Iterable[Letter]) -> list[Letter]:
    return sorted(letters, key=lambda letter: letter.place)
