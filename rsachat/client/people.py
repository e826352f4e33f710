"""Who is who for this client: pinned people, and the name this client was first told.

The pins lie elsewhere; `PinStore` is the door to them. What was pinned in this run is NEW,
what was known before is PINNED or VERIFIED.
"""

from dataclasses import dataclass, field
from typing import Protocol

from rsachat.client.views import Trust
from rsachat.protocol.chat_context import Standing


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A pin of the server at hand: fingerprint of 32 bytes."""

    name: str
    fp: bytes
    verified: bool


class PinStore(Protocol):
    """The pins of one keys folder, as the chat core needs them."""

    def people(self, server_fp: bytes) -> tuple[KnownPerson, ...]: ...
    def pin(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        """Pin both if they are new; the pin that holds."""
        ...

    def verify(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        """A person compared the key: pin it as verified."""
        ...

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        """Remember the name a server told this key first; the name that holds."""
        ...


@dataclass(slots=True)
class People:
    """Pins of one server, kept in step with the store. Implements what sessions ask of pins.

    With `strict` only verified people are written to and shown. `own` is this side's name and
    key: nobody has to compare it.
    """

    store: PinStore
    server_fp: bytes
    strict: bool = False
    own: KnownPerson | None = None
    _by_name: dict[str, KnownPerson] = field(default_factory=dict)
    _by_fp: dict[bytes, KnownPerson] = field(default_factory=dict)
    _new: set[bytes] = field(default_factory=set)
    _untold: list[tuple[str, bytes]] = field(default_factory=list)
    refused: dict[bytes, str] = field(default_factory=dict)
    """Keys that a pin speaks against, and under which name they came."""

    def __post_init__(self) -> None:
        for person in self.store.people(self.server_fp):
            self._remember(person)
        if self.own is not None:
            self._remember(self.own)

    def standing(self, fp: bytes) -> Standing:
        """Whether a session that the key begins may be accepted."""
        person = self._by_fp.get(fp)
        if person is not None and (person.verified or not self.strict):
            return Standing.ACCEPTED
        if self.strict or fp in self.refused:
            return Standing.REFUSED
        return Standing.UNKNOWN

    def admit(self, name: str, fp: bytes) -> bool:
        """A signed bundle says that `fp` is `name`: pin it if both are new."""
        if not self.agrees(name, fp):
            self.refused[fp] = name
            return False
        if self.strict:
            return self.standing(fp) is Standing.ACCEPTED
        if fp not in self._by_fp:
            held = self.store.pin(self.server_fp, name, fp)
            self._remember(held)
            if (held.name, held.fp) != (name, fp):
                self.refused[fp] = name
                return False
            self._new.add(fp)
            self._untold.append((name, fp))
        return True

    def take_new(self) -> list[tuple[str, bytes]]:
        """Names and keys that were pinned since the last time: first contacts to be told."""
        untold, self._untold = self._untold, []
        return untold

    def verify(self, name: str, fp: bytes) -> bool:
        """A person compared the key and found it right; False if a pin speaks against it."""
        if not self.agrees(name, fp):
            return False
        held = self.store.verify(self.server_fp, name, fp)
        self._remember(held)
        self._new.discard(fp)
        return (held.name, held.fp) == (name, fp)

    def name_of(self, fp: bytes) -> str | None:
        """The pinned name of a key; names come from pins, never from what a peer claims."""
        person = self._by_fp.get(fp)
        return None if person is None else person.name

    def pinned_key(self, name: str) -> bytes | None:
        """The key pinned for a name."""
        person = self._by_name.get(name)
        return None if person is None else person.fp

    def trust(self, fp: bytes) -> Trust:
        person = self._by_fp.get(fp)
        if person is None or fp in self._new:
            return Trust.NEW
        return Trust.VERIFIED if person.verified else Trust.PINNED

    def agrees(self, name: str, fp: bytes) -> bool:
        """One key for a name and one name for a key."""
        by_name, by_fp = self._by_name.get(name), self._by_fp.get(fp)
        return (by_name is None or by_name.fp == fp) and (by_fp is None or by_fp.name == name)

    def _remember(self, person: KnownPerson) -> None:
        self._by_name[person.name] = person
        self._by_fp[person.fp] = person
