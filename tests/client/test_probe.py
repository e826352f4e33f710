"""A first look at a server: its proven key, and nothing about oneself."""

from rsachat.client.events import Finished
from rsachat.client.probe import ProbeCore
from rsachat.protocol import io_events as io
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.hub import Client, Hub


def probe(hub: Hub) -> tuple[ProbeCore, Client]:
    conn, address = hub.accept()
    core = ProbeCore(keys.private("alice"), "127.0.0.1:8000", hub.ambient, ClientSettings())
    client = hub.clients[conn] = Client(core, conn, address)  # type: ignore[arg-type]
    hub.settle()
    return core, client


def test_it_learns_the_key_and_leaves_in_silence() -> None:
    hub = Hub()
    core, client = probe(hub)
    assert client.finished
    assert client.error is None
    assert core.key == keys.public("server")
    assert hub.server.clients == 0
    assert not hub.to_client(0, b"")


def test_what_is_no_server_gives_no_key() -> None:
    hub = Hub()
    hub.to_client = lambda _conn, _data: b"SSH-2.0-OpenSSH_9.2\r\n"
    core, client = probe(hub)
    assert core.key is None
    assert client.error is not None
    assert client.error.exit_code == 3


def test_a_server_that_says_nothing_is_given_ten_seconds() -> None:
    hub = Hub()
    hub.to_server = lambda _conn, _data: b""
    core, client = probe(hub)
    hub.advance(11, step=1)
    assert client.finished
    assert client.error is not None
    assert client.error.exit_code == 3
    assert core.next_deadline() is None


def test_a_cut_is_an_error_and_what_concerns_no_connection_is_ignored() -> None:
    hub = Hub()
    core = ProbeCore(keys.private("alice"), "127.0.0.1:8000", hub.ambient, ClientSettings())
    assert core.handle(io.Backlog(0, 5)) == []
    *_, close, finished = core.handle(io.ConnectionLost(0, "reset"))
    assert isinstance(close, io.CloseConnection)
    assert isinstance(finished, Finished)
    assert finished.error is not None
    assert core.handle(io.EofReceived(0)) == []
