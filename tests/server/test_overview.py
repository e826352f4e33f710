"""The server's core as others see it."""

from tests.support.hub import WALL_MS, Hub


def test_a_screen_and_a_collector_see_the_same_server() -> None:
    hub = Hub()
    hub.join("alice")
    hub.clock.now += 60
    overview = hub.server.overview
    snapshot, metrics = overview.snapshot("127.0.0.1:8000", "openssl"), overview.metrics()
    assert snapshot.clients == metrics.clients == hub.server.clients == 1
    assert snapshot.authorized == metrics.authorized == 3
    assert snapshot.started == WALL_MS
    assert metrics.uptime == 60.0


def test_what_was_shown_does_not_change_afterwards() -> None:
    hub = Hub()
    hub.join("alice")
    before = hub.server.overview.metrics()
    hub.join("bob")
    assert before.logins["chat"] == 1
    assert hub.server.overview.metrics().logins["chat"] == 2
