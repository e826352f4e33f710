"""One login's end-to-end half: texts in, envelopes out, and back (PROTOCOL section 4).

The façade of prekeys, correspondences and incoming sessions. It speaks the messages that the
link carries (PREKEY_PUT to SENT) and knows neither link nor server, neither roster nor pins.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rsachat.protocol.chat_context import ChatContext
from rsachat.protocol.chat_events import (
    Dropped,
    DropReason,
    Failure,
    Output,
    Recipient,
    Sender,
    Undelivered,
)
from rsachat.protocol.correspondence import Correspondence
from rsachat.protocol.envelope import EnvelopeError, Init, Msg, Receipt, Reset, decode_envelope
from rsachat.protocol.incoming import Incoming
from rsachat.protocol.messages import ChatDeliver, Error, Prekey, PrekeyPut, Sent
from rsachat.protocol.prekeys import Prekeys


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A text that has no final state yet, for sending it again after a new login."""

    to: Recipient
    mid: bytes
    text: str


class EndToEnd:
    """Sans-IO. Call `start` once, then `write` and `receive`, and `tick` at `next_deadline`.

    Every call returns outputs: messages to be sent in this order, and what the core is told.
    `next_ref` is the connection's one counter for CHAT_SEND, PREKEY_GET and FIND.
    """

    def __init__(self, context: ChatContext, next_ref: Callable[[], int]) -> None:
        self._context = context
        self._next_ref = next_ref
        self._prekeys = Prekeys(context)
        self._asks: dict[int, Correspondence] = {}
        self._posts: dict[int, Correspondence] = {}
        self._correspondences: dict[Sender, Correspondence] = {}
        self._incoming = Incoming(context, self._prekeys, next_ref, next_ref)

    def start(self) -> list[Output]:
        """The first bundle, to be sent at once after WELCOME."""
        return [PrekeyPut(self._prekeys.renew().encode())]

    def write(self, to: Recipient, mid: bytes, text: str) -> list[Output]:
        """A text for one session, under a random id of 16 bytes; the same id to each of an
        identity's sessions. Raises ValueError over 61,440 bytes of UTF-8.
        """
        correspondence = self._correspondence(to)
        if correspondence.to.name != to.name:  # proven under another name than the server says
            return [Undelivered(to, mid, text, Failure.NOT_TRUSTED)]
        return correspondence.write(mid, text)

    def receive(self, message: ChatDeliver | Sent | Error | Prekey) -> list[Output]:
        """A message of the server. Refs of others (FIND) are ignored."""
        match message:
            case ChatDeliver():
                return self._delivered(message)
            case Sent(ref):
                return self._sent(ref)
            case Error(ref, code):
                return self._error(ref, code)
            case Prekey(ref, bundle):
                asker = self._asks.pop(ref, None)
                return (asker or self._incoming).bundle(ref, bundle)

    def left(self, session: bytes) -> list[Output]:
        """A session left the chat: what it has no receipt for is undelivered."""
        self._incoming.left(session)
        return self._end([who for who in self._correspondences if who.session == session])

    def close(self) -> list[Output]:
        """The connection ended: everything without a receipt is undelivered."""
        return self._end(list(self._correspondences), Failure.DISCONNECTED)

    def unfinished(self) -> list[Unfinished]:
        """What `close` would report, each recipient's texts oldest first."""
        return [
            Unfinished(correspondence.to, mid, text)
            for correspondence in self._correspondences.values()
            for mid, text in correspondence.letters
        ]

    def waiting(self, to: Recipient) -> int:
        """How many texts for `to` are not even sealed yet: a reason to read no more input."""
        correspondence = self._correspondences.get(Sender(to.session, to.fp))
        return 0 if correspondence is None else correspondence.waiting

    def tick(self) -> list[Output]:
        """A deadline may have come."""
        self._prekeys.forget()
        outputs = self._incoming.tick()
        for correspondence in list(self._correspondences.values()):
            outputs += correspondence.tick()
        if self._prekeys.is_due():
            outputs += self.start()
        return outputs

    def next_deadline(self) -> float | None:
        """When `tick` has something to do (monotonic seconds)."""
        deadlines = [self._prekeys.next_deadline(), self._incoming.next_deadline()]
        deadlines += [c.next_deadline() for c in self._correspondences.values()]
        return min((at for at in deadlines if at is not None), default=None)

    def _correspondence(self, to: Recipient) -> Correspondence:
        """One for each session and key: a session that changes its key is another one."""
        who = Sender(to.session, to.fp)
        correspondence = self._correspondences.get(who)
        if correspondence is None or (correspondence.is_idle and correspondence.to != to):
            correspondence = self._open(to)
            self._correspondences[who] = correspondence
        return correspondence

    def _open(self, to: Recipient) -> Correspondence:
        def ask() -> int:
            ref = self._next_ref()
            self._asks[ref] = made
            return ref

        def post() -> int:
            ref = self._next_ref()
            self._posts[ref] = made
            return ref

        made = Correspondence(self._context, to, ask, post)
        return made

    def _delivered(self, message: ChatDeliver) -> list[Output]:
        sender = Sender(message.from_session, message.from_fp)
        try:
            envelope = decode_envelope(message.env)
        except EnvelopeError:
            return [self._incoming.dropped(sender, DropReason.MALFORMED)]
        if isinstance(envelope, Msg):
            return self._incoming.msg(sender, envelope, message.env)
        if isinstance(envelope, Init):
            return self._incoming.init(sender, envelope)
        return self._answered(sender, envelope)

    def _answered(self, sender: Sender, envelope: Receipt | Reset) -> list[Output]:
        correspondence = self._correspondences.get(sender)
        if correspondence is None:
            return [Dropped(sender, DropReason.UNKNOWN_SESSION, warn=False)]
        if isinstance(envelope, Receipt):
            outputs = correspondence.receipt(envelope)
            reason = DropReason.BAD_RECEIPT
        else:
            outputs = correspondence.reset(envelope.sid)
            reason = DropReason.UNKNOWN_SESSION
        return [Dropped(sender, reason, warn=False)] if outputs is None else outputs

    def _sent(self, ref: int) -> list[Output]:
        posted = []
        while self._posts and (first := next(iter(self._posts))) <= ref:
            correspondence = self._posts.pop(first)
            if correspondence not in posted:
                posted.append(correspondence)
        return [output for one in posted for output in one.sent(ref)]

    def _error(self, ref: int, code: int) -> list[Output]:
        correspondence = self._asks.pop(ref, None) or self._posts.pop(ref, None)
        if correspondence is None:
            return self._incoming.error(ref)
        outputs = correspondence.error(ref, code)
        who = Sender(correspondence.to.session, correspondence.to.fp)
        if correspondence.is_idle and self._correspondences.get(who) is correspondence:
            del self._correspondences[who]
        return outputs

    def _end(self, whose: list[Sender], failure: Failure = Failure.LEFT) -> list[Output]:
        outputs: list[Output] = []
        for who in whose:
            outputs += self._correspondences.pop(who).give_up(failure)
        return outputs
