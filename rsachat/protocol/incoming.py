"""Everything that other sessions send us end to end: INIT and MSG in, texts and receipts out.

The recipient's half of PROTOCOL section 4. Senders that are not pinned wait for their bundle.
"""

from collections.abc import Callable, Iterable

from rsachat.crypto.kem import KemError
from rsachat.protocol.agreement import accept_init
from rsachat.protocol.bundle import BundleError, Owner, check_bundle, decode_bundle
from rsachat.protocol.chat_context import ChatContext, Standing
from rsachat.protocol.chat_events import (
    BundleRefused,
    Dropped,
    DropReason,
    MessagesMissing,
    Output,
    Sender,
    TextReceived,
    UnsupportedReceived,
)
from rsachat.protocol.envelope import Init, Msg, Reset
from rsachat.protocol.held_inits import Held, HeldInits
from rsachat.protocol.incoming_session import IncomingSession
from rsachat.protocol.init_gate import ANSWERED, InitGate
from rsachat.protocol.messages import ChatSend, PrekeyGet
from rsachat.protocol.prekeys import Prekey, Prekeys
from rsachat.protocol.ratchet import TEXT, Content
from rsachat.protocol.recent import Bucket, Recent, Throttle
from rsachat.protocol.session_table import SessionTable


class Incoming:
    """Sans-IO: every input returns what follows from it, in order.

    `ask` and `post` give the next ref of the connection for a PREKEY_GET and a CHAT_SEND.
    """

    def __init__(
        self,
        context: ChatContext,
        prekeys: Prekeys,
        ask: Callable[[], int],
        post: Callable[[], int],
    ) -> None:
        limits = context.limits
        self._context = context
        self._prekeys = prekeys
        self._next_ask = ask
        self._next_post = post
        self._gate = InitGate(context, prekeys)
        self._held = HeldInits(limits)
        self._sessions = SessionTable(limits)
        self._asked: dict[int, Sender] = {}
        self._pins = Bucket(limits.pins_per_second, limits.pins_burst, context.now)
        self._resets: Throttle[bytes] = Throttle(limits.reset_every, limits.remembered)
        self._warned: Recent[bytes] = Recent(limits.remembered)

    def init(self, sender: Sender, init: Init) -> list[Output]:
        """An INIT arrived."""
        in_use = (self._held.get(init.sid) or self._sessions.get(init.sid)) is not None
        prekey = self._gate.check(sender, init, in_use=in_use)
        if isinstance(prekey, DropReason):
            return self._refuse_init(sender, init, prekey)
        standing = self._context.pins.standing(sender.fp)
        if standing is Standing.REFUSED:
            return [self.dropped(sender, DropReason.NOT_TRUSTED)]
        if standing is Standing.UNKNOWN:
            return self._hold(sender, init)
        return self._accept(sender, init, prekey)

    def msg(self, sender: Sender, msg: Msg, env: bytes) -> list[Output]:
        """A MSG arrived; `env` is the envelope it was decoded from."""
        session = self._sessions.get(msg.sid)
        if session is None:
            return self._without_session(sender, msg, len(env))
        if session.sender != sender:
            return [self.dropped(sender, DropReason.OTHER_SENDER)]
        opened = session.open(msg)
        if isinstance(opened, DropReason):
            return self._refuse_msg(session, opened)
        now = self._context.now
        self._sessions.used(session, now)
        outputs = self._shown(sender, *opened, env)
        if self._sessions.owe(session, now):
            outputs.append(self._make_receipt(session))
        return outputs

    def bundle(self, ref: int, data: bytes) -> list[Output]:
        """PREKEY came: the sender of held INITs has a name, and may be pinned."""
        sender = self._asked.pop(ref, None)
        if sender is None:
            return []
        held = self._held.take(sender)
        if not held:  # it came too late
            return []
        try:
            accepted = self._admit(sender, data)
        except BundleError as error:
            refused = BundleRefused(sender.session, sender.fp, error.fault)
            return [refused, *self._drop_all(held, DropReason.NO_BUNDLE)]
        if not accepted:
            return self._drop_all(held, DropReason.NOT_TRUSTED)
        return [output for one in held for output in self._release(one)]

    def error(self, ref: int) -> list[Output]:
        """ERROR to a PREKEY_GET: the sender is gone."""
        sender = self._asked.pop(ref, None)
        return [] if sender is None else self._drop_all(self._held.take(sender))

    def left(self, session: bytes) -> None:
        """A session left the chat, and its end-to-end sessions with it."""
        self._held.take_session(session)
        self._sessions.drop_sender(session)
        self._gate.forget(session)
        self._asked = {ref: who for ref, who in self._asked.items() if who.session != session}

    def tick(self) -> list[Output]:
        """A deadline may have come: receipts, and INITs held too long."""
        now = self._context.now
        receipts = [self._make_receipt(session) for session in self._sessions.take_due(now)]
        overdue = self._held.take_overdue(now)
        if overdue:
            self._asked = {ref: who for ref, who in self._asked.items() if self._held.waits(who)}
        return [*receipts, *self._drop_all(overdue)]

    def next_deadline(self) -> float | None:
        """When `tick` has something to do (monotonic seconds)."""
        deadlines = (self._sessions.next_deadline(), self._held.next_deadline())
        return min((at for at in deadlines if at is not None), default=None)

    def dropped(self, sender: Sender, reason: DropReason) -> Dropped:
        """An envelope outside any session of ours is dropped, and said so once a sender."""
        return Dropped(sender, reason, warn=self._warned.add(sender.session))

    def _refuse_init(self, sender: Sender, init: Init, reason: DropReason) -> list[Output]:
        if reason in ANSWERED:
            return [Dropped(sender, reason, warn=False), *self._reset(sender, init.sid)]
        return [self.dropped(sender, reason)]

    def _hold(self, sender: Sender, init: Init) -> list[Output]:
        if not self._held.hold(sender, init, self._context.now):
            return [self.dropped(sender, DropReason.TOO_MANY_HELD)]
        if sender in self._asked.values():
            return []
        ref = self._next_ask()
        self._asked[ref] = sender
        return [PrekeyGet(ref, sender.session)]

    def _admit(self, sender: Sender, data: bytes) -> bool:
        """Whether the sender's key is accepted by its bundle. Raises BundleError."""
        context = self._context
        standing = context.pins.standing(sender.fp)
        if standing is not Standing.UNKNOWN:  # pinned meanwhile, by writing to it
            return standing is Standing.ACCEPTED
        bundle = decode_bundle(data)
        owner = Owner(None, sender.fp, context.server_fp)
        pids, wall = context.memory.own_pids, context.ambient.wall_ms()
        check_bundle(bundle, owner, pids, wall, context.limits)
        return self._pins.take(context.now) and context.pins.admit(bundle.name, sender.fp)

    def _release(self, held: Held) -> list[Output]:
        """A held INIT is accepted, then what waited behind it is opened in order."""
        prekey = self._prekeys.find(held.init.pid)
        if prekey is None:
            return self._refuse_init(held.sender, held.init, DropReason.OLD_PREKEY)
        outputs = self._accept(held.sender, held.init, prekey)
        for msg in held.behind:
            outputs += self.msg(held.sender, msg, msg.encode())
        return outputs

    def _accept(self, sender: Sender, init: Init, prekey: Prekey) -> list[Output]:
        prekey.sids.add(init.sid)
        context = self._context
        try:
            keys = accept_init(context.key, prekey.pair, init, context.memory.fallback)
        except KemError:
            return [self.dropped(sender, DropReason.BAD_AGREEMENT)]
        session = IncomingSession(init.sid, sender, keys, context.now, context.limits)
        self._sessions.add(session)
        return []

    def _without_session(self, sender: Sender, msg: Msg, size: int) -> list[Output]:
        held = self._held.get(msg.sid)
        if held is None:
            reset = self._reset(sender, msg.sid)
            return [Dropped(sender, DropReason.UNKNOWN_SESSION, warn=False), *reset]
        if held.sender != sender:
            return [self.dropped(sender, DropReason.OTHER_SENDER)]
        if not self._held.put_behind(held, msg, size):
            return [self.dropped(sender, DropReason.TOO_MANY_HELD)]
        return []

    def _refuse_msg(self, session: IncomingSession, reason: DropReason) -> list[Output]:
        warn, session.warned = not session.warned, True
        outputs: list[Output] = [Dropped(session.sender, reason, warn)]
        if session.bad >= self._context.limits.bad_messages:
            outputs += self._reset(session.sender, session.sid)
        return outputs

    def _shown(self, sender: Sender, content: Content, missing: int, env: bytes) -> list[Output]:
        outputs: list[Output] = []
        if missing:
            outputs.append(MessagesMissing(sender, missing))
        context = self._context
        if not context.memory.is_new(sender.fp, content.mid, context.limits):
            return outputs
        if content.ctype == TEXT:
            text = content.body.decode("utf-8", "replace")
            outputs.append(TextReceived(sender, content.mid, text, content.ts_ms, env))
        else:
            other = UnsupportedReceived(sender, content.mid, content.ctype, content.ts_ms)
            outputs.append(other)
        return outputs

    def _make_receipt(self, session: IncomingSession) -> ChatSend:
        return ChatSend(self._next_post(), session.sender.session, session.receipt())

    def _reset(self, sender: Sender, sid: bytes) -> list[Output]:
        if not self._resets.passes(sid, self._context.now):
            return []
        return [ChatSend(self._next_post(), sender.session, Reset(sid).encode())]

    def _drop_all(
        self, held: Iterable[Held], reason: DropReason = DropReason.NO_BUNDLE
    ) -> list[Output]:
        return [self.dropped(one.sender, reason) for one in held]
