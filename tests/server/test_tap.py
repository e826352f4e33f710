"""The tap: what a server can show of what it relays, and that it is no more than ciphertext."""

from rsachat.client import views as v
from rsachat.server.notices import Relayed
from rsachat.settings import ServerSettings
from tests.support.hub import Hub


def test_the_tap_shows_the_envelope_that_the_recipient_opened() -> None:
    hub = Hub(settings=ServerSettings(tap=True))
    alice, bob = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob the canary sings")
    (arrived,) = bob.seen(v.Message)
    assert isinstance(arrived, v.Message)
    seen = {x.sha256: x for x in hub.notices if isinstance(x, Relayed)}
    relayed = seen[arrived.envelope]
    assert (relayed.sender, relayed.recipient) == ("alice", "bob")
    assert relayed.size == 21 + 32 + 128  # header, tag, one padded block
    assert b"canary" not in bytes.fromhex(relayed.begins)
    assert "canary" not in "".join(notice.line.plain for notice in hub.notices)


def test_without_it_nothing_is_told_of_what_passes() -> None:
    hub = Hub()
    alice, _ = hub.join("alice"), hub.join("bob")
    hub.type(alice, "@bob hello")
    assert not any(isinstance(notice, Relayed) for notice in hub.notices)
