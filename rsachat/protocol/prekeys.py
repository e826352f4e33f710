"""One's own prekeys: the current one, and for a minute the one before it (PROTOCOL 4.1).

Dropping the private part is the forward secrecy of chat, so it is dropped by the clock, not by
the next use.
"""

from dataclasses import dataclass, field

from rsachat.crypto.kem import KemKeyPair
from rsachat.protocol.bundle import Bundle, make_bundle
from rsachat.protocol.chat_context import ChatContext


@dataclass(slots=True)
class Prekey:
    """`sids` are the sessions accepted under it.

    `made_at` and `dies_at` are monotonic; `dies_at` is None while it is the current one.
    """

    pid: bytes
    pair: KemKeyPair
    made_at: float
    made_wall_ms: int
    dies_at: float | None = None
    sids: set[bytes] = field(default_factory=set)


class Prekeys:
    """Empty until the first `renew`."""

    def __init__(self, context: ChatContext) -> None:
        self._context = context
        self._live: list[Prekey] = []  # the current one last

    def renew(self) -> Bundle:
        """A new prekey, its bundle signed (about 3 ms); the one before lives a little longer."""
        context, limits = self._context, self._context.limits
        pair, wall = context.ambient.kem.generate(), context.ambient.wall_ms()
        times = (wall, wall + limits.bundle_life_ms)
        bundle = make_bundle(
            context.key, context.name, context.server_fp, pair, times, context.ambient.random
        )
        for old in self._live[-1:]:
            old.dies_at = context.now + limits.prekey_grace
        self._live.append(Prekey(bundle.pid, pair, context.now, wall))
        context.memory.own_pids.add(bundle.pid)
        return bundle

    def find(self, pid: bytes) -> Prekey | None:
        """The prekey of that name if its private part still lives."""
        self.forget()
        return next((prekey for prekey in self._live if prekey.pid == pid), None)

    def forget(self) -> None:
        """Drop the private parts whose time is over."""
        now = self._context.now
        self._live = [p for p in self._live if p.dies_at is None or p.dies_at > now]

    def is_due(self) -> bool:
        """Whether `renew` should be called.

        An hour has passed, 4096 sessions came, or somebody has set the clock: by the new time the
        bundle may be out of date, and nobody could begin a session.
        """
        return bool(self._live) and self._context.now >= self._renew_at()

    def next_deadline(self) -> float | None:
        """When something is to be forgotten or renewed (monotonic seconds)."""
        if not self._live:
            return None
        return min([self._renew_at(), *(p.dies_at for p in self._live if p.dies_at is not None)])

    def _renew_at(self) -> float:
        current, limits = self._live[-1], self._context.limits
        early = len(current.sids) >= limits.prekey_inits or self._clock_was_set()
        return current.made_at + (limits.prekey_gap if early else limits.prekey_seconds)

    def _clock_was_set(self) -> bool:
        """Against the monotonic clock, since the current one was made."""
        current, context = self._live[-1], self._context
        passed_ms = (context.now - current.made_at) * 1000
        off = context.ambient.wall_ms() - current.made_wall_ms - passed_ms
        return abs(off) > context.limits.bundle_skew_ms
