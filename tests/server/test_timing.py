"""What the deadlines of a connection say, case by case."""

import pytest

from rsachat.protocol.codes import AlertCode
from rsachat.server.connection import Connection, Phase
from rsachat.server.timing import Overdue, Wait, look
from rsachat.settings import ServerSettings
from tests.support.bare import listed_connection
from tests.support.peers import Clock, ambient

SETTINGS = ServerSettings()


def connection(phase: Phase, **fields: object) -> Connection:
    conn = listed_connection(1, ambient(Clock()))
    conn.since = conn.last_input = conn.admitted_at = 100.0
    conn.phase = phase
    for name, value in fields.items():
        setattr(conn, name, value)
    return conn


@pytest.mark.parametrize("phase", [Phase.STRANGER, Phase.DECIDING, Phase.JOINING])
def test_a_stranger_has_ten_seconds_from_its_coming(phase: Phase) -> None:
    conn = connection(phase, last_input=109.0)
    assert look(conn, SETTINGS, 109.9) == Wait(110.0)
    assert look(conn, SETTINGS, 110.0) == Overdue(AlertCode.IDLE, "timed out")


def test_the_first_prekeys_are_due_three_seconds_after_welcome() -> None:
    conn = connection(Phase.UNLISTED, admitted_at=105.0)
    assert look(conn, SETTINGS, 107.0) == Wait(108.0)
    assert look(conn, SETTINGS, 108.0) == Overdue(AlertCode.IDLE, "timed out")


@pytest.mark.parametrize("phase", [Phase.LISTED, Phase.UPLOADING])
def test_silence_is_asked_about_and_then_ended(phase: Phase) -> None:
    conn = connection(phase)
    assert look(conn, SETTINGS, 120.0) == Wait(130.0)
    assert look(conn, SETTINGS, 130.0) == Wait(160.0, ping=True)
    assert look(conn, SETTINGS, 170.0) == Wait(190.0, ping=True)
    assert look(conn, SETTINGS, 190.0) == Overdue(AlertCode.IDLE, "it does not answer")


def test_who_is_not_read_is_not_silent_but_hears_that_the_server_lives() -> None:
    conn = connection(Phase.LISTED, paused=True)
    assert look(conn, SETTINGS, 500.0) == Wait(530.0, ping=True)


def test_a_socket_that_takes_nothing_for_thirty_seconds_is_dropped() -> None:
    conn = connection(Phase.LISTED, backlog=10, progress_at=105.0, last_input=130.0)
    assert look(conn, SETTINGS, 134.0) == Wait(135.0)
    assert look(conn, SETTINGS, 135.0) == Overdue(None, "it takes no bytes")
    conn.progress_at = 134.0  # one byte is enough
    assert look(conn, SETTINGS, 135.0) == Wait(160.0)


@pytest.mark.parametrize("paused", [False, True])
def test_no_wait_misses_the_time_at_which_a_socket_counts_as_stuck(paused: bool) -> None:
    conn = connection(Phase.LISTED, backlog=10, progress_at=131.0, paused=paused)
    assert look(conn, SETTINGS, 132.0) == Wait(161.0)
