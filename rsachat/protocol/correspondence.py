"""All texts to one addressed session, from written to delivered or undelivered (PROTOCOL 4.4).

Fetches the bundle, begins sessions, keeps the window, believes receipts, and begins again with
the same message ids when a session broke: at most once in ten seconds, and three times without
progress. Every text ends in exactly one of `Delivered` and `Undelivered`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from rsachat.crypto.kem import KemError
from rsachat.protocol.bundle import BundleError, BundleFault, Owner, check_bundle, decode_bundle
from rsachat.protocol.chat_context import ChatContext
from rsachat.protocol.chat_events import (
    BundleRefused,
    Delivered,
    Failure,
    Output,
    Recipient,
    SentOn,
    Undelivered,
)
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.envelope import Receipt
from rsachat.protocol.messages import ChatSend, PrekeyGet
from rsachat.protocol.outgoing import OutgoingSession
from rsachat.protocol.ratchet import MAX_BODY


@dataclass(slots=True)
class Letter:
    """A text without a final state. Times are monotonic, of its last sealing."""

    mid: bytes
    text: str
    body: bytes
    sealed_at: float = 0.0
    routed_at: float | None = None
    told: bool = False  # SentOn is said once, however often it is repeated


@dataclass(frozen=True, slots=True)
class Restart:
    """A new session is to be begun at `at`, and which failure it will be if it may not.

    `by_reset`: only an unauthenticated RESET asks for it, so a genuine receipt calls it off.
    """

    at: float
    failure: Failure
    by_reset: bool


class Correspondence:
    """Sans-IO: every input returns what follows from it, in order.

    `ask` and `post` give the next ref of the connection for a PREKEY_GET and a CHAT_SEND.
    """

    def __init__(
        self,
        context: ChatContext,
        to: Recipient,
        ask: Callable[[], int],
        post: Callable[[], int],
    ) -> None:
        self.to = to
        self._context = context
        self._next_ask = ask
        self._next_post = post
        self._letters: deque[Letter] = deque()  # oldest first; the first few are in flight
        self._session: OutgoingSession | None = None
        self._posts: dict[int, Letter | None] = {}  # of the current session; None is its INIT
        self._asked: int | None = None
        self._asked_until = 0.0
        self._restart: Restart | None = None
        self._restarted_at = float("-inf")
        self._restarts = 0

    @property
    def letters(self) -> Iterator[tuple[bytes, str]]:
        """Message id and text of all that is not final yet, oldest first."""
        return ((letter.mid, letter.text) for letter in self._letters)

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost by forgetting it."""
        return self._session is None and not self._letters and not self._restarts

    @property
    def waiting(self) -> int:
        """How many texts are not even sealed: the window is full, or there is no session."""
        return len(self._letters) - self._in_flight()

    def write(self, mid: bytes, text: str) -> list[Output]:
        """A text under an id of 16 bytes; raises ValueError over 61,440 bytes of UTF-8."""
        body = text.encode("utf-8", "replace")
        if len(body) > MAX_BODY:
            raise ValueError(f"a text of {len(body)} bytes")
        self._letters.append(Letter(mid, text, body))
        return self._advance()

    def bundle(self, ref: int, data: bytes) -> list[Output]:
        """PREKEY came. A bundle that fails a check ends all that waits, with a warning."""
        if ref != self._asked:
            return []
        self._asked = None
        try:
            init = self._begin(data)
        except BundleError as error:
            refused = BundleRefused(self.to.session, self.to.fp, error.fault)
            return [refused, *self.give_up(Failure.BAD_BUNDLE)]
        if init is None:
            return self.give_up(Failure.NOT_TRUSTED)
        ref = self._next_post()
        self._posts = {ref: None}
        return [ChatSend(ref, self.to.session, init), *self._advance()]

    def sent(self, ref: int) -> list[Output]:
        """SENT: the server has routed everything up to `ref`."""
        told = []
        while self._posts and (first := next(iter(self._posts))) <= ref:
            letter = self._posts.pop(first)
            if letter is not None:
                letter.routed_at = self._context.now
                if not letter.told:
                    letter.told = True
                    told.append(letter.mid)
        return [SentOn(self.to, tuple(told))] if told else []

    def error(self, ref: int, code: int) -> list[Output]:
        """ERROR to a PREKEY_GET or a CHAT_SEND of the current session; others are stale."""
        if ref == self._asked:
            return self.give_up(Failure.OFFLINE)
        if ref not in self._posts:
            return []
        del self._posts[ref]
        if code == ErrorCode.BACKLOG:
            return self._broken(Failure.BACKLOG)
        return self.give_up(Failure.OFFLINE)

    def receipt(self, receipt: Receipt) -> list[Output] | None:
        """A RECEIPT from the session addressed; None if it is not genuine."""
        session = self._session
        if session is None or receipt.sid != session.sid:
            return None
        acknowledged = session.acknowledge(receipt)
        if acknowledged is None:
            return None
        if not acknowledged.complete:
            return self._broken(Failure.NO_RECEIPT)
        self._restarts = 0
        if self._restart is not None and self._restart.by_reset:
            self._restart = None
        mids = tuple(self._letters.popleft().mid for _ in range(acknowledged.delivered))
        return [Delivered(self.to, mids), *self._advance()]

    def reset(self, sid: bytes) -> list[Output] | None:
        """A RESET from the session addressed; None if it is not about the current session."""
        if self._session is None or sid != self._session.sid:
            return None
        if self._restart is not None:
            return []
        return self._plan(Failure.NO_RECEIPT, by_reset=True)

    def give_up(self, failure: Failure) -> list[Output]:
        """End the session; all texts are undelivered."""
        self._end()
        lost: list[Output] = [Undelivered(self.to, x.mid, x.text, failure) for x in self._letters]
        self._letters.clear()
        return lost

    def tick(self) -> list[Output]:
        """A deadline may have come."""
        now = self._context.now
        if self._asked is not None:
            return self.give_up(Failure.OFFLINE) if now >= self._asked_until else []
        if self._restart is not None:
            return self._begin_again() if now >= self._restart.at else []
        overdue = self._overdue_at()
        if overdue is not None and now >= overdue:
            return self._broken(Failure.NO_RECEIPT)
        return []

    def next_deadline(self) -> float | None:
        """When `tick` has something to do (monotonic seconds)."""
        if self._asked is not None:
            return self._asked_until
        if self._restart is not None:
            return self._restart.at
        return self._overdue_at()

    def _in_flight(self) -> int:
        return 0 if self._session is None else self._session.unreceipted

    def _overdue_at(self) -> float | None:
        """When the oldest message in flight has waited too long for its receipt."""
        if not self._in_flight():
            return None
        oldest, limits = self._letters[0], self._context.limits
        unsent = oldest.sealed_at + limits.send_wait
        if oldest.routed_at is None:
            return unsent
        return min(unsent, oldest.routed_at + limits.receipt_wait)

    def _advance(self) -> list[Output]:
        """Send what may be sent now, and ask for a bundle where that is what is missing."""
        if self._asked is not None or self._restart is not None or not self._letters:
            return []
        if self._session is not None and not self._in_flight() and self._session.spent():
            self._session = None
        if self._session is None:
            return self._start()
        return self._seal(self._session)

    def _start(self) -> list[Output]:
        earliest = self._restarted_at + self._context.limits.restart_every
        if self._restarts and self._context.now < earliest:
            # It gave up a moment ago, and then a text came: not faster than a restart.
            self._restart = Restart(earliest, Failure.NO_RECEIPT, by_reset=False)
            return []
        return self._ask()

    def _ask(self) -> list[Output]:
        self._asked = self._next_ask()
        self._asked_until = self._context.now + self._context.limits.find_seconds
        return [PrekeyGet(self._asked, self.to.session)]

    def _begin(self, data: bytes) -> bytes | None:
        """The INIT of a new session, None if pins forbid it. Raises BundleError."""
        context, to = self._context, self.to
        bundle = decode_bundle(data)
        owner = Owner(to.name, to.fp, context.server_fp)
        pids, wall = context.memory.own_pids, context.ambient.wall_ms()
        key = check_bundle(bundle, owner, pids, wall, context.limits)
        if not context.pins.admit(to.name, to.fp):
            return None
        try:
            self._session, init = OutgoingSession.begin(
                context.key, key, bundle, context.ambient, context.limits
            )
        except KemError as error:
            raise BundleError(BundleFault.MALFORMED) from error
        return init

    def _seal(self, session: OutgoingSession) -> list[Output]:
        sent: list[Output] = []
        now = self._context.now
        for letter in islice(self._letters, session.unreceipted, None):
            if not session.may_seal(letter.body):
                break
            ref, env = self._next_post(), session.seal(letter.mid, letter.body)
            letter.sealed_at, letter.routed_at = now, None
            self._posts[ref] = letter
            sent.append(ChatSend(ref, self.to.session, env))
        return sent

    def _broken(self, failure: Failure) -> list[Output]:
        """The session is of no use any more; whatever a RESET had planned, this is for sure."""
        if self._restart is not None:
            self._restart = Restart(self._restart.at, failure, by_reset=False)
            return []
        return self._plan(failure, by_reset=False)

    def _plan(self, failure: Failure, *, by_reset: bool) -> list[Output]:
        now = self._context.now
        at = max(now, self._restarted_at + self._context.limits.restart_every)
        self._restart = Restart(at, failure, by_reset)
        return self._begin_again() if at <= now else []

    def _begin_again(self) -> list[Output]:
        """End the session and repeat everything without a receipt, if that is still allowed."""
        assert self._restart is not None
        failure = self._restart.failure
        if self._session is not None and self._restarts >= self._context.limits.restarts:
            return self.give_up(failure)
        if self._session is not None:
            self._restarts += 1
        self._restarted_at = self._context.now
        self._end()
        return self._ask() if self._letters else []

    def _end(self) -> None:
        self._session, self._asked, self._restart = None, None, None
        self._posts = {}
