"""The chat client from its login to its end, as its person and its exit code see it."""

import pytest

from rsachat.client import events as ce
from rsachat.client import views as v
from rsachat.errors import RsachatError
from rsachat.protocol import io_events as io
from rsachat.server.events import KeyRing, StopRequested
from rsachat.settings import MIB
from tests.support import keys
from tests.support.hub import Client, Hub, MemoryPins


def code(client: Client) -> int:
    """The exit code that this end means."""
    assert client.finished
    return 0 if client.error is None else client.error.exit_code


def lost(client: Client) -> list[str]:
    """The texts named as not delivered, or given back."""
    return [
        view.text if isinstance(view, v.Undelivered) else view.line
        for view in client.views
        if isinstance(view, v.Undelivered | v.Rejected)
    ]


def swallow(_conn: int, _data: bytes) -> bytes:
    return b""


# the login


def test_connected_is_said_once_and_when_the_server_counts_us() -> None:
    hub = Hub()
    hub.join("bob")
    alice = hub.join("alice")
    (connected,) = alice.seen(v.Connected)
    assert connected == v.Connected(
        alice.address,
        "127.0.0.1:8000",
        connected.fingerprint,  # type: ignore[union-attr]
        2,
        "alice",
    )
    assert hub.server.clients == 2


def test_another_name_than_the_first_one_told_is_refused() -> None:
    hub = Hub()
    alice = hub.join("alice", pins=MemoryPins(name="bertha"))
    assert code(alice) == 4
    assert not alice.seen(v.Connected)
    assert hub.server.clients == 0


def test_another_server_key_is_refused() -> None:
    hub = Hub()
    alice = hub.join("alice", pin=keys.public("bob").fingerprint)
    assert code(alice) == 4
    assert [type(view) for view in alice.views] == [v.Closed]


# lines


def test_whom_plain_lines_go_to_is_chosen_and_said() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "hello?")
    assert lost(alice) == ["hello?"]
    hub.type(alice, "/to bob", "hello", "/say quit")
    assert alice.seen(v.Chosen) == [v.Chosen("@bob")]
    assert bob.texts() == ["hello", "quit"]
    hub.type(alice, "/help", "", "  ", "/nonsense")
    assert alice.seen(v.Help)
    assert lost(alice) == ["hello?", "/nonsense"]


def test_the_one_chosen_at_the_start_is_said_after_connected() -> None:
    hub = Hub()
    alice = hub.join("alice", chosen="@bob")
    assert [type(view) for view in alice.views[-2:]] == [v.Connected, v.Chosen]


def test_texts_for_the_chosen_one_are_not_parsed() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", chosen="@bob", piped=True)
    texts = ["quit", "/who", "@carol x", "127.0.0.1:1/y", " two  spaces ", "z" * 61_440]
    for text in [*texts, "", "z" * 61_441]:
        hub.tell(alice, ce.TextEntered(text))
    hub.tell(alice, ce.InputEnded(stay=False))
    hub.advance(1)
    assert bob.texts() == texts
    assert lost(alice) == ["z" * 61_441]
    assert code(alice) == 1


# leaving


@pytest.mark.parametrize("leave", [ce.LineEntered("quit"), ce.LineEntered("/quit")])
def test_leaving_is_done(leave: object) -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.tell(alice, leave)
    assert code(alice) == 0
    assert "quit" in hub.notices[-1].line.plain


def test_leaving_before_the_login_is_an_interruption() -> None:
    hub = Hub()
    hub.to_client = swallow
    alice = hub.join("alice")
    hub.tell(alice, ce.LeaveRequested())
    assert alice.error is not None
    assert alice.error.what == "interrupted before the chat began"
    assert code(alice) == 130


def test_leaving_does_not_wait_for_a_server_that_does_not_answer() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.to_client = swallow
    hub.server.flush = list  # type: ignore[method-assign]
    hub.to_server = swallow
    hub._client(alice, ce.LeaveRequested())
    hub.advance(0.9, step=0.1)
    assert not alice.finished
    hub.advance(0.2, step=0.1)
    assert code(alice) == 0


def test_texts_under_way_are_named_when_their_person_leaves() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.to_client = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, "@bob one")
    for line in ("@nobody two", "quit", "@bob three"):
        hub._client(alice, ce.LineEntered(line))
    hub.settle()
    assert lost(alice) == ["@nobody two", "one"]
    assert code(alice) == 0


def test_a_key_or_signal_before_the_chat_began_interrupts() -> None:
    hub = Hub()
    hub.hold_jobs = True
    alice = hub.join("alice", piped=True)
    hub._client(alice, ce.LineEntered("@bob hi"))
    hub.tell(alice, ce.LeaveRequested())
    assert code(alice) == 130
    assert lost(alice) == ["@bob hi"]


def test_a_signal_in_a_pipe_interrupts_only_unfinished_work() -> None:
    hub = Hub()
    idle = hub.join("alice", piped=True)
    hub.tell(idle, ce.LeaveRequested())
    assert code(idle) == 0
    busy = hub.join("alice", piped=True)
    bob = hub.join("bob")
    hub.to_client = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(busy, "@bob hi")
    hub.tell(busy, ce.LeaveRequested())
    assert lost(busy) == ["hi"]
    assert code(busy) == 130


# in a pipe


def test_a_pipe_ends_when_all_is_delivered() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", piped=True)
    hub._client(alice, ce.LineEntered("@bob one"))
    hub._client(alice, ce.InputEnded(stay=False))
    hub.settle()
    assert not alice.finished
    hub.advance(0.2)
    assert bob.texts() == ["one"]
    assert alice.seen(v.Delivered)
    assert code(alice) == 0


def test_lines_that_come_before_the_login_wait_for_it() -> None:
    hub = Hub()
    bob = hub.join("bob")
    hub.hold_jobs = True
    alice = hub.join("alice", piped=True)
    for event in (ce.LineEntered("@bob early"), ce.InputEnded(stay=False)):
        hub._client(alice, event)
    assert alice.core.unfinished == 1
    hub.hold_jobs = False
    hub.run_jobs()
    hub.advance(0.2)
    assert bob.texts() == ["early"]
    assert code(alice) == 0


def test_a_pipe_without_a_line_connects_and_leaves_in_order() -> None:
    hub = Hub()
    hub.hold_jobs = True
    alice = hub.join("alice", piped=True)
    hub._client(alice, ce.InputEnded(stay=False))
    hub.hold_jobs = False
    hub.run_jobs()
    hub.settle()
    assert alice.seen(v.Connected)
    assert code(alice) == 0
    assert [type(notice).__name__ for notice in hub.notices] == ["Connected", "Disconnected"]


def test_quit_in_a_pipe_is_the_end_of_its_input() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", piped=True)
    for line in ("@bob one", "quit", "@bob two"):
        hub._client(alice, ce.LineEntered(line))
    hub.advance(0.3)
    assert bob.texts() == ["one"]
    assert lost(alice) == []
    assert code(alice) == 0


def test_what_is_not_delivered_in_a_pipe_is_named_and_costs_the_exit_code() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", piped=True)
    hub.type(alice, "@bob one", "@eve two", "nobody", "127.0.0.1:9/three")
    hub.tell(alice, ce.InputEnded(stay=False))
    hub.advance(0.2)
    assert bob.texts() == ["one"]
    assert lost(alice) == ["nobody", "@eve two", "127.0.0.1:9/three"]
    assert code(alice) == 1
    assert alice.error is not None
    assert alice.error.what == "3 messages not delivered"


def test_who_listens_stays_until_the_server_ends() -> None:
    hub = Hub()
    alice = hub.join("alice", piped=True)
    hub.tell(alice, ce.InputEnded(stay=True))
    hub.advance(100, step=1)
    assert not alice.finished
    hub.feed(StopRequested())
    assert alice.views[-1] == v.Closed("server closed the chat", orderly=True)
    assert code(alice) == 0


def test_texts_without_a_receipt_cost_the_exit_code_even_at_an_orderly_end() -> None:
    hub = Hub()
    bob = hub.join("bob")
    alice = hub.join("alice", piped=True)
    hub.to_client = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, "@bob hi")
    hub.feed(StopRequested())
    assert lost(alice) == ["hi"]
    assert code(alice) == 1


# other ends


def test_a_lost_connection_is_said_with_the_texts_it_took_along() -> None:
    hub = Hub()
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.to_client = lambda conn, data: b"" if conn == bob.conn else data
    hub.type(alice, "@bob hi")
    hub._client(alice, ce.LineEntered("@eve ho"))
    hub.cut(alice)
    assert set(lost(alice)) == {"hi", "@eve ho"}
    assert isinstance(alice.views[-1], v.Closed)
    assert not alice.views[-1].orderly
    assert code(alice) == 3


def test_a_revoked_key_ends_as_refused() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.load_keys(KeyRing())
    assert code(alice) == 4


def test_after_the_end_nothing_happens_any_more() -> None:
    hub = Hub()
    alice = hub.join("alice")
    hub.type(alice, "quit")
    assert alice.core.next_deadline() is None
    for event in (ce.LineEntered("x"), io.Tick(), io.BytesReceived(0, b"x"), ce.LeaveRequested()):
        assert alice.core.handle(event) == []
    assert alice.core.flush() == []


def test_a_server_that_takes_nothing_is_not_read_until_it_does() -> None:
    """Else it could ask for PONGs without end, and never take one."""
    hub = Hub()
    core = hub.join("alice").core
    assert core.handle(io.Backlog(0, 1 * MIB)) == []
    assert core.handle(io.Backlog(0, 1 * MIB + 1)) == [io.PauseReading(0)]
    assert core.handle(io.Backlog(0, 2 * MIB)) == []
    assert core.handle(io.Backlog(0, 600_000)) == []
    assert core.handle(io.Backlog(0, 500_000)) == [io.ResumeReading(0)]
    assert core.handle(io.Backlog(0, 0)) == []


def test_errors_at_the_end_are_for_a_person() -> None:
    hub = Hub(authorized=())
    alice = hub.join("alice")
    assert isinstance(alice.error, RsachatError)
    assert alice.error.why
    assert alice.error.hint
