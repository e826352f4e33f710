"""What small cores share that ask a server one thing on a connection of its own, and leave."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from rsachat.client.channel import Channel, ChannelEvent
from rsachat.client.events import CONN, Finished
from rsachat.errors import RsachatError
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m

Action = object


class QuestionCore(ABC):
    """Feed it the events of one connection until it says Finished."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._actions: list[Action] = []
        self._over = False

    def handle(self, event: object) -> list[Action]:
        """Take one event; the actions it causes, to be done in order."""
        match event:
            case io.BytesReceived(data=data):
                self._take(self._channel.receive(data))
            case io.EofReceived():
                self._take(self._channel.eof())
            case io.ConnectionLost(why=why):
                self._take(self._channel.lost(why))
            case io.Tick() if not self._over:
                self._tick()
        actions, self._actions = self._actions, []
        return actions

    def flush(self) -> list[Action]:
        """At the end of a pass: what is to be sent."""
        data = self._channel.flush()
        return [io.SendBytes(CONN, data)] if data else []

    def next_deadline(self) -> float | None:
        """When `Tick` is due, in monotonic seconds."""
        return None if self._over else self._channel.next_deadline()

    def _tick(self) -> None:
        """A deadline may have come: the login takes too long, or a PING is due."""
        self._take(self._channel.tick())

    @abstractmethod
    def _one(self, event: ChannelEvent) -> None:
        """One event of the channel, the login and its end among them."""

    def _take(self, events: Iterable[ChannelEvent]) -> None:
        for event in events:
            if not self._over:
                self._one(event)

    def _say(self, message: m.Message) -> None:
        self._channel.send(message)

    def _finish(self, error: RsachatError | None) -> None:
        """The answer is there, or will never be: leave in order."""
        self._over = True
        if not self._channel.ended:
            self._channel.close()
        self._actions += [*self.flush(), io.CloseConnection(CONN), Finished(error)]
