"""INITs of senders whose key is not known yet, and the envelopes behind them (PROTOCOL 4.2).

Checked and signed, they wait a few seconds for the sender's bundle, within bounds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rsachat.protocol.chat_events import Sender
from rsachat.protocol.envelope import Init, Msg
from rsachat.settings import ChatLimits


@dataclass(slots=True)
class Held:
    """An INIT of `sender` until `until` (monotonic), and the messages of its session so far."""

    sender: Sender
    init: Init
    until: float
    behind: list[Msg] = field(default_factory=list)
    bytes_behind: int = 0


class HeldInits:
    """By session id, in the order in which they came."""

    def __init__(self, limits: ChatLimits) -> None:
        self._limits = limits
        self._held: dict[bytes, Held] = {}
        self._bytes = 0

    def get(self, sid: bytes) -> Held | None:
        return self._held.get(sid)

    def hold(self, sender: Sender, init: Init, now: float) -> bool:
        """Whether there is room for it."""
        if len(self._held) >= self._limits.held_inits:
            return False
        self._held[init.sid] = Held(sender, init, now + self._limits.held_seconds)
        return True

    def put_behind(self, held: Held, msg: Msg, size: int) -> bool:
        """Whether there is room for one more envelope, of `size` bytes, behind its INIT."""
        limits = self._limits
        full = len(held.behind) >= limits.behind_messages
        if full or held.bytes_behind + size > limits.behind_bytes:
            return False
        if self._bytes + size > limits.behind_all:
            return False
        held.behind.append(msg)
        held.bytes_behind += size
        self._bytes += size
        return True

    def waits(self, sender: Sender) -> bool:
        """Whether anything of this sender is held."""
        return any(h.sender == sender for h in self._held.values())

    def take(self, sender: Sender) -> list[Held]:
        """Everything held of one sender, which waits no longer."""
        return self._remove(h for h in self._held.values() if h.sender == sender)

    def take_session(self, session: bytes) -> list[Held]:
        """Everything held of a sending session that left."""
        return self._remove(h for h in self._held.values() if h.sender.session == session)

    def take_overdue(self, now: float) -> list[Held]:
        return self._remove(h for h in self._held.values() if h.until <= now)

    def next_deadline(self) -> float | None:
        return min((h.until for h in self._held.values()), default=None)

    def _remove(self, chosen: Iterable[Held]) -> list[Held]:
        gone = list(chosen)
        for held in gone:
            del self._held[held.init.sid]
            self._bytes -= held.bytes_behind
        return gone
