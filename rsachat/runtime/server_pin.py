"""Which server key is expected at an address, and on whose word (PROTOCOL 5.3).

Looks and answers only: asking a person, connecting and pinning are done elsewhere.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum, auto

from rsachat.runtime.key_files import SERVER
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.pins import Pins


class Word(Enum):
    """On whose word a key is expected."""

    OPTION = auto()  # --server-key or --fingerprint
    KNOWN = auto()  # known_servers, from an earlier contact
    FOLDER = auto()  # server-rsapub.pem in the keys folder; no known_servers line is written


@dataclass(frozen=True, slots=True)
class ExpectedServer:
    """The fingerprint (32 bytes) that the server has to prove."""

    fp: bytes
    word: Word


def expected_server(
    store: Keystore, pins: Pins, address: str, *, loopback: bool, named: bytes | None = None
) -> ExpectedServer | None:
    """The pin for a server at `address` (`host:port`), None at first use.

    `named` is the fingerprint that the command line gives, if any. `loopback`: the address lies
    on this machine; elsewhere this machine's own server key proves nobody. Raises KeyFileError
    for a damaged pin, never falls back from it.
    """
    if named is not None:
        return ExpectedServer(named, Word.OPTION)
    pin = pins.server(address)
    if pin is not None:
        return ExpectedServer(pin.fp, Word.KNOWN)
    if store.owns(SERVER) and not loopback:
        return None
    key = store.public_key(SERVER)
    return ExpectedServer(key.fingerprint, Word.FOLDER) if key is not None else None


def is_loopback(host: str) -> bool:
    """Whether a host as typed (`localhost`, an address with or without a zone) is this machine."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
