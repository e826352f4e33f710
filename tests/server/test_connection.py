"""The phases of a connection, and what a new one holds."""

from rsachat.server.connection import LOGGED_IN, Phase
from tests.support.bare import listed_connection
from tests.support.peers import Clock, ambient


def test_only_who_has_proven_a_key_is_logged_in() -> None:
    assert {Phase.UNLISTED, Phase.LISTED, Phase.UPLOADING} == LOGGED_IN


def test_connections_are_told_apart_by_themselves_and_not_by_what_they_hold() -> None:
    first, second = (listed_connection(1, ambient(Clock())) for _ in range(2))
    assert first == first
    assert first != second
    assert first.outbox is not second.outbox
