"""The newcomer's side: nothing before the proof, the secret after it, each end said in words."""

from __future__ import annotations

from rsachat.client.joining import JoinCore
from rsachat.errors import ConnectError, RefusedError
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.invitation import Invitation, hashed_secret
from rsachat.server.events import StopRequested
from rsachat.settings import AdmissionLimits, ClientSettings, ServerSettings
from tests.support import keys
from tests.support.bare import Bare
from tests.support.hub import Client, Hub

SECRET = bytes(range(16))
SERVER = keys.public("server").fingerprint


def invited() -> Hub:
    hub = Hub(authorized=())
    hub.invited[hashed_secret(SECRET)] = "alice"
    return hub


def joining(
    hub: Hub, name: str = "alice", server: bytes = SERVER, address: str | None = None
) -> Client:
    conn, address = hub.accept(address)
    invitation = Invitation(name, SECRET, server[:16])
    core = JoinCore(
        keys.private("alice"), invitation, "chat.example:8000", hub.ambient, ClientSettings()
    )
    client = hub.clients[conn] = Client(core, conn, address)  # type: ignore[arg-type]
    hub.settle()
    return client


def server_of(client: Client) -> object:
    return client.core.server  # type: ignore[attr-defined]


def test_an_invitation_lets_in() -> None:
    hub = invited()
    client = joining(hub)
    assert (client.finished, client.error) == (True, None)
    assert server_of(client) == keys.public("server")
    assert Bare(hub).welcome is not None
    assert client.core.next_deadline() is None


def test_a_wrong_invitation_is_a_refusal() -> None:
    hub = invited()
    client = joining(hub, "carol")
    assert isinstance(client.error, RefusedError)
    assert "rsachat invite" in client.error.hint
    assert server_of(client) is None


def test_another_server_gets_nothing_but_a_hello() -> None:
    hub = invited()
    sent: list[bytes] = []

    def tap(_conn: int, data: bytes) -> bytes:
        sent.append(data)
        return data

    hub.to_server = tap
    client = joining(hub, server=keys.public("bob").fingerprint)
    assert isinstance(client.error, RefusedError)
    what = "what answers at chat.example:8000 is not the server that the code names"
    assert client.error.what == what
    assert "nothing was sent" in client.error.why
    assert server_of(client) is None
    [hello] = sent
    assert hello.startswith(PREAMBLE)
    assert len(hello) == len(PREAMBLE) + 4 + int.from_bytes(hello[8:12], "big")
    assert len(hub.invited) == 1


def test_the_secret_is_sent_after_welcome_only() -> None:
    hub = invited()
    hub.hold_jobs = True
    client = joining(hub)
    assert not client.finished
    assert len(hub.invited) == 1
    hub.run_jobs()
    hub.settle()
    assert server_of(client) is not None


def test_a_yes_counts_even_if_the_goodbye_is_lost() -> None:
    hub = invited()
    client = joining(hub)
    hub._client(client, io.ConnectionLost(0, "connection reset"))
    assert client.error is None
    assert client.core.handle(io.EofReceived(0)) == []


def test_a_server_that_does_not_answer_is_left() -> None:
    hub = invited()
    hub.hold_jobs = True
    client = joining(hub)
    hub.server.handle = lambda event: []  # type: ignore[method-assign]
    hub.advance(11, step=1)
    assert isinstance(client.error, ConnectError)
    assert client.error.what == "the server chat.example:8000 gave no answer to the invitation"
    assert "in time" in client.error.why


def test_a_cut_before_the_answer_is_no_success() -> None:
    hub = invited()
    hub.hold_jobs = True
    client = joining(hub)
    hub.cut(client)
    assert isinstance(client.error, ConnectError)
    assert server_of(client) is None


def test_an_orderly_end_before_the_answer_is_no_success_either() -> None:
    hub = invited()
    join = 4 + 20 + 16  # length, message and tag of its record: it never arrives
    hub.to_server = lambda _conn, data: b"" if len(data) == join else data
    client = joining(hub)
    assert not client.finished
    hub.feed(StopRequested())
    assert isinstance(client.error, ConnectError)
    assert "ended the connection" in client.error.why
    assert len(hub.invited) == 1


def test_a_server_that_limits_says_so() -> None:
    hub = Hub(settings=ServerSettings(admission=AdmissionLimits(connects_burst=1)))
    for port in (4000, 4001):
        client = joining(hub, address=f"192.0.2.7:{port}")
    assert isinstance(client.error, ConnectError)
    assert codec.encode_payload(m.Alert(AlertCode.RATE)) in bytes(hub.raw[client.conn])


def test_a_server_in_trouble_leaves_the_invitation_as_it_is() -> None:
    hub = invited()
    hub.keys_trouble = True
    client = joining(hub)
    assert isinstance(client.error, ConnectError)
    assert client.error.what == "the server chat.example:8000 gave no answer to the invitation"
    assert client.error.why == "the server has trouble of its own"
    assert client.error.hint == "the same command can be repeated"
    hub.keys_trouble = False
    assert joining(hub).error is None
