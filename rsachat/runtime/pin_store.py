"""The chat core's door to the pins of a keys folder (client.people.PinStore)."""

from collections.abc import Callable

from rsachat.client.people import KnownPerson
from rsachat.runtime.pins import PeerPin, Pins, ToldName, Trust


class FilePinStore:
    """Writes pins through. Where the folder takes none, `warn` is told and they last one run."""

    def __init__(
        self, pins: Pins, wall_ms: Callable[[], int], warn: Callable[[str], object]
    ) -> None:
        self._pins = pins
        self._wall_ms = wall_ms
        self._warn = warn

    def people(self, server_fp: bytes) -> tuple[KnownPerson, ...]:
        return tuple(_known(pin) for pin in self._pins.peers(server_fp))

    def pin(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        wanted = PeerPin(server_fp, name, fp, Trust.TOFU, self._wall_ms())
        try:
            return _known(self._pins.add_peer(wanted))
        except OSError as error:
            self._warn(f"the key of {name} cannot be remembered: {error.strerror}")
            return _known(wanted)

    def verify(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        wanted = PeerPin(server_fp, name, fp, Trust.VERIFIED, self._wall_ms())
        held = [pin for pin in self._pins.peers(server_fp) if name == pin.name or fp == pin.fp]
        if any((pin.name, pin.fp) != (name, fp) for pin in held):
            return _known(held[0])
        try:
            self._pins.replace_peer(wanted)
        except OSError as error:
            self._warn(f"that {name} is verified cannot be remembered: {error.strerror}")
        return _known(wanted)

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        known = self._pins.told_name(server_fp, own_fp)
        if known is not None:
            return known
        wanted = ToldName(server_fp, own_fp, told, self._wall_ms())
        try:
            return self._pins.add_name(wanted).name
        except OSError as error:
            self._warn(f"the name {told} cannot be remembered: {error.strerror}")
            return told


def _known(pin: PeerPin) -> KnownPerson:
    return KnownPerson(pin.name, pin.fp, pin.trust is Trust.VERIFIED)
