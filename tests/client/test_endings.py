"""What each way of ending means for a person, and for the exit code."""

import pytest

from rsachat.client.channel import End, Ended
from rsachat.client.endings import changed_own_name, ending_error
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.protocol.codes import AlertCode
from tests.support import keys

SERVER = "chat.example:8000"


@pytest.mark.parametrize(
    "ended",
    [Ended(End.CLOSED, True), Ended(End.ALERT, True, code=AlertCode.SHUTDOWN)],
)
def test_an_end_that_the_server_said_in_order_is_no_error(ended: Ended) -> None:
    assert ending_error(ended, SERVER, None) is None


def test_an_error_of_the_servers_own_is_called_that() -> None:
    error = ending_error(Ended(End.ALERT, True, code=AlertCode.INTERNAL), SERVER, None)
    assert error is not None
    assert error.why == "the server has trouble of its own"
    assert error.hint == "try again in a moment; its log says more to who runs it"


@pytest.mark.parametrize(
    ("ended", "exit_code"),
    [
        (Ended(End.REFUSED, False, code=AlertCode.NOT_AUTHORIZED), 4),
        (Ended(End.REFUSED, False, code=AlertCode.NAME), 4),
        (Ended(End.REFUSED, False, code=AlertCode.AUTH), 4),
        (Ended(End.REFUSED, False, code=AlertCode.REVOKED), 4),
        (Ended(End.ALERT, True, code=AlertCode.REVOKED), 4),
        (Ended(End.REFUSED, False, code=AlertCode.BUSY), 3),
        (Ended(End.REFUSED, False, code=AlertCode.RATE), 3),
        (Ended(End.REFUSED, False, code=AlertCode.SHUTDOWN), 3),
        (Ended(End.REFUSED, False, code=AlertCode.INTERNAL), 3),
        (Ended(End.REFUSED, False, code=77), 3),
        (Ended(End.ALERT, True, code=AlertCode.IDLE), 3),
        (Ended(End.TIMED_OUT, False), 3),
        (Ended(End.TIMED_OUT, True), 3),
        (Ended(End.BROKEN, False, detail="x"), 3),
        (Ended(End.BROKEN, True, detail="x"), 3),
        (Ended(End.CUT, False), 3),
        (Ended(End.CUT, True), 3),
        (Ended(End.CLOSED, False), 3),
    ],
)
def test_every_other_end_says_what_why_and_what_to_do(ended: Ended, exit_code: int) -> None:
    error = ending_error(ended, SERVER, None)
    assert error is not None
    assert error.exit_code == exit_code
    assert SERVER in error.what
    assert error.why
    assert error.hint


def test_another_version_is_named_with_this_one() -> None:
    error = ending_error(Ended(End.REFUSED, False, None, AlertCode.VERSION, (2, 3)), SERVER, None)
    assert error is not None
    assert error.exit_code == 3
    assert error.why == "it speaks protocol version 2, 3, this program version 1"


def test_a_changed_server_key_is_named_with_the_one_expected() -> None:
    pin, found = keys.public("server").fingerprint, keys.public("bob")
    error = ending_error(Ended(End.CHANGED, False, found), SERVER, pin)
    assert error is not None
    assert error.exit_code == 4
    assert fingerprint_text(pin) in error.why
    assert fingerprint_text(found.fingerprint) in error.why
    assert "someone may be in between" in error.why


def test_another_own_name_is_refused_with_both_named() -> None:
    error = changed_own_name(SERVER, "alice", "mallory")
    assert error.exit_code == 4
    what = f"the server {SERVER} calls this key mallory; it was alice before"
    assert error.what == what
