"""What only the server's core and its shell say to each other; the rest is in io_events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from rsachat.server.notices import Notice


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Who may come in, as the keys folder says: fingerprints (32 bytes) to names.

    `guests` took their names from an open server earlier and count on such a server only;
    a fingerprint in `revoked` never comes in.
    """

    authorized: Mapping[bytes, str] = field(default_factory=dict)
    guests: Mapping[bytes, str] = field(default_factory=dict)
    revoked: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class KeysLoaded:
    """The keys folder was looked at: answers LoadKeys, or something there changed."""

    keys: KeyRing


class Redeemed(Enum):
    """What became of an invitation; FAILED is the server's own trouble, and spends nothing."""

    ACCEPTED = auto()
    REFUSED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class InvitationRedeemed:
    """Answers RedeemInvitation; for ACCEPTED, KeysLoaded with the new key came before."""

    conn: int
    outcome: Redeemed


@dataclass(frozen=True, slots=True)
class StopRequested:
    """A signal asked the server to end."""


@dataclass(frozen=True, slots=True)
class LoadKeys:
    """Look at the keys folder now: a key is about to be refused."""


@dataclass(frozen=True, slots=True)
class StoreGuest:
    """An unknown key took a free name on an open server."""

    name: str
    spki: bytes


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """The owner of a name that was stored is here: at its login, and whenever keys are loaded."""

    name: str


@dataclass(frozen=True, slots=True)
class RedeemInvitation:
    """Let a newcomer's key in if this was invited (PROTOCOL 5.5); `hashed` is of the secret."""

    conn: int
    hashed: bytes
    name: str
    spki: bytes


@dataclass(frozen=True, slots=True)
class Announce:
    """Show a notice to the person beside the server."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Stop:
    """All goodbyes are on their way: end when they have left."""
