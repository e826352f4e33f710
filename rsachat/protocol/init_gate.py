"""Whether an INIT may open a session: the checks before any secret is used (PROTOCOL 4.2).

They stand in the order of the protocol, the cheap ones first. Pins, and what happens to an INIT
that passes, are the table's.
"""

from collections import OrderedDict

from rsachat.crypto.kdf import equal, sha256
from rsachat.protocol.agreement import is_signed
from rsachat.protocol.chat_context import ChatContext
from rsachat.protocol.chat_events import DropReason, Sender
from rsachat.protocol.envelope import Init
from rsachat.protocol.prekeys import Prekey, Prekeys
from rsachat.protocol.recent import Bucket

ANSWERED = frozenset({DropReason.OLD_PREKEY, DropReason.INIT_RATE})
"""The refusals that are answered by RESET: an honest sender can mend them."""


class InitGate:
    """Keeps a bucket of tokens for each sending session."""

    def __init__(self, context: ChatContext, prekeys: Prekeys) -> None:
        self._context = context
        self._prekeys = prekeys
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()

    def check(self, sender: Sender, init: Init, *, in_use: bool) -> Prekey | DropReason:
        """The prekey that the INIT was made for, or why it is refused.

        `in_use`: a session, or an INIT that waits, has this sid, under whatever prekey.
        """
        refusal = self._addresses(sender, init)
        if refusal is not None:
            return refusal
        prekey = self._prekeys.find(init.pid)
        if prekey is None:
            return DropReason.OLD_PREKEY
        if in_use or init.sid in prekey.sids:
            return DropReason.SID_SEEN
        if not self._bucket(sender.session).take(self._context.now):
            return DropReason.INIT_RATE
        if not is_signed(init):
            return DropReason.BAD_SIGNATURE
        return prekey

    def forget(self, session: bytes) -> None:
        self._buckets.pop(session, None)

    def _addresses(self, sender: Sender, init: Init) -> DropReason | None:
        """Whom it is for and from, as it says itself and as the server says."""
        own = self._context
        if len(init.wrapped) != own.key.public.size:
            return DropReason.MALFORMED
        if not equal(init.to_fp, own.key.public.fingerprint):
            return DropReason.NOT_FOR_US
        if not equal(sha256(init.spki), sender.fp):
            return DropReason.SENDER_MISMATCH
        if sender.session == own.session:
            return DropReason.FROM_SELF
        if not equal(init.server_fp, own.server_fp):
            return DropReason.OTHER_SERVER
        return None

    def _bucket(self, session: bytes) -> Bucket:
        bucket, limits = self._buckets.get(session), self._context.limits
        if bucket is None:
            now = self._context.now
            bucket = Bucket(limits.inits_per_second, limits.inits_burst, now)
            self._buckets[session] = bucket
            if len(self._buckets) > limits.incoming_all:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(session)
        return bucket
