"""Uploads at the desk of the server's core: what leaves as a message, what as an action."""

from dataclasses import dataclass, field

from rsachat.protocol import messages as m
from rsachat.server.connection import Connection
from rsachat.server.events import Announce
from rsachat.server.metrics import Tally
from rsachat.server.notices import UploadFailed
from rsachat.server.upload_desk import UploadDesk
from rsachat.server.upload_io import PartWritten, SendMessage

TID = bytes(16)


@dataclass
class Spy:
    """Stands for the receiving part, the relay and the outgoing one: notes what it is told."""

    told: list[object] = field(default_factory=list)
    said: list[object] = field(default_factory=list)
    acted: list[object] = field(default_factory=list)
    answer: list[object] = field(default_factory=list)

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        def method(*args: object) -> list[object]:
            self.told.append((name, *args))
            return self.answer

        return method

    def say(self, conn: object, message: object) -> None:
        self.said.append((conn, message))

    def act(self, action: object) -> None:
        self.acted.append(action)


class Link:
    peer = None


def desk(spy: Spy, conn: object) -> UploadDesk:
    return UploadDesk(spy, spy, {1: conn}, spy, Tally())  # type: ignore[arg-type, dict-item]


def connection() -> Connection:
    return Connection(1, "127.0.0.1:5", Link(), 0.0, 0.0)  # type: ignore[arg-type]


def test_messages_go_to_the_receiving_part_of_the_core() -> None:
    spy, conn = Spy(), connection()
    handlers = desk(spy, conn).handlers()
    handlers[m.UpFin](conn, m.UpFin(TID), 0.0)
    handlers[m.UpAbort](conn, m.UpAbort(TID, 210), 0.0)
    handlers[m.UpData](conn, m.UpData(TID, 0, 1, b"x"), 0.0)
    assert [entry[0] for entry in spy.told] == ["fin", "abort", "data"]  # type: ignore[index]


def test_its_messages_leave_by_the_outbox_and_the_rest_as_actions() -> None:
    spy, conn = Spy(), connection()
    ack = m.UpAck(TID, 1, bytes(32))
    notice = Announce(UploadFailed("alice", "127.0.0.1:5", "f", "no"))
    spy.answer = [SendMessage(1, ack), notice, SendMessage(2, ack)]
    desk(spy, conn).store_event(PartWritten(7), 0.0)
    assert spy.said == [(conn, ack)]
    assert spy.acted == [notice]


def test_who_is_not_proven_offers_nothing() -> None:
    spy, conn = Spy(), connection()
    desk(spy, conn).handlers()[m.UpOffer](conn, m.UpOffer(b"m"), 0.0)
    assert [entry[0] for entry in spy.told] == ["count_offer"]  # type: ignore[index]
