"""One chat on a loop, over as many connections as it takes.

Without `--reconnect` that is one. With it, a lost connection is tried again with growing pauses,
and what was chosen and what was not delivered goes along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rsachat.client import events as ce
from rsachat.client import views
from rsachat.client.backoff import Backoff
from rsachat.client.carried import Carried, Pending, unsent_views
from rsachat.client.core import ClientCore, Login
from rsachat.client.lines import Quit, parse_line
from rsachat.commands.speak import wall_ms
from rsachat.crypto.kem import HybridKem
from rsachat.errors import ConnectError, Interrupted, RsachatError
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.runtime.client_shell import ClientShell, Target
from rsachat.runtime.loop import Loop, Timer
from rsachat.runtime.pin_store import FilePinStore
from rsachat.runtime.pins import Pins
from rsachat.settings import ClientSettings


class Screen(Protocol):
    def show(self, view: views.View) -> None: ...


@dataclass(frozen=True, slots=True)
class Chat:
    """What a chat needs to begin: the login, where to, and the keys folder."""

    login: Login
    target: Target
    folder: Path


class ChatRun:
    """`ended()` is called once, on the loop; `error` is how it ended."""

    def __init__(self, chat: Chat, loop: Loop, screen: Screen, ended: Callable[[], object]) -> None:
        self._chat = chat
        self._loop = loop
        self._screen = screen
        self._ended = ended
        self._memory = ProcessMemory(os.urandom)
        self._backoff = Backoff(os.urandom)
        self._attempts = 0  # since the last time that both sides were connected
        self._connected = False
        self._carried: Carried | None = None
        self._core: ClientCore | None = None
        self._pause: Timer | None = None
        self._waiting: list[object] = []
        self._leaving = False
        self._over = False
        self.error: RsachatError | None = None
        self._shell = self._connect()

    def feed(self, event: object) -> None:
        """An event for the core of now, or of the next connection; past the end it is named."""
        if self._over:
            self._name([event])
            return
        if isinstance(event, ce.LineEntered) and not self._connected:
            if self._is_farewell(event.line):
                self.leave()
                return
            if event.line.strip() and not self._chat.login.piped:
                self._screen.show(views.Held(event.line))
        if self._pause is None:
            self._shell.feed(event)
        else:
            self._waiting.append(event)

    @property
    def unfinished(self) -> int | None:
        """Own texts without an end; None while there is no connection to send them on."""
        return None if self._core is None else self._core.unfinished

    def leave(self) -> None:
        """Say goodbye; before there is a connection, give up."""
        if self._over:
            return
        self._leaving = True
        if self._pause is not None:
            self._pause.cancel()
            self._give_up(None)
        elif self._core is None:
            error = None if self._carried is not None else Interrupted("interrupted")
            self._shell.cancel(error)
        else:
            self._shell.feed(ce.LeaveRequested())

    def abandon(self) -> None:
        """The loop has failed: name the lines that no core has taken."""
        if self._core is not None:
            self._carried = None  # that core has it
        self._name_unsent()

    def _is_farewell(self, line: str) -> bool:
        """Whether a person says `quit` to a connection that is not there any more."""
        away = self._carried is not None and not self._chat.login.piped
        return away and isinstance(parse_line(line, None), Quit)

    def _connect(self) -> ClientShell:
        return ClientShell(
            self._loop,
            self._chat.target,
            self._make_core,
            self._finished,
            {ce.Show: lambda action: self._shown(action.view)},
        )

    def _make_core(self) -> ClientCore:
        ambient = Ambient(self._loop.now, wall_ms, os.urandom, HybridKem())
        pins = FilePinStore(
            Pins(self._chat.folder), wall_ms, lambda text: self._screen.show(views.Warned(text))
        )
        self._core = ClientCore(
            self._chat.login, pins, self._memory, ambient, ClientSettings(), self._carried
        )
        return self._core

    def _shown(self, view: views.View) -> None:
        if isinstance(view, views.Connected):
            self._backoff.reset()
            self._connected, self._attempts = True, 0
        self._screen.show(view)

    def _finished(self, error: RsachatError | None) -> None:
        core, self._core = self._core, None
        self._connected = False
        if core is not None:
            self._carried = core.carried
        if self._may_try_again(error):
            self._try_again(error)
        else:
            self._give_up(error)

    def _may_try_again(self, error: RsachatError | None) -> bool:
        """After the first connection only losses count; a server that is absent is one."""
        return self._carried is not None and isinstance(error, ConnectError) and not self._leaving

    def _try_again(self, error: RsachatError | None) -> None:
        pause = self._backoff.pause()
        self._attempts += 1
        what = error.what if error else "the connection was lost"
        self._screen.show(views.Reconnecting(what, round(pause, 1), self._attempts))
        self._waiting += self._shell.take_waiting()
        self._pause = self._loop.call_later(pause, self._connect_again)

    def _connect_again(self) -> None:
        self._pause = None
        self._shell = self._connect()
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._shell.feed(event)

    def _give_up(self, error: RsachatError | None) -> None:
        self._name_unsent()
        self._over = True
        self.error = error
        self._ended()

    def _name_unsent(self) -> None:
        """What was taken along, or typed since, finds its end here, by name."""
        before = self._carried or Carried(None)
        self._name([*before.early, *self._waiting, *self._shell.take_waiting()], before.pending)

    def _name(self, typed: Iterable[object], pending: Iterable[Pending] = ()) -> None:
        lines = [e for e in typed if isinstance(e, ce.LineEntered | ce.TextEntered)]
        entered = [e for e in lines if isinstance(e, ce.TextEntered) or e.line.strip()]
        for view in unsent_views(pending, entered):
            self._screen.show(view)
