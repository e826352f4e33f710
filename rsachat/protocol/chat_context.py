"""What all end-to-end machines of one login share, and what outlives a login.

The machines know pins only through `PeerPins`; where pins lie and what is said about them is
the core's.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.recent import Recent
from rsachat.settings import ChatLimits


class Standing(Enum):
    """What the pins say about a key."""

    ACCEPTED = "pinned, and good enough"
    UNKNOWN = "never seen; its bundle says whose it is"
    REFUSED = "another key is pinned for its name, or only verified ones are accepted"


class PeerPins(Protocol):
    """The pins of people, as far as sessions need them (PROTOCOL 5.3, 5.4)."""

    def standing(self, fp: bytes) -> Standing:
        """Whether a session that the key `fp` begins may be accepted."""
        ...

    def admit(self, name: str, fp: bytes) -> bool:
        """A signed bundle says that `fp` is `name`: pin it if both are new.

        Whether to go on; False for a changed key or name, and under `--strict` for a new one.
        """
        ...


class ProcessMemory:
    """What must not be forgotten while the process lives, whatever connections come and go.

    `own_pids` are the prekeys it made, `fallback` the secret that stands in where an OAEP
    ciphertext does not open. Delivered message ids are kept for each sender's fingerprint.
    """

    __slots__ = ("_mids", "fallback", "own_pids")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self.fallback = random(32)
        self.own_pids: set[bytes] = set()
        self._mids: OrderedDict[bytes, Recent[bytes]] = OrderedDict()

    def is_new(self, fp: bytes, mid: bytes, limits: ChatLimits) -> bool:
        """Whether this sender's message id was not seen before; from now on it was."""
        mids = self._mids.get(fp)
        if mids is None:
            mids = self._mids[fp] = Recent(limits.mids)
            if len(self._mids) > limits.senders:
                self._mids.popitem(last=False)
        self._mids.move_to_end(fp)
        return mids.add(mid)


@dataclass(frozen=True, slots=True)
class ChatContext:
    """One login: who we are here (`session` 8 bytes, `name` as the server knows it) and tools."""

    key: PrivateKey
    name: str
    server_fp: bytes
    session: bytes
    pins: PeerPins
    memory: ProcessMemory
    ambient: Ambient
    limits: ChatLimits = field(default_factory=ChatLimits)

    @property
    def now(self) -> float:
        return self.ambient.monotonic()
