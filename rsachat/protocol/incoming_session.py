"""The recipient's side of one end-to-end session: opens, counts, makes receipts (4.3, 4.4).

Nothing changes before a tag has verified. Who may send into it is checked by its table.
"""

from rsachat.protocol.agreement import SessionKeys
from rsachat.protocol.chat_events import DropReason, Sender
from rsachat.protocol.envelope import Msg, Receipt
from rsachat.protocol.ratchet import Content, receipt_mac, step, unpad, unseal
from rsachat.settings import ChatLimits


class IncomingSession:
    """`owed` counts accepted messages since the last receipt, `bad` those that did not verify."""

    __slots__ = (
        "_chain",
        "_count",
        "_got",
        "_last",
        "_limits",
        "_next",
        "_receipt_key",
        "_tag",
        "bad",
        "owed",
        "sender",
        "sid",
        "used_at",
        "warned",
    )

    def __init__(
        self, sid: bytes, sender: Sender, keys: SessionKeys, now: float, limits: ChatLimits
    ) -> None:
        self.sid = sid
        self.sender = sender
        self.used_at = now
        self.warned = False
        self.owed = 0
        self.bad = 0
        self._chain = keys.chain
        self._receipt_key = keys.receipt
        self._limits = limits
        self._next = 0
        self._last = 0
        self._got = 0
        self._count = 0
        self._tag = b""

    def open(self, msg: Msg) -> tuple[Content, int] | DropReason:
        """The content and how many messages before it are missing, or why it is dropped."""
        missing = msg.n - self._next
        if missing < 0:
            return DropReason.REPLAY
        if missing > self._limits.skip:
            return self._failed(DropReason.GAP)
        unsealed = unseal(step(self._chain, missing), msg)
        if unsealed is None:
            return self._failed(DropReason.BAD_TAG)
        self._chain = unsealed.chain
        self._next = msg.n + 1
        content = unpad(unsealed.padded)
        if content is None:  # its sender itself made it wrong: its number is spent, no receipt
            return self._failed(DropReason.MALFORMED)
        self._last, self._tag = msg.n, msg.tag
        self._got += 1
        self.owed += 1
        return content, missing

    def receipt(self) -> bytes:
        """A RECEIPT for all that was accepted; only while something is `owed`."""
        self._count += 1
        self.owed = 0
        body = Receipt(self.sid, self._last, self._got, self._count).body()
        return body + receipt_mac(self._receipt_key, body, self._tag)

    def _failed(self, reason: DropReason) -> DropReason:
        self.bad += 1
        return reason
