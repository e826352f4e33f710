"""After a lost connection: what a chat takes along, sends again under the same id, shows once."""

import pytest

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.client.carried import Carried, Pending, unsent_views
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.chat_context import ProcessMemory
from rsachat.server.connection import Connection
from rsachat.server.events import StopRequested
from rsachat.settings import ServerSettings, SessionLimits
from tests.support import keys
from tests.support.hub import Client, Hub


def bob_fp() -> bytes:
    return keys.public("bob").fingerprint


def again(hub: Hub, key: str, lost: Client, memory: ProcessMemory) -> Client:
    assert lost.core.carried is not None
    return hub.join(key, memory=memory, reconnect=True, carried=lost.core.carried)


def test_a_text_without_a_receipt_is_sent_again_and_shown_once() -> None:
    """The receipt is lost with the connection; the recipient has shown the text already."""
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.to_client = lambda conn, data: b"" if conn == alice.conn and bob.texts() else data
    hub.type(alice, "@bob once")
    assert bob.texts() == ["once"]
    hub.to_client = lambda _conn, data: data
    hub.cut(alice)
    assert alice.finished
    assert not alice.seen(v.Undelivered)
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(1)
    assert bob.texts() == ["once"]
    own = alice.seen(v.OwnMessage)[0]
    assert isinstance(own, v.OwnMessage)
    assert [x.id for x in alice2.views if isinstance(x, v.Delivered)] == [own.id]
    assert not alice2.seen(v.OwnMessage)  # shown before


def test_a_text_that_never_left_arrives_after_the_next_login() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.to_server = lambda conn, data: b"" if conn == alice.conn else data
    hub.type(alice, "@bob one", f"{bob.address}/two")
    hub.cut(alice)
    hub.to_server = lambda _conn, data: data
    again(hub, "alice", alice, memory)
    hub.advance(1)
    assert sorted(bob.texts()) == ["one", "two"]


def test_who_is_gone_after_the_next_login_is_undelivered() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.to_server = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, "@bob never receipted")
    hub.cut(alice)
    hub.cut(bob)
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(30, step=1)
    assert not alice2.seen(v.Undelivered)  # he may be on his way back
    hub.advance(30, step=1)
    assert [x.reason for x in alice2.views if isinstance(x, v.Undelivered)] == [
        "@bob is not connected"
    ]
    assert not alice2.seen(v.Delivered)


def test_who_comes_back_a_little_later_is_written_to_then() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.to_server = lambda conn, data: b"" if conn == alice.conn else data
    hub.type(alice, "@bob patient")
    hub.to_server = lambda _conn, data: data
    hub.cut(alice)
    hub.cut(bob)
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(20, step=1)
    bob2 = hub.join("bob")
    hub.advance(1)
    assert bob2.texts() == ["patient"]
    assert not alice2.seen(v.Undelivered)
    assert not alice2.seen(v.Rejected)


def test_another_person_at_the_address_is_not_written_to() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice = hub.join("alice", memory=memory, reconnect=True)
    bob = hub.join("bob", address="127.0.0.1:9999")
    hub.type(alice, "127.0.0.1:9999/to bob")
    hub.advance(1)
    hub.to_server = lambda conn, data: b"" if conn in (alice.conn, bob.conn) else data
    hub.type(alice, "127.0.0.1:9999/to bob alone")
    hub.cut(alice)
    hub.cut(bob)
    hub.to_server = lambda _conn, data: data
    carol = hub.join("carol", address="127.0.0.1:9999")
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(1)
    assert carol.texts() == []
    assert len(alice2.seen(v.Undelivered)) == 1


def test_the_chosen_one_and_early_lines_go_along() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.type(alice, "/to bob")
    hub.cut(alice)
    carried = alice.core.carried
    assert carried is not None
    assert carried.chosen == "@bob"
    later = Carried("@bob", early=(ce.LineEntered("typed meanwhile"),))
    hub.join("alice", memory=memory, reconnect=True, carried=later)
    hub.advance(1)
    assert bob.texts() == ["typed meanwhile"]


def test_a_line_typed_while_the_server_was_gone_waits_for_who_comes_back_later() -> None:
    hub = Hub()
    later = Carried(None, early=(ce.LineEntered("@bob typed meanwhile"),))
    alice = hub.join("alice", reconnect=True, carried=later)
    hub.advance(20, step=1)
    assert not alice.seen(v.Rejected)
    bob = hub.join("bob")
    hub.advance(1)
    assert bob.texts() == ["typed meanwhile"]
    hub.type(alice, "@carol typed now")
    assert [x.line for x in alice.views if isinstance(x, v.Rejected)] == ["@carol typed now"]


def parted(hub: Hub, *lines: str) -> Client:
    """Alice a while after a new login, with texts from before that wait for bob, who is absent."""
    pending = tuple(Pending(None, "@bob", line, f"@bob {line}") for line in lines)
    alice = hub.join("alice", reconnect=True, carried=Carried(None, pending=pending))
    hub.advance(6, step=1)
    return alice


@pytest.mark.parametrize("to", ["@bob ", "{address}/"])
def test_what_is_typed_later_does_not_overtake_what_waits(to: str) -> None:
    """Her side hears late that he came, when she has written to him already."""
    hub = Hub()
    alice = parted(hub, "one", "two")
    late = bytearray()

    def slow(conn: int, data: bytes) -> bytes:
        if conn != alice.conn:
            return data
        late.extend(data)
        return b""

    hub.to_client = slow
    bob = hub.join("bob")
    hub.type(alice, to.format(address=bob.address) + "three")
    hub.to_client = lambda _conn, data: data
    hub.tell(alice, io.BytesReceived(0, bytes(late)))
    hub.advance(1)
    assert bob.texts() == ["one", "two", "three"]


def test_in_a_crowd_where_only_the_count_is_told_who_waits_is_found_all_the_same() -> None:
    hub = Hub(settings=ServerSettings(session=SessionLimits(roster=1)))
    hub.join("carol")
    alice = parted(hub, "one")
    bob = hub.join("bob")
    hub.advance(6, step=1)
    assert bob.texts() == ["one"]
    assert alice.core.unfinished == 0


def test_who_waits_goes_first_also_if_an_answer_is_the_first_word_of_who_came() -> None:
    """In a crowd the count is told once a second; here bob comes within that second."""
    hub = Hub(settings=ServerSettings(session=SessionLimits(roster=1)))
    alice = parted(hub, "one")
    hub.join("carol")
    bob = hub.join("bob")
    hub.type(alice, f"{bob.address}/two")
    assert bob.texts() == ["one", "two"]


def test_absent_people_are_not_asked_about_with_every_count() -> None:
    hub = Hub(settings=ServerSettings(session=SessionLimits(roster=1)))
    hub.join("carol")
    alice, questions = parted(hub, "one"), list[str]()
    find = hub.server._link_handlers[m.Find]

    def counted(conn: Connection, message: m.Find, now: float) -> None:
        questions.append(message.what)
        find(conn, message, now)

    hub.server._link_handlers[m.Find] = counted
    for _ in range(12):
        hub.join("carol")
        hub.advance(1, step=0.5)
    assert 2 <= len(questions) <= 4
    assert not alice.seen(v.Rejected)


ADDRESS = "127.0.0.1:7777"


def test_a_text_for_who_was_at_an_address_does_not_go_to_who_comes_there() -> None:
    """Not even if the person has heard of the other one, and an answer is the first word of it."""
    hub = Hub(settings=ServerSettings(session=SessionLimits(roster=1)))
    hub.join("bob")
    pending = (Pending(None, ADDRESS, "for bob", f"{ADDRESS}/for bob"),)
    carried = Carried(None, {ADDRESS: bob_fp()}, pending)
    alice = hub.join("alice", reconnect=True, carried=carried)
    hub.advance(3, step=0.5)
    hub.join("bob")
    carol = hub.join("carol", address=ADDRESS)
    hub.type(alice, f"{ADDRESS}/also for bob")
    hub.advance(60, step=0.5)
    assert carol.texts() == []
    lines = [view.line for view in alice.views if isinstance(view, v.Rejected)]
    assert sorted(lines) == [f"{ADDRESS}/also for bob", f"{ADDRESS}/for bob"]
    hub.type(alice, f"{ADDRESS}/for carol")
    assert carol.texts() == ["for carol"]


def test_nor_after_the_next_login_does_one_that_had_been_sent() -> None:
    hub = Hub(settings=ServerSettings(session=SessionLimits(roster=1)))
    memory = ProcessMemory(hub.random.randbytes)
    hub.join("carol")
    alice = hub.join("alice", reconnect=True, memory=memory)
    bob = hub.join("bob", address=ADDRESS)
    hub.advance(2)
    hub.to_server = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, f"{ADDRESS}/for bob")
    hub.to_server = lambda _conn, data: data
    hub.cut(bob)
    hub.advance(6, step=0.5)
    carol = hub.join("carol", address=ADDRESS)
    hub.type(alice, f"{ADDRESS}/also for bob")
    hub.cut(alice)
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(60, step=0.5)
    assert carol.texts() == []
    (lost,) = alice2.seen(v.Undelivered)
    assert isinstance(lost, v.Undelivered)
    assert lost.reason.endswith(f"was at {ADDRESS}, now it is carol; nothing was sent")


def test_who_leaves_and_returns_while_a_text_is_held_back_gets_it() -> None:
    hub = Hub()
    hub.unanswered("carol")
    bob = hub.join("bob")
    pending = tuple(Pending(None, who, "hi", f"{who} hi") for who in ("@carol", "@bob"))
    alice = hub.join("alice", reconnect=True, carried=Carried(None, pending=pending))
    hub.cut(bob)
    hub.advance(2, step=1)
    bob = hub.join("bob")
    hub.advance(12, step=1)
    assert not alice.seen(v.Undelivered)
    assert bob.texts() == ["hi"]


def test_the_order_outlives_a_second_loss() -> None:
    hub = Hub()
    alice = parted(hub, "one")
    hub.to_server = lambda conn, data: b"" if conn == alice.conn else data
    hub.type(alice, "127.0.0.1:9999/two", "@carol three", "@bob four")
    hub.to_server = lambda _conn, data: data
    hub.cut(alice)
    assert alice.core.carried is not None
    texts = [item.text for item in alice.core.carried.pending]
    assert texts == ["one", "two", "three", "four"]


def test_a_look_at_fingerprints_whose_answer_is_lost_is_given_back() -> None:
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    alice, bob = hub.join("alice", memory=memory, reconnect=True), hub.join("bob")
    hub.to_client = lambda conn, data: b"" if conn == alice.conn else data
    hub.type(alice, "/verify @bob", "@bob hi")
    hub.to_client = lambda _conn, data: data
    hub.cut(alice)
    reason = "the connection was lost before the answer"
    assert alice.seen(v.Rejected) == [v.Rejected("/verify @bob", reason)]
    alice2 = again(hub, "alice", alice, memory)
    hub.advance(1)
    assert bob.texts() == ["hi"]
    assert not alice2.seen(v.Verification)


def test_an_orderly_end_carries_nothing() -> None:
    hub = Hub()
    alice = hub.join("alice", reconnect=True)
    hub.type(alice, "quit")
    hub.advance(2)
    assert alice.finished
    assert alice.core.carried is None


def test_in_a_pipe_a_carried_text_that_ends_undelivered_fails_the_run() -> None:
    """It waits for bob, who does not come back; then the server stops in order."""
    hub = Hub()
    memory = ProcessMemory(hub.random.randbytes)
    pending = (Pending(b"m" * 16, "@bob", "carried", "@bob carried"),)
    alice = hub.join("alice", memory=memory, piped=True, carried=Carried(None, pending=pending))
    hub.feed(StopRequested())
    hub.settle()
    assert [x.id for x in alice.views if isinstance(x, v.Undelivered)] == [(b"m" * 16).hex()]
    assert alice.error is not None
    assert alice.error.what == "1 message not delivered"


def test_a_refused_identity_is_not_tried_again() -> None:
    hub = Hub(authorized=())
    alice = hub.join("alice", reconnect=True)
    assert alice.finished
    assert alice.core.carried is None


def test_what_no_connection_follows_for_is_named() -> None:
    views = unsent_views(
        [Pending(b"m" * 16, "@bob", "old", "old"), Pending(None, "@bob", "new", "@bob new")],
        [ce.TextEntered("text"), ce.LineEntered("line")],
    )
    reason = "the chat ended before it could be sent"
    assert views == [
        v.Undelivered((b"m" * 16).hex(), "@bob", "old", reason),
        v.Rejected("@bob new", reason),
        v.Rejected("text", reason),
        v.Rejected("line", reason),
    ]
