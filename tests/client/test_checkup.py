"""A login to look at a server: what it learns, and that nobody notices."""

import pytest

from rsachat.client import views as v
from rsachat.client.checkup import CheckupCore
from rsachat.server.notices import Connected
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.hub import Client, Hub

SERVER = keys.public("server").fingerprint


def checkup(hub: Hub, key: str = "alice", pin: bytes = SERVER) -> tuple[CheckupCore, Client]:
    conn, address = hub.accept()
    core = CheckupCore(keys.private(key), "127.0.0.1:8000", pin, hub.ambient, ClientSettings())
    client = hub.clients[conn] = Client(core, conn, address)  # type: ignore[arg-type]
    hub.settle()
    return core, client


def test_it_learns_its_name_and_the_clock_there_and_leaves() -> None:
    hub = Hub()
    bob = hub.join("bob")
    core, client = checkup(hub)
    assert client.finished
    assert client.error is None
    assert core.welcome is not None
    assert core.welcome.name == "alice"
    assert (core.clock_ms, core.seconds) == (0, 0.0)
    assert [notice.name for notice in hub.notices if isinstance(notice, Connected)] == ["bob"]
    assert not bob.seen(v.Joined)


@pytest.mark.parametrize(
    ("key", "pin"), [("bob", SERVER), ("alice", keys.public("bob").fingerprint)]
)
def test_a_login_that_fails_is_the_error_of_a_client(key: str, pin: bytes) -> None:
    hub = Hub(authorized=("alice",))
    core, client = checkup(hub, key, pin)
    assert core.welcome is None
    assert client.error is not None
    assert client.error.exit_code == 4


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    hub = Hub()
    hub.to_server = lambda _conn, _data: b""
    core, client = checkup(hub)
    hub.advance(11, step=1)
    assert client.finished
    assert core.welcome is None
    assert client.error is not None
    assert client.error.exit_code == 3
