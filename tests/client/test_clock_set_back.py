"""A wall clock that somebody sets back a day: what goes on, and what is refused and said."""

import pytest

from rsachat.client import views as v
from tests.support.hub import Client, Hub

DAY_MS = 24 * 3_600_000
MINUTE = 60.0


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def alice(hub: Hub) -> Client:
    return hub.join("alice")


@pytest.fixture
def bob(hub: Hub, alice: Client) -> Client:
    """In a session with alice, whose clock was set back meanwhile."""
    made = hub.join("bob")
    hub.type(alice, "@bob before")
    hub.advance(1)
    hub.clock.set_by_ms = -DAY_MS
    return made


def test_a_session_goes_on(hub: Hub, alice: Client, bob: Client) -> None:
    hub.type(alice, "@bob after")
    hub.advance(1)
    assert bob.texts() == ["before", "after"]
    assert len(alice.seen(v.Delivered)) == 2


def test_nobody_is_dropped_and_no_timer_fires(hub: Hub, alice: Client, bob: Client) -> None:
    hub.advance(200, step=1)
    assert not hub.closed
    assert not alice.finished
    assert not bob.finished


def test_keys_from_the_future_are_refused_and_said_until_new_ones_come(
    hub: Hub, alice: Client, bob: Client
) -> None:
    hub.type(bob, "@alice too early")
    hub.advance(1)
    assert alice.texts() == []
    assert "check the clock" in "".join(
        w.text for w in bob.seen(v.Warned) if isinstance(w, v.Warned)
    )
    assert len(bob.seen(v.Undelivered)) == 1
    hub.advance(MINUTE, step=1)
    hub.type(bob, "@alice a minute later")
    hub.advance(1)
    assert alice.texts() == ["a minute later"]
    assert len(bob.seen(v.Undelivered)) == 1
