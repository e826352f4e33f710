"""What a core needs from outside: clocks, randomness and key encapsulation, as arguments."""

from collections.abc import Callable
from dataclasses import dataclass

from rsachat.crypto.kem import Kem


@dataclass(frozen=True, slots=True)
class Ambient:
    """`monotonic` gives seconds, `wall_ms` milliseconds since 1970 UTC, `random` n bytes."""

    monotonic: Callable[[], float]
    wall_ms: Callable[[], int]
    random: Callable[[int], bytes]
    kem: Kem
