"""The sender's side of one end-to-end session: seals, keeps tags, believes receipts (4.3, 4.4).

A session goes one way and lives as long as both connections. When to begin another one is the
correspondence's business.
"""

from collections import deque
from dataclasses import dataclass

from rsachat.crypto.kdf import equal
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.protocol.agreement import SessionKeys, make_init
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.bundle import Bundle
from rsachat.protocol.envelope import Receipt
from rsachat.protocol.ratchet import TEXT, Content, receipt_mac, seal, sealed_bytes
from rsachat.settings import ChatLimits


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A genuine receipt: so many of the oldest messages are delivered.

    `complete` is False if the recipient has missed one up to the number it names; then nothing
    is delivered by it, and the session has to end.
    """

    delivered: int
    complete: bool


class OutgoingSession:
    """Sans-IO; `begin` makes it, `seal` and `acknowledge` are called as often as needed."""

    __slots__ = (
        "_ambient",
        "_began",
        "_bytes",
        "_chain",
        "_count",
        "_limits",
        "_n",
        "_receipt_key",
        "_tags",
        "sid",
    )

    def __init__(self, sid: bytes, keys: SessionKeys, ambient: Ambient, limits: ChatLimits) -> None:
        self.sid = sid
        self._chain = keys.chain
        self._receipt_key = keys.receipt
        self._ambient = ambient
        self._limits = limits
        self._began = ambient.monotonic()
        self._n = 0
        self._count = 0
        self._bytes = 0
        self._tags: deque[tuple[bytes, int]] = deque()  # tag and length, oldest first

    @classmethod
    def begin(
        cls, own: PrivateKey, to: PublicKey, bundle: Bundle, ambient: Ambient, limits: ChatLimits
    ) -> "tuple[OutgoingSession, bytes]":
        """The session and its INIT. `bundle` is checked. Raises KemError for bad keys in it."""
        init, keys = make_init(own, to, bundle, ambient)
        return cls(init.sid, keys, ambient, limits), init.encode()

    @property
    def unreceipted(self) -> int:
        return len(self._tags)

    def spent(self) -> bool:
        """Whether it has had its share of messages or time; it seals nothing more."""
        age = self._ambient.monotonic() - self._began
        return self._n >= self._limits.session_messages or age >= self._limits.session_seconds

    def may_seal(self, body: bytes) -> bool:
        """Whether the window of messages without a receipt has room for this one too."""
        if len(self._tags) >= self._limits.window_messages or self.spent():
            return False
        return self._bytes + sealed_bytes(body) <= self._limits.window_bytes

    def seal(self, mid: bytes, body: bytes) -> bytes:
        """The next MSG with a text of at most 61,440 bytes; only while `may_seal`."""
        content = Content(TEXT, self._ambient.wall_ms(), mid, body)
        sealed = seal(self._chain, self.sid, self._n, content)
        self._chain = sealed.chain
        self._n += 1
        self._tags.append((sealed.tag, len(sealed.env)))
        self._bytes += len(sealed.env)
        return sealed.env

    def acknowledge(self, receipt: Receipt) -> Acknowledged | None:
        """What a receipt for this session says, or None if it is forged, replayed or stale."""
        place = receipt.n - (self._n - len(self._tags))
        if receipt.count <= self._count or not 0 <= place < len(self._tags):
            return None
        expected = receipt_mac(self._receipt_key, receipt.body(), self._tags[place][0])
        if not equal(expected, receipt.mac):
            return None
        self._count = receipt.count
        if receipt.got != receipt.n + 1:
            return Acknowledged(0, complete=False)
        self._drop(place + 1)
        return Acknowledged(place + 1, complete=True)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._bytes -= self._tags.popleft()[1]
