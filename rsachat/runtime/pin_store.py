"""The chat core's door to the pins of a keys folder (client.people.PinStore)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rsachat.client.people import KnownPerson
from rsachat.errors import KeyFileError, RsachatError
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
        held = wanted
        with self._or_warning(f"the key of {name}"):
            held = self._pins.add_peer(wanted)
        return _known(held)

    def verify(self, server_fp: bytes, name: str, fp: bytes) -> KnownPerson:
        wanted = PeerPin(server_fp, name, fp, Trust.VERIFIED, self._wall_ms())
        held = [pin for pin in self._pins.peers(server_fp) if name == pin.name or fp == pin.fp]
        if any((pin.name, pin.fp) != (name, fp) for pin in held):
            return _known(held[0])
        with self._or_warning(f"that {name} is verified"):
            self._pins.replace_peer(wanted)
        return _known(wanted)

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        known = self._pins.told_name(server_fp, own_fp)
        if known is not None:
            return known
        wanted = ToldName(server_fp, own_fp, told, self._wall_ms())
        held = wanted
        with self._or_warning(f"the name {told}"):
            held = self._pins.add_name(wanted)
        return held.name

    @contextmanager
    def _or_warning(self, what: str) -> Iterator[None]:
        """A folder that takes nothing is said; a damaged file in it stops everything."""
        try:
            yield
        except KeyFileError:
            raise
        except RsachatError as error:
            self._warn(f"{what} cannot be remembered: {error.why or error.what}")


def _known(pin: PeerPin) -> KnownPerson:
    return KnownPerson(pin.name, pin.fp, pin.trust is Trust.VERIFIED)
