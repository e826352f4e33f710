"""The key a person has now, asked of a server without being seen by anybody."""

from rsachat.client import views as v
from rsachat.client.core import Login
from rsachat.client.lookup import LookupCore
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.hub import Client, Hub


def look_up(hub: Hub, name: str, key: str = "alice") -> tuple[LookupCore, Client]:
    conn, address = hub.accept()
    server = keys.public("server").fingerprint
    login = Login(keys.private(key), "", "127.0.0.1:8000", server)
    core = LookupCore(login, name, hub.ambient, ClientSettings())
    client = hub.clients[conn] = Client(core, conn, address)  # type: ignore[arg-type]
    hub.settle()
    return core, client


def test_it_finds_the_key_and_nobody_sees_it() -> None:
    hub = Hub()
    bob = hub.join("bob")
    core, client = look_up(hub, "bob")
    assert (client.finished, client.error) == (True, None)
    assert core.key == keys.public("bob")
    assert not bob.seen(v.Joined)
    assert hub.server.clients == 1
    assert core.next_deadline() is None


def test_who_is_not_there_cannot_be_looked_up() -> None:
    core, client = look_up(Hub(), "bob")
    assert core.key is None
    assert client.error is not None
    assert (client.error.exit_code, client.error.what) == (
        1,
        "bob is not connected to 127.0.0.1:8000",
    )


def test_a_refused_login_is_the_error() -> None:
    _, client = look_up(Hub(authorized=("bob",)), "bob")
    assert client.error is not None
    assert client.error.exit_code == 4


def test_a_bundle_of_another_name_is_refused() -> None:
    """The server hands out a bundle whose owner signs another name."""
    hub = Hub()
    hub.join("bob")
    listed = next(iter(hub.server._directory))
    listed.bundle = listed.bundle.replace(b"\x03bob", b"\x03bab")
    core, client = look_up(hub, "bob")
    assert core.key is None
    assert client.error is not None
    assert client.error.exit_code == 4
    assert client.error.what == "the key of bob cannot be looked up"
