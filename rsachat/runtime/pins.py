"""Keys met before, by whom and where: known_servers, known_peers, known_names (PROTOCOL 5.2, 5.3).

One line a pin, its fields apart by spaces. A damaged line stops everything with its number: to
skip it would turn a pinned key into a first contact. Readers take no lock, for each change
replaces the file whole; writers change it under one lock, so that two programs lose nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from rsachat.amounts import rfc3339
from rsachat.crypto.fingerprint import fingerprint_text, parse_fingerprint
from rsachat.errors import KeyFileError
from rsachat.names import is_name
from rsachat.runtime.folder_lock import locked
from rsachat.runtime.key_files import (
    PRIVATE_MODE,
    read_bounded,
    shown,
    write_file,
)
from rsachat.runtime.whole_file import sync_folder
from rsachat.settings import KEY_FILES

KNOWN_SERVERS = "known_servers"
KNOWN_PEERS = "known_peers"
KNOWN_NAMES = "known_names"
_LOCK = ".known.lock"


class Trust(StrEnum):
    """How a pin came about."""

    TOFU = "tofu"  # taken at first contact
    VERIFIED = "verified"  # compared by a person

    @property
    def said(self) -> str:
        """The word for it that the chat has too."""
        return "pinned" if self is Trust.TOFU else self.value


@dataclass(frozen=True, slots=True)
class ServerPin:
    """A server's key at an address (`host:port`). Fingerprints are 32 bytes, times Unix ms."""

    address: str
    fp: bytes
    trust: Trust
    since_ms: int


@dataclass(frozen=True, slots=True)
class PeerPin:
    """A person's key on one server."""

    server: bytes
    name: str
    fp: bytes
    trust: Trust
    since_ms: int


@dataclass(frozen=True, slots=True)
class ToldName:
    """The name that a server first told to one of our own keys."""

    server: bytes
    own: bytes
    name: str
    since_ms: int


Pin = TypeVar("Pin", bound=ServerPin | PeerPin | ToldName)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Pin]):
    """How one file's lines are read and written, and what may stand in it only once."""

    file: str
    parse: Callable[[list[str]], Pin]
    fields: Callable[[Pin], tuple[str, ...]]
    once: Callable[[Pin], tuple[Hashable, ...]]


class Pins:
    """The pins of one keys folder.

    Every method raises KeyFileError for a file that cannot be read; those that change one raise
    RsachatError if it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def servers(self) -> tuple[ServerPin, ...]:
        return self._read(_SERVERS)

    def server(self, address: str) -> ServerPin | None:
        return next((pin for pin in self.servers() if pin.address == address), None)

    def add_server(self, pin: ServerPin) -> ServerPin:
        """Pin at first contact; the pin that holds, which is the older one if there was one."""
        return self._add(_SERVERS, pin)

    def replace_server(self, pin: ServerPin) -> None:
        """Pin in place of what was known: only ever because a person said so."""
        self._replace(_SERVERS, pin)

    def remove_server(self, address: str) -> bool:
        """Forget a server; whether it was known."""
        return self._remove(_SERVERS, lambda pin: pin.address == address)

    def peers(self, server: bytes) -> tuple[PeerPin, ...]:
        """Everybody known on the server of this fingerprint."""
        return tuple(pin for pin in self.all_peers() if pin.server == server)

    def all_peers(self) -> tuple[PeerPin, ...]:
        return self._read(_PEERS)

    def add_peer(self, pin: PeerPin) -> PeerPin:
        """Pin at first contact; the pin that holds: an older one of this name or of this key."""
        return self._add(_PEERS, pin)

    def replace_peer(self, pin: PeerPin) -> None:
        """Pin in place of all that was known of this name or this key: a person said so."""
        self._replace(_PEERS, pin)

    def remove_peer(self, server: bytes, name: str) -> bool:
        """Forget a person; whether there was one."""
        return self._remove(_PEERS, lambda pin: (pin.server, pin.name) == (server, name))

    def told_names(self) -> tuple[ToldName, ...]:
        return self._read(_NAMES)

    def told_name(self, server: bytes, own: bytes) -> str | None:
        """What this server first called this key of ours."""
        found = (told for told in self.told_names() if (told.server, told.own) == (server, own))
        return next((told.name for told in found), None)

    def add_name(self, told: ToldName) -> ToldName:
        """Remember a name at first telling; the one that holds, the older if there was one."""
        return self._add(_NAMES, told)

    def remove_name(self, server: bytes, own: bytes) -> bool:
        """Forget what a server called this key of ours; whether it had."""
        return self._remove(_NAMES, lambda told: (told.server, told.own) == (server, own))

    def _add(self, kind: _Kind[Pin], new: Pin) -> Pin:
        with locked(self.folder, _LOCK):
            pins = self._read(kind)
            for old in pins:
                if _collide(kind, old, new):
                    with suppress(OSError):  # whoever wrote it may have died before this
                        sync_folder(self.folder)
                    return old
            self._write(kind, (*pins, new))
        return new

    def _replace(self, kind: _Kind[Pin], new: Pin) -> None:
        with locked(self.folder, _LOCK):
            kept = (old for old in self._read(kind) if not _collide(kind, old, new))
            self._write(kind, (*kept, new))

    def _remove(self, kind: _Kind[Pin], unwanted: Callable[[Pin], bool]) -> bool:
        with locked(self.folder, _LOCK):
            pins = self._read(kind)
            kept = tuple(pin for pin in pins if not unwanted(pin))
            if len(kept) < len(pins):
                self._write(kind, kept)
        return len(kept) < len(pins)

    def _read(self, kind: _Kind[Pin]) -> tuple[Pin, ...]:
        path = self.folder / kind.file
        if not os.path.lexists(path):
            return ()
        pins: list[Pin] = []
        seen: set[Hashable] = set()
        for number, line in _lines(path):
            try:
                pin = kind.parse(line.split())
            except ValueError as error:
                raise _damaged(path, number, "it is no line of this file") from error
            if not seen.isdisjoint(kind.once(pin)):
                raise _damaged(path, number, "it pins again what an earlier line pins")
            seen.update(kind.once(pin))
            pins.append(pin)
        return tuple(pins)

    def _write(self, kind: _Kind[Pin], pins: tuple[Pin, ...]) -> None:
        path = self.folder / kind.file
        remarks = [line for _, line in _lines(path, remarks=True)] if path.exists() else []
        lines = remarks + [" ".join(kind.fields(pin)) for pin in pins]
        data = "".join(f"{line}\n" for line in lines).encode()
        write_file(path, data, PRIVATE_MODE, exclusive=False)


def _lines(path: Path, *, remarks: bool = False) -> Iterator[tuple[int, str]]:
    """Numbered lines, without empty ones: the pins, or the lines of remarks (`# …`)."""
    data = read_bounded(path, KEY_FILES.pins_bytes)
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if line.strip() and line.lstrip().startswith("#") == remarks:
            yield number, line


def _damaged(path: Path, number: int, why: str) -> KeyFileError:
    what = f"line {number} of {shown(path)} is damaged"
    hint = "correct the line or remove it; removed, its key counts as never met"
    return KeyFileError(what, why=why, hint=hint)


def _collide(kind: _Kind[Pin], old: Pin, new: Pin) -> bool:
    return not set(kind.once(old)).isdisjoint(kind.once(new))


def _time(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return int(moment.timestamp() * 1000)


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError("no name")
    return text


def _parse_server(fields: list[str]) -> ServerPin:
    address, fp, trust, since = fields
    return ServerPin(address, parse_fingerprint(fp), Trust(trust), _time(since))


def _parse_peer(fields: list[str]) -> PeerPin:
    server, name, fp, trust, since = fields
    key = parse_fingerprint(fp)
    return PeerPin(parse_fingerprint(server), _name(name), key, Trust(trust), _time(since))


def _parse_name(fields: list[str]) -> ToldName:
    server, own, name, since = fields
    return ToldName(parse_fingerprint(server), parse_fingerprint(own), _name(name), _time(since))


_SERVERS = _Kind(
    KNOWN_SERVERS,
    _parse_server,
    lambda pin: (pin.address, fingerprint_text(pin.fp), pin.trust, rfc3339(pin.since_ms)),
    lambda pin: (pin.address,),
)
_PEERS = _Kind(
    KNOWN_PEERS,
    _parse_peer,
    lambda pin: (
        fingerprint_text(pin.server),
        pin.name,
        fingerprint_text(pin.fp),
        pin.trust,
        rfc3339(pin.since_ms),
    ),
    lambda pin: ((pin.server, pin.name), (pin.server, pin.fp)),  # one key, one name a server
)
_NAMES = _Kind(
    KNOWN_NAMES,
    _parse_name,
    lambda told: (
        fingerprint_text(told.server),
        fingerprint_text(told.own),
        told.name,
        rfc3339(told.since_ms),
    ),
    lambda told: ((told.server, told.own),),
)
