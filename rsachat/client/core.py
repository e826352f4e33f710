"""The chat client: what a person types and what the server says in, actions and views out.

One connection, from the login on. It owns no socket, clock, screen or file; what is shown goes
out as `Show`, and the end comes out once as `Finished`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rsachat.amounts import number
from rsachat.client import events as ce
from rsachat.client import lines as ln
from rsachat.client import views as v
from rsachat.client.carried import Carried, unsent_views
from rsachat.client.channel import Channel, ChannelEvent, End, Ended, LoggedIn
from rsachat.client.conversation import Conversation, Manner, Output
from rsachat.client.endings import changed_own_name, ending_error, may_try_again
from rsachat.client.people import PinStore
from rsachat.crypto.rsa import PrivateKey
from rsachat.errors import Interrupted, RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.protocol.codes import Role
from rsachat.settings import ClientSettings

Action = object


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in: the identity, the server as typed (`host:port`), and its pinned key.

    `wish` is the name to ask an open server for, `chosen` whom plain lines go to from the
    start (an address or `@name`), or None. With `piped` the end tells whether all texts
    arrived. `strict`: only verified people are written to and shown. `reconnect`: a lost
    connection leaves `carried` behind for the next login.
    """

    identity: PrivateKey
    wish: str
    server: str
    pin: bytes
    chosen: str | None = None
    piped: bool = False
    strict: bool = False
    reconnect: bool = False


class ClientCore:
    """One login of a chat client."""

    def __init__(
        self,
        login: Login,
        pins: PinStore,
        memory: ProcessMemory,
        ambient: Ambient,
        settings: ClientSettings,
        carried: Carried | None = None,
    ) -> None:
        before = carried or Carried(login.chosen)
        self._login = login
        self._pins = pins
        self._memory = memory
        self._ambient = ambient
        self._settings = settings
        self._channel = Channel(login.identity, ambient, settings, Role.CHAT, login.wish, login.pin)
        self._chosen = before.chosen
        self._addressed = before.addressed
        self._pending = before.pending
        self._came_back = carried is not None
        self._actions: list[Action] = []
        self._chat: Conversation | None = None
        self._early: list[ce.LineEntered | ce.TextEntered] = list(before.early)
        self._leaving_until: float | None = None
        self._draining = before.input_ended
        self._deaf = False
        self._interrupted = False
        self._paused = False
        self._failed = before.failed  # own texts that were shown as not sent, or undelivered
        self._finished = False
        self.carried: Carried | None = None
        """After a loss that another login may follow: what it has to take along."""
        self._handlers: dict[type, Callable[[Any], None]] = {
            io.BytesReceived: lambda e: self._from_server(self._channel.receive(e.data)),
            io.EofReceived: lambda e: self._from_server(self._channel.eof()),
            io.ConnectionLost: lambda e: self._from_server(self._channel.lost(e.why)),
            io.Backlog: self._on_backlog,
            io.Tick: lambda e: self._on_tick(),
            ce.LineEntered: self._on_line,
            ce.TextEntered: self._on_text,
            ce.InputEnded: self._on_input_ended,
            ce.LeaveRequested: self._on_leave_requested,
        }

    def handle(self, event: object) -> list[Action]:
        """Take one event; the actions it causes, to be done in order."""
        if not self._finished:
            self._handlers[event.__class__](event)
            self._leave_if_drained()
        return self._take()

    def flush(self) -> list[Action]:
        """At the end of a pass: seal and send what waits."""
        if not self._finished:
            self._send_waiting()
        return self._take()

    def next_deadline(self) -> float | None:
        """When `Tick` is due, in monotonic seconds."""
        if self._finished:
            return None
        wishes = [self._channel.next_deadline(), self._leaving_until]
        if self._chat is not None:
            wishes.append(self._chat.next_deadline())
        return min((wish for wish in wishes if wish is not None), default=None)

    @property
    def unfinished(self) -> int:
        """Own messages without a final state: a reason to read no more input for now."""
        waiting = len(self._early) + len(self._pending)
        return waiting + (0 if self._chat is None else self._chat.unfinished)

    def _take(self) -> list[Action]:
        taken, self._actions = self._actions, []
        return taken

    # the server

    def _from_server(self, happened: Iterable[ChannelEvent]) -> None:
        for event in happened:
            match event:
                case LoggedIn(welcome=welcome):
                    self._logged_in(welcome)
                case Ended():
                    self._ended(event)
                case m.Message() if self._chat is not None:
                    self._do(self._chat.message(event))
                    self._say_connected(self._chat)

    def _logged_in(self, welcome: m.Welcome) -> None:
        own_fp = self._login.identity.public.fingerprint
        held = self._pins.own_name(welcome.server_fp, own_fp, welcome.name)
        if held != welcome.name:
            self._finish(changed_own_name(self._login.server, held, welcome.name))
            return
        self._chat = Conversation(
            self._login.identity,
            welcome,
            self._pins,
            self._memory,
            self._ambient,
            self._settings,
            Manner(self._login.piped, self._login.strict),
            self._addressed,
        )
        self._do(self._chat.start())

    def _say_connected(self, chat: Conversation) -> None:
        """Say "connected" once the server counts us: from then on others can write to us."""
        if not chat.announce():
            return
        self._do([chat.connected(self._login.server)])
        if self._chosen is not None:
            self._do([v.Chosen(self._chosen)])
        pending, self._pending = self._pending, ()
        self._do(chat.resume(pending))
        early, self._early = self._early, []
        for event in early:
            self._handlers[event.__class__](event)
        self._came_back = False

    def _ended(self, ended: Ended) -> None:
        if self._leaving_until is not None and ended.end in (End.CLOSED, End.CUT):
            self._finish_leaving()
            return
        error = ending_error(ended, self._login.server, self._login.pin)
        if self._login.reconnect and self._leaving_until is None and may_try_again(ended):
            self._keep_texts()
            self._finish(error)
            return
        self._give_up_texts()
        if error is None:
            self._do([v.Closed("server closed the chat", orderly=True)])
            error = self._lost_texts()
        else:
            self._do([v.Closed(error.why or error.what, orderly=False)])
        self._finish(error)

    # the person

    def _ready(self, event: ce.LineEntered | ce.TextEntered) -> Conversation | None:
        """The conversation, if it is on; what comes earlier waits for it."""
        if self._deaf:
            return None
        if self._chat is None or not self._chat.is_on:
            self._early.append(event)
            return None
        return self._chat

    def _on_text(self, event: ce.TextEntered) -> None:
        chat = self._ready(event)
        if chat is not None and self._chosen is not None and event.text.strip():
            problem = ln.text_problem(event.text)
            if problem is not None:
                self._reject(event.text, problem)
            else:
                self._write(chat, self._chosen, event.text, event.text)

    def _on_line(self, event: ce.LineEntered) -> None:
        chat = self._ready(event)
        if chat is None:
            return
        line = event.line
        answered = chat.answer(line)
        if answered is not None:
            self._do(answered)
            return
        match ln.parse_line(line, self._chosen):
            case ln.ToAddress(address=address, text=text):
                self._write(chat, address, text, line)
            case ln.ToName(name=name, text=text):
                self._write(chat, f"@{name}", text, line)
            case ln.ToChosen(text=text) | ln.Say(text=text):
                self._write(chat, self._chosen or "", text, line)
            case ln.NotAddressed():
                self._reject(line, "nobody is chosen", _ADDRESS_IT)
            case ln.Bad(reason=reason):
                self._reject(line, reason)
            case ln.Quit():
                self._quit()
            case intent:
                self._on_command(chat, intent, line)

    def _write(self, chat: Conversation, who: str, text: str, line: str) -> None:
        self._do(chat.write(who, text, line, carried=self._came_back))

    def _on_command(self, chat: Conversation, intent: ln.Intent, line: str) -> None:
        match intent:
            case ln.Choose(who=who):
                self._chosen = who
                self._do([v.Chosen(who)])
            case ln.Who():
                self._do([chat.who()])
            case ln.Verify(who=who):
                self._do(chat.verify(who, line))
            case ln.Help():
                self._do([v.Help()])

    def _reject(self, line: str, reason: str, hint: str = "") -> None:
        self._do([v.Rejected(line, reason, hint)])

    def _on_input_ended(self, event: ce.InputEnded) -> None:
        if not event.stay:
            self._draining = True

    # the end

    def _quit(self) -> None:
        """Leave; in a pipe that is the end of the input, and what came before is delivered."""
        self._deaf = True
        if self._login.piped:
            self._draining = True
        else:
            self._leave()

    def _on_leave_requested(self, event: ce.LeaveRequested) -> None:
        """By a signal or a key. Too early, or in the middle of a pipe's work, it interrupts."""
        if self._chat is None or not self._chat.is_on:
            self._channel.close()
            self._finish(Interrupted("interrupted before the chat began"))
        elif self._leaving_until is None:
            self._interrupted = self._login.piped and self.unfinished > 0
            self._leave()

    def _leave(self) -> None:
        """Say goodbye, and wait a moment for the server's own."""
        self._leaving_until = self._ambient.monotonic() + self._settings.linger_seconds
        self._send_waiting()
        self._channel.close()

    def _leave_if_drained(self) -> None:
        on = self._chat is not None and self._chat.is_on
        if self._draining and on and not self.unfinished and self._leaving_until is None:
            self._leave()

    def _finish_leaving(self) -> None:
        self._give_up_texts()
        self._finish(Interrupted("interrupted") if self._interrupted else self._lost_texts())

    def _give_up_texts(self) -> None:
        """Name what has found no end: it is not delivered."""
        pending, self._pending = self._pending, ()
        early, self._early = self._early, []
        self._do(unsent_views(pending, early))
        if self._chat is not None:
            self._do(self._chat.close())

    def _keep_texts(self) -> None:
        """What has found no end goes along to the next login."""
        pending, early = self._pending, tuple(self._early)
        if self._chat is not None:
            pending += self._chat.suspend()
            self._do(self._chat.unanswered())
        self._early, self._pending, self._chat = [], (), None
        self.carried = Carried(
            self._chosen, self._addressed, pending, early, self._failed, self._draining
        )

    def _on_tick(self) -> None:
        if self._leaving_until is not None and self._ambient.monotonic() >= self._leaving_until:
            self._finish_leaving()
            return
        self._from_server(self._channel.tick())
        if self._chat is not None and not self._finished:
            self._do(self._chat.tick())

    def _lost_texts(self) -> RsachatError | None:
        """In a pipe the exit code tells whether every text arrived."""
        if not (self._login.piped and self._failed):
            return None
        what = f"{number(self._failed, 'message')} not delivered"
        return RsachatError(what, hint="each is named above, with the reason")

    def _finish(self, error: RsachatError | None) -> None:
        if not self._finished:
            self._give_up_texts()
            self._send_waiting()
            self._finished = True
            self._actions += [io.CloseConnection(ce.CONN), ce.Finished(error)]

    # out

    def _do(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, m.Message):
                self._channel.send(output)
            else:
                self._failed += isinstance(output, v.Rejected | v.Undelivered)
                self._actions.append(ce.Show(output))

    def _on_backlog(self, event: io.Backlog) -> None:
        """A server that takes nothing is not read: its PINGs shall not pile up PONGs here."""
        most = self._settings.backlog_pause
        if event.waiting > most and not self._paused:
            self._paused = True
            self._actions.append(io.PauseReading(ce.CONN))
        elif event.waiting <= most // 2 and self._paused:
            self._paused = False
            self._actions.append(io.ResumeReading(ce.CONN))

    def _send_waiting(self) -> None:
        data = self._channel.flush()
        if data:
            self._actions.append(io.SendBytes(ce.CONN, data))


_ADDRESS_IT = "write IP:PORT/text or @name text, or choose with /to WHO"
