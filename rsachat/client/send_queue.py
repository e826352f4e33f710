"""Own texts before they are sent: each leaves in the order in which they were written.

A letter waits until the server has said where its recipient is; younger ones wait behind it,
whoever they are for, as an address and a name may mean the same person. Who is absent holds up
nobody: that letter is put aside, and returns to its place when somebody comes.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rsachat.client.finding import is_one_of
from rsachat.protocol.messages import Entry


@dataclass(frozen=True, slots=True)
class Letter:
    """A text for `who`. `line` is what was typed, given back if it cannot be sent."""

    place: int
    who: str
    text: str
    line: str
    mid: bytes | None = None  # of a text that an earlier connection did not bring to its end
    carried: bool = False  # from an earlier connection, or written while there was none


class SendQueue:
    """Each letter is waiting, ready or put aside, until it is taken or dropped."""

    def __init__(self) -> None:
        self._last = 0
        self._order: list[int] = []  # a heap of places; of some the letter is here no more
        self._waiting: dict[int, Letter] = {}
        self._ready: dict[int, tuple[Letter, tuple[Entry, ...]]] = {}
        self._aside: list[Letter] = []

    def enter(
        self, who: str, text: str, line: str, mid: bytes | None = None, *, carried: bool
    ) -> Letter:
        """A letter that waits behind all others."""
        self._last += 1
        letter = Letter(self._last, who, text, line, mid, carried)
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
        self.drop(letter)
        self._aside.append(letter)

    def bring_back(self, came: Sequence[Entry] | None = None) -> list[Letter]:
        """What was put aside for those who `came`, or for anybody, oldest first; it waits again."""
        aside, self._aside, back = self._aside, [], list[Letter]()
        for letter in aside:
            (back if came is None or _is_for(letter, came) else self._aside).append(letter)
        for letter in back:
            self._wait(letter)
        return _by_age(back)

    def take(self) -> Iterator[tuple[Letter, tuple[Entry, ...]]]:
        """What can be sent now: all up to the first that waits."""
        while self._order and self._order[0] not in self._waiting:
            place = heapq.heappop(self._order)
            if place in self._ready:
                yield self._ready.pop(place)

    def give_up(self) -> list[Letter]:
        """All that was neither taken nor dropped, oldest first; none of them is here any more."""
        letters = [*self._waiting.values(), *self._aside, *(x for x, _ in self._ready.values())]
        self._waiting, self._aside, self._ready = {}, [], {}
        return _by_age(letters)

    @property
    def some_aside(self) -> bool:
        return bool(self._aside)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._ready) + len(self._aside)

    def _wait(self, letter: Letter) -> None:
        heapq.heappush(self._order, letter.place)
        self._waiting[letter.place] = letter


def _is_for(letter: Letter, entries: Sequence[Entry]) -> bool:
    return any(is_one_of(entry, letter.who) for entry in entries)


def _by_age(letters: Iterable[Letter]) -> list[Letter]:
    return sorted(letters, key=lambda letter: letter.place)
