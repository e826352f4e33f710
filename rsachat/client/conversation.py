"""A logged-in chat: who is there, to whom texts go, and what has become of them.

Everything returns outputs in order: messages for the server, and views for the person. It is
the layer between people (names, addresses, trust) and the end-to-end machines (sessions).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rsachat.client import views as v
from rsachat.client.carried import Pending, unsent_views
from rsachat.client.events import LineEntered
from rsachat.client.finding import Answer, Finding
from rsachat.client.ledger import Ledger
from rsachat.client.people import KnownPerson, People, PinStore
from rsachat.client.reports import Reports
from rsachat.client.roster import WhoIsThere
from rsachat.client.send_queue import Letter, SendQueue
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PrivateKey
from rsachat.protocol import chat_events as ce
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ChatContext, ProcessMemory
from rsachat.protocol.codes import NoticeKind
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.settings import ClientSettings

Output = m.Message | v.View


@dataclass(frozen=True, slots=True)
class Look:
    """A look at fingerprints, which `line` asked for."""

    line: str


Wish = Letter | Look


@dataclass(frozen=True, slots=True)
class Manner:
    """How this client behaves: in a pipe nobody can repeat a line; `strict` trusts only the
    verified.
    """

    piped: bool = False
    strict: bool = False


class Conversation:
    """Everything between the login and its end."""

    def __init__(
        self,
        identity: PrivateKey,
        welcome: m.Welcome,
        pins: PinStore,
        memory: ProcessMemory,
        ambient: Ambient,
        settings: ClientSettings,
        manner: Manner,
        addressed: dict[str, bytes],
    ) -> None:
        self._manner = manner
        self._own = identity.public
        self._welcome = welcome
        self._ambient = ambient
        self._limits = settings.chat
        own = KnownPerson(welcome.name, self._own.fingerprint, verified=True)
        self._people = People(pins, welcome.server_fp, manner.strict, own)
        self._there = WhoIsThere(welcome.session, self._people)
        self._ledger = Ledger()
        self._reports = Reports(self._own, welcome.address, self._people, self._there, self._ledger)
        self._finding: Finding[Wish] = Finding(welcome.session, settings.chat, self._next_ref)
        self._queue = SendQueue()
        self._ref = 0
        self._addressed = addressed
        self._compared: m.Entry | None = None
        self._patient_until = 0.0
        self._ask_again_at = math.inf
        self._announced = False
        context = ChatContext(
            identity,
            welcome.name,
            welcome.server_fp,
            welcome.session,
            self._people,
            memory,
            ambient,
            settings.chat,
        )
        self._end_to_end = EndToEnd(context, self._next_ref)

    def _next_ref(self) -> int:
        self._ref += 1
        return self._ref

    # the login

    def start(self) -> list[Output]:
        """The first prekeys, and a word about a clock that is off."""
        outputs = self._translate(self._end_to_end.start())
        skew = abs(self._ambient.wall_ms() - self._welcome.time_ms)
        if skew > self._limits.clock_skew_ms:
            minutes = skew // 60_000
            text = f"check the clock: this one and the server's differ by {minutes} minutes"
            outputs.append(v.Warned(text))
        return outputs

    @property
    def is_on(self) -> bool:
        """Whether "connected" was said: texts can be written."""
        return self._announced

    def announce(self) -> bool:
        """Whether "connected" is to be said now: once, when the server counts this session."""
        if self._announced or not self._there.listed:
            return False
        self._announced = True
        return True

    def connected(self, server: str) -> v.Connected:
        fingerprint = fingerprint_text(self._welcome.server_fp)
        address, name = self._welcome.address, self._welcome.name
        return v.Connected(address, server, fingerprint, self._there.clients, name)

    # what the server says

    def message(self, message: m.Message) -> list[Output]:
        """One message of the server."""
        match message:
            case m.ChatDeliver() | m.Sent() | m.Prekey() | m.Error():
                return self._translate(self._end_to_end.receive(message))
            case m.Found(ref=ref, entries=entries):
                answer = self._finding.found(ref, entries, self._ambient.monotonic())
                return [] if answer is None else self._answered(answer)
            case m.Roster():
                return [self._there.replace(message)]
            case m.Notice():
                return self._noticed(message)
            case _:
                return []

    def _noticed(self, message: m.Notice) -> list[Output]:
        self._finding.forget()
        view = self._there.notice(message)
        outputs: list[Output] = [] if view is None else [view]
        entry = message.entry
        if entry is None:  # of a crowd, whose comings are not told: not asked with each count
            soon = self._ambient.monotonic() + self._limits.find_cache
            self._ask_again_at = min(self._ask_again_at, soon)
        elif message.kind == NoticeKind.JOIN:
            outputs += self._ask_about(self._queue.bring_back([entry]))
        else:
            outputs += self._translate(self._end_to_end.left(entry.session))
            self._there.forget(entry.session)
            outputs += self._ask_about(self._queue.take_back(entry.session))
        return outputs

    # what the person wants

    def write(self, who: str, text: str, line: str, *, carried: bool = False) -> list[Output]:
        """A text for WHO, an address or `@name` in canonical form.

        `carried`: it was written while the connection was lost.
        """
        if who == self._welcome.address:
            return [v.Rejected(line, "that is you")]
        return self._enter(Pending(None, who, text, line), carried)

    def verify(self, who: str, line: str) -> list[Output]:
        """Both fingerprints, to compare by voice."""
        return self._find(who, Look(line))

    def answer(self, line: str) -> list[Output] | None:
        """What a line means that follows a comparison: a whole "yes" marks it as verified.

        None: it is a line like any other.
        """
        entry, self._compared = self._compared, None
        word = line.strip().lower()
        if entry is None or word not in ("yes", "no"):
            return None
        if word == "yes" and self._people.verify(entry.name, entry.fp):
            return [v.System(f"{entry.name} is verified")]
        return [v.System(f"{entry.name} is not marked as verified")]

    def resume(self, pending: Iterable[Pending]) -> list[Output]:
        """Send again what an earlier connection did not bring to its end.

        Who lost the server too needs a while to come back: that long, nobody counts as absent.
        """
        self._patient_until = self._ambient.monotonic() + self._limits.comeback
        outputs: list[Output] = []
        for item in pending:
            outputs += self._enter(item, carried=True)
        return outputs

    def _enter(self, own: Pending, carried: bool) -> list[Output]:
        meant_for = own.fp or self._addressed.get(own.who)
        letter = self._queue.enter(replace(own, fp=meant_for), carried=carried)
        return self._find(own.who, letter)

    def _ask_about(self, letters: Iterable[Letter]) -> list[Output]:
        outputs: list[Output] = []
        for letter in letters:
            outputs += self._find(letter.own.who, letter)
        return outputs

    def suspend(self) -> tuple[Pending, ...]:
        """The connection is lost, and another will follow: what has found no end."""
        return (*self._ledger.unfinished(), *self._queue.give_up())

    def unanswered(self) -> list[Output]:
        """The same for questions: each is given back."""
        reason = "the connection was lost before the answer"
        return [v.Rejected(line, reason) for line in self._open_questions()]

    def who(self) -> v.View:
        return self._there.view(asked=True)

    def _find(self, who: str, wish: Wish) -> list[Output]:
        found = self._finding.find(who, wish, self._ambient.monotonic())
        if isinstance(found, Answer):
            return self._answered(found)
        return [] if found is None else [found]

    def _answered(self, answer: Answer[Wish]) -> list[Output]:
        outputs = self._decide(answer)
        for letter, entries in self._queue.take():
            outputs += self._send(letter.own, entries)
        return outputs

    def _decide(self, answer: Answer[Wish]) -> list[Output]:
        """What becomes of all that waited for the answer; what can be sent is ready then."""
        found = answer.entries
        if found is None:
            reason = f"the server does not say where {answer.who} is"
            return self._unsent(answer.who, answer.waiting, reason)
        self._there.learn(found)
        others = tuple(e for e in found if e.session != self._welcome.session)
        if not others:
            reason = "that is you" if found else f"{answer.who} is not connected"
            return self._absent(answer, reason)
        outputs = self._looked_at(answer, others[0])
        letters = [wish for wish in answer.waiting if isinstance(wish, Letter)]
        if letters and not answer.who.startswith("@"):
            others = others[:1]  # an address is one session: the one that is named here
            letters, said = self._meant_for(answer.who, others[0], letters)
            outputs += said
        for letter in letters:
            self._queue.ready(letter, others)
        return outputs + self._ask_about(self._queue.bring_back(others))

    def _absent(self, answer: Answer[Wish], reason: str) -> list[Output]:
        """Nobody is there: after a lost connection that may change in a moment."""
        patient = self._ambient.monotonic() < self._patient_until
        rest: list[Wish] = []
        for wish in answer.waiting:
            if patient and isinstance(wish, Letter) and wish.carried:
                self._queue.put_aside(wish)
            else:
                rest.append(wish)
        return self._unsent(answer.who, rest, reason, "/who lists who is there")

    def _unsent(
        self, who: str, wishes: Iterable[Wish], reason: str, hint: str = ""
    ) -> list[Output]:
        """Nothing can be sent: a new line goes back to the person, an old text has its end."""
        outputs: list[Output] = []
        for wish in wishes:
            if isinstance(wish, Look):
                outputs.append(v.Rejected(wish.line, reason, hint))
                continue
            self._queue.drop(wish)
            own = wish.own
            if own.mid is None:
                outputs.append(v.Rejected(own.line, reason, hint))
            else:
                outputs.append(v.Undelivered(own.mid.hex(), who, own.text, reason))
        return outputs

    def _looked_at(self, answer: Answer[Wish], entry: m.Entry) -> list[Output]:
        """Both fingerprints for who asked for them; the next line may say that they are right."""
        if not any(isinstance(wish, Look) for wish in answer.waiting):
            return []
        outputs: list[Output] = [self._reports.verification(entry)]
        if not self._people.agrees(entry.name, entry.fp):
            return [*outputs, self._reports.changed_key(entry.name, entry.fp)]
        if not self._manner.piped:
            self._compared = entry
            question = "if both sides read the same, type yes to mark it as verified"
            outputs.append(v.System(question))
        return outputs

    def _meant_for(
        self, address: str, entry: m.Entry, letters: list[Letter]
    ) -> tuple[list[Letter], list[Output]]:
        """Which texts to an address are meant for the key there now; the others are not sent.

        Before the first one in this run: who that is, and with what trust. Who enters a text
        again means the new key. In a pipe nobody could: there the address stays the first one's.
        """
        outputs: list[Output] = []
        if address not in self._addressed:
            self._addressed[address] = entry.fp
            outputs.append(v.System(f"to {entry.name} ({self._people.trust(entry.fp).value})"))
        meant, known = list[Letter](), self._addressed[address]
        for letter in letters:
            before = letter.own.fp or known
            if before == entry.fp:
                meant.append(letter)
                continue
            if not self._manner.piped:
                self._addressed[address] = entry.fp
            was = self._people.name_of(before) or "another key"
            reason = f"{was} was at {address}, now it is {entry.name}; nothing was sent"
            outputs += self._unsent(address, [letter], reason, "enter the line again to send it")
        return meant, outputs

    def _send(self, own: Pending, entries: tuple[m.Entry, ...]) -> list[Output]:
        outputs: list[Output] = []
        changed = [e for e in entries if not self._people.agrees(e.name, e.fp)]
        for entry in changed:
            outputs.append(self._reports.changed_key(entry.name, entry.fp))
        mid = own.mid or self._ambient.random(16)
        shown = self._ledger.add(mid, own.who, own.text, entries, self._ambient.wall_ms())
        if own.mid is None:
            outputs.append(shown)
        for entry in entries:
            to = ce.Recipient(entry.session, entry.name, entry.fp)
            outputs += self._translate(self._end_to_end.write(to, mid, own.text))
        return outputs

    # time and the end

    @property
    def unfinished(self) -> int:
        """Own texts without a final state."""
        return len(self._ledger) + self._finding.waiting + self._queue.held

    def tick(self) -> list[Output]:
        outputs = self._translate(self._end_to_end.tick())
        for answer in self._finding.tick(self._ambient.monotonic()):
            outputs += self._answered(answer)
        if self._ambient.monotonic() >= self._ask_again_due():
            self._ask_again_at = math.inf
            outputs += self._ask_about(self._queue.bring_back())
        return outputs

    def next_deadline(self) -> float | None:
        again = self._ask_again_due()
        wishes = [self._end_to_end.next_deadline(), self._finding.next_deadline(), again]
        return min((wish for wish in wishes if wish not in (None, math.inf)), default=None)

    def _ask_again_due(self) -> float:
        """When absent people are asked about again: after a count, or at the end of patience."""
        return min(self._ask_again_at, self._patient_until) if self._queue.some_aside else math.inf

    def close(self) -> list[Output]:
        """The connection ended: what has no receipt is undelivered, what waits is given back."""
        looks = map(LineEntered, self._open_questions())
        outputs: list[Output] = list(unsent_views(self._queue.give_up(), looks))
        return outputs + self._translate(self._end_to_end.close())

    def _open_questions(self) -> list[str]:
        return [wish.line for wish in self._finding.give_up() if isinstance(wish, Look)]

    # what the end-to-end machines say

    def _translate(self, reported: list[ce.Output]) -> list[Output]:
        outputs: list[Output] = list(self._reports.first_contacts())
        for item in reported:
            if isinstance(item, m.Message):
                outputs.append(item)
            else:
                outputs += self._reports.views(item)
        return outputs
