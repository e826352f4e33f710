"""What cores of one question share: an answer ends it once, and an end without one too."""

from rsachat.client.channel import Channel, ChannelEvent, Ended
from rsachat.client.events import Finished
from rsachat.client.question import QuestionCore
from rsachat.errors import ConnectError
from rsachat.protocol import io_events as io
from rsachat.protocol.codes import Role
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.hub import Hub


class Patient(QuestionCore):
    """Asks nothing, and counts what it is told."""

    def __init__(self, hub: Hub) -> None:
        pin = keys.public("server").fingerprint
        super().__init__(
            Channel(keys.private("alice"), hub.ambient, ClientSettings(), Role.CHAT, "", pin)
        )
        self.told: list[ChannelEvent] = []

    def _one(self, event: ChannelEvent) -> None:
        self.told.append(event)
        if isinstance(event, Ended):
            self._finish(ConnectError("no answer"))


def test_the_hello_is_sent_at_once() -> None:
    (sent,) = Patient(Hub()).flush()
    assert isinstance(sent, io.SendBytes)
    assert sent.data.startswith(b"RSACHAT\x01")


def test_a_loss_ends_it_once() -> None:
    core = Patient(Hub())
    actions = core.handle(io.ConnectionLost(0, "reset"))
    assert [type(action) for action in actions][-2:] == [io.CloseConnection, Finished]
    assert core.handle(io.EofReceived(0)) == []
    assert core.next_deadline() is None
    assert len(core.told) == 1


def test_silence_ends_it_after_the_time_of_a_login() -> None:
    hub = Hub()
    core = Patient(hub)
    deadline = core.next_deadline()
    assert deadline is not None
    hub.clock.now = deadline
    assert any(isinstance(action, Finished) for action in core.handle(io.Tick()))


def test_other_events_are_nothing_to_it() -> None:
    core = Patient(Hub())
    assert core.handle(io.Backlog(0, 1)) == []
    assert core.told == []
