"""Somebody who is let in by a key of their own, and means harm.

The program's own cores log in and hold sessions that are good; then they say what no client says.
A deed gives the messages to be sent, none where there is nothing to do it with. What they tell of
themselves is theirs to say; that nobody else pays for it, the invariants look after.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from rsachat.client.channel import ChannelEvent
from rsachat.client.conversation import Output
from rsachat.client.core import ClientCore
from rsachat.client.upload_session import UploadSession
from rsachat.protocol import messages as m
from rsachat.protocol.codec import encode
from rsachat.protocol.codes import ErrorCode, FindBy
from rsachat.protocol.envelope import Kind, Receipt, Reset
from rsachat.protocol.manifest import SIGN_LABEL, Manifest
from rsachat.protocol.ratchet import receipt_mac
from tests.simulation.chatter import Chatter
from tests.simulation.stand_ins import identity
from tests.simulation.uploader import Uploader
from tests.support.peers import flip

NAME = "carol"
UNIT = 384  # bytes of a chunk under the server's key
DEAF = 8.0  # seconds in which who floods reads nothing
Messages = Sequence[m.Message | bytes]


class HostileCore(ClientCore):
    """A chat that remembers the envelopes of both directions, to say them again."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._envelopes: list[bytes] = []

    def _from_server(self, happened: Iterable[ChannelEvent]) -> None:
        events = list(happened)
        self._envelopes += [event.env for event in events if isinstance(event, m.ChatDeliver)]
        super()._from_server(events)

    def _do(self, outputs: Sequence[Output]) -> None:
        self._envelopes += [output.env for output in outputs if isinstance(output, m.ChatSend)]
        super()._do(outputs)

    def do(self, kind: str, dice: random.Random) -> bool:
        """Whether there was anything to do it with."""
        messages = CHAT_DEEDS[kind](self, dice) if self._chat is not None else ()
        return _say(self, messages)

    def out_of_turn(self, dice: random.Random) -> Messages:
        """What only a server says, or an uploader, or who joins."""
        tid, session, fp = dice.randbytes(16), dice.randbytes(8), dice.randbytes(32)
        entry = m.Entry(session, "alice", fp, "10.0.0.2:1")
        said: Messages = (
            m.Sent(1),
            m.Found(1, (entry,)),
            m.Roster(0, (entry,)),
            m.Prekey(1, dice.randbytes(900)),
            m.ChatDeliver(session, fp, dice.randbytes(200)),
            m.UpOffer(dice.randbytes(300)),
            m.UpFin(tid),
            m.Join(tid),
        )
        return [dice.choice(said)]

    def old_number(self, dice: random.Random) -> Messages:
        return [m.Find(0, FindBy.NAME, "alice")]

    def prekeys(self, dice: random.Random) -> Messages:
        """No bundle at all, or too soon."""
        return [m.PrekeyPut(dice.randbytes(dice.choice((1, 900, 2100))))]

    def flood(self, dice: random.Random) -> Messages:
        """More than may be asked at once."""
        asked = [m.Find(self._ref(), FindBy.NAME, "bob") for _ in range(100)]
        return [*(m.Ping(dice.randbytes(8)) for _ in range(600)), *asked]

    def key_updates(self, dice: random.Random) -> Messages:
        """One behind the other, with nothing between."""
        link = self._channel._link
        if link._sealer is None or not link.established:
            return []
        now = self._ambient.monotonic()
        link._out += [link._sealer._step(now) for _ in range(50)]
        return [m.Ping(dice.randbytes(8))]

    def noise(self, dice: random.Random) -> Messages:
        size = dice.choice((16, 61, 180, 2421))
        return self._to_others(dice, bytes([dice.choice(list(Kind))]) + dice.randbytes(size))

    def replay(self, dice: random.Random) -> Messages:
        return self._to_others(dice, *self._heard(dice))

    def changed(self, dice: random.Random) -> Messages:
        changed = [flip(env, dice.randrange(len(env) * 8)) for env in self._heard(dice)]
        return self._to_others(dice, *changed)

    def receipt(self, dice: random.Random) -> Messages:
        """Under the right key, for more than came, or by a number that was used."""
        assert self._chat is not None
        sessions = list(self._chat._end_to_end._incoming._sessions._sessions.values())
        if not sessions:
            return []
        to = dice.choice(sessions)
        n, got, count = (dice.randrange(3) for _ in range(3))
        body = Receipt(to.sid, to._last + n, to._got + got, to._count + count).body()
        env = body + receipt_mac(to._receipt_key, body, to._tag)
        return [m.ChatSend(self._ref(), to.sender.session, env)]

    def reset(self, dice: random.Random) -> Messages:
        """Not asked for: of a session that is in use, or of none."""
        sids = [env[1:17] for env in self._envelopes if env[0] == Kind.MSG]
        return self._to_others(dice, Reset(dice.choice([*sids, dice.randbytes(16)])).encode())

    def to_nobody(self, dice: random.Random) -> Messages:
        session = dice.randbytes(8)
        return [
            m.ChatSend(self._ref(), session, dice.randbytes(200)),
            m.PrekeyGet(self._ref(), session),
            m.Find(self._ref(), FindBy.NAME, dice.choice(("mallory", "../alice", "\u202e"))),
        ]

    def malformed(self, dice: random.Random) -> Messages:
        return [_malformed(m.ChatSend, dice)]

    def _ref(self) -> int:
        assert self._chat is not None
        return self._chat._next_ref()

    def _heard(self, dice: random.Random) -> list[bytes]:
        return [dice.choice(self._envelopes) for _ in range(3) if self._envelopes]

    def _to_others(self, dice: random.Random, *envelopes: bytes) -> Messages:
        """To anybody who is there."""
        assert self._chat is not None
        there = self._chat._there
        others = [session for session in there._entries if session != there._own]
        return [m.ChatSend(self._ref(), dice.choice(others), env) for env in envelopes if others]


class HostileSession(UploadSession):
    """An upload that speaks of `others`, the offers of other people, and spoils its own."""

    others: Sequence[Manifest] = ()

    def do(self, kind: str, dice: random.Random) -> bool:
        """Whether there was anything to do it with."""
        messages = UPLOAD_DEEDS[kind](self, dice) if self.logged_in else ()
        return _say(self, messages)

    def out_of_turn(self, dice: random.Random) -> Messages:
        """What only a server says, or who chats."""
        tid = dice.randbytes(16)
        said: Messages = (
            m.UpReady(tid, 0, bytes(32), 6),
            m.UpAck(tid, 1, bytes(32)),
            m.UpReceipt(tid, bytes(400)),
            m.ChatSend(1, bytes(8), bytes(200)),
            m.PrekeyPut(bytes(900)),
        )
        return [dice.choice(said)]

    def others_transfer(self, dice: random.Random) -> Messages:
        if not self.others:
            return []
        tid = dice.choice(self.others).tid
        chunk = m.UpData(tid, dice.randrange(8), 1, dice.randbytes(UNIT))
        return [chunk, dice.choice((m.UpFin(tid), m.UpAbort(tid, ErrorCode.CANCELLED)))]

    def others_offer(self, dice: random.Random) -> Messages:
        """Word by word, in place of the own one."""
        if not self.others:
            return []
        return [*self._given_up(), m.UpOffer(dice.choice(self.others).encode())]

    def bad_name(self, dice: random.Random) -> Messages:
        """Signed and all."""
        own = self._own
        if own is None:
            return []
        name = dice.choice((b"../alice/file1.bin", b"/file1.bin", b".parts", b"\xff", b"a\0b"))
        offer = replace(own, tid=dice.randbytes(16), name=name)
        signature = identity(NAME).sign(SIGN_LABEL, offer.mh)
        return [*self._given_up(), m.UpOffer(replace(offer, signature=signature).encode())]

    def wrong_order(self, dice: random.Random) -> Messages:
        own = self._own
        if own is None:
            return []
        first = dice.choice((0, 3, 99, 1 << 40))
        said: Messages = (m.UpData(own.tid, first, 1, dice.randbytes(UNIT)), m.UpFin(own.tid))
        return [dice.choice(said)]

    def noise(self, dice: random.Random) -> Messages:
        """In place of the chunk that is due."""
        own, uploading = self._own, self._uploading
        if own is None or uploading is None or uploading._machine is None:
            return []
        return [m.UpData(own.tid, uploading._machine.sent, 1, dice.randbytes(UNIT))]

    def malformed(self, dice: random.Random) -> Messages:
        return [_malformed(m.UpData, dice)]

    def _given_up(self) -> Messages:
        own = self._own
        return [] if own is None else [m.UpAbort(own.tid, ErrorCode.CANCELLED)]

    @property
    def _own(self) -> Manifest | None:
        """The offer of now."""
        offer = self._uploading._offer if self._uploading is not None else None
        return offer.manifest if offer is not None and offer.manifest.signature else None


def _malformed(kind: type[m.Message], dice: random.Random) -> bytes:
    """A message in a good record that fits no layout."""
    size = dice.randrange(12)
    return bytes([kind.type, 0, 0, size]) + dice.randbytes(size)


def _say(core: HostileCore | HostileSession, messages: Messages) -> bool:
    channel = core._channel
    channel._waiting += [x if isinstance(x, bytes) else encode(x) for x in messages]
    return bool(messages)


ChatDeed = Callable[[HostileCore, random.Random], Messages]
UploadDeed = Callable[[HostileSession, random.Random], Messages]
FLOOD = "insider: a flood"
TRESPASS = "insider: another's transfer"
CHAT_DEEDS: dict[str, ChatDeed] = {
    "insider: out of turn": HostileCore.out_of_turn,
    "insider: malformed": HostileCore.malformed,
    "insider: an old number": HostileCore.old_number,
    "insider: bad prekeys": HostileCore.prekeys,
    FLOOD: HostileCore.flood,
    "insider: key updates": HostileCore.key_updates,
    "insider: noise for an envelope": HostileCore.noise,
    "insider: a replay": HostileCore.replay,
    "insider: a changed envelope": HostileCore.changed,
    "insider: a false receipt": HostileCore.receipt,
    "insider: a false reset": HostileCore.reset,
    "insider: to nobody": HostileCore.to_nobody,
}
UPLOAD_DEEDS: dict[str, UploadDeed] = {
    "insider: an upload out of turn": HostileSession.out_of_turn,
    "insider: a malformed upload": HostileSession.malformed,
    TRESPASS: HostileSession.others_transfer,
    "insider: another's offer": HostileSession.others_offer,
    "insider: a bad name": HostileSession.bad_name,
    "insider: chunks out of order": HostileSession.wrong_order,
    "insider: noise for a chunk": HostileSession.noise,
}
DEEDS = (*CHAT_DEEDS, *UPLOAD_DEEDS)


class InsiderChat(Chatter):
    core_type = HostileCore

    def do(self, kind: str, dice: random.Random) -> None:
        """In the next pass of its loop; counted if it is done."""
        self.machine.call(lambda: self._do(kind, dice))

    def _do(self, kind: str, dice: random.Random) -> None:
        core, net = self.run._core, self.machine.host.net
        if isinstance(core, HostileCore) and core.do(kind, dice):
            net.faults[kind] += 1
            self.machine.host.say(self.label, kind)
            if kind == FLOOD:
                net.stall(list(self.machine.selector.sockets.values())[-1], DEAF)


class InsiderUpload(Uploader):
    """What becomes of its own file is its own business, so nothing of it counts as stored."""

    session_type = HostileSession
    stored = 0

    def do(self, kind: str, dice: random.Random, others: Sequence[Manifest]) -> None:
        """As `InsiderChat.do`; `others` are under way."""
        self.machine.call(lambda: self._do(kind, dice, others))

    def _do(self, kind: str, dice: random.Random, others: Sequence[Manifest]) -> None:
        session = self.session
        if isinstance(session, HostileSession):
            session.others = others
            if session.do(kind, dice):
                self.host.net.faults[kind] += 1
                self.host.say(self.label, kind)
