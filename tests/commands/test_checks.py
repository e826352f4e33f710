"""Rows of `doctor`: how they read, and what an error becomes."""

import pytest

from rsachat.commands.checks import Check, Report, State
from rsachat.errors import Interrupted, KeyFileError
from tests.support.checked import new_report, only


def test_a_row_says_what_to_do_on_a_line_of_its_own() -> None:
    bad = Check("port", "127.0.0.1:8000", State.FAIL, "taken", "choose another")
    assert bad.lines == ["fail  port 127.0.0.1:8000: taken", "      do: choose another"]
    good = Check("port", "127.0.0.1:8000", State.OK, "free")
    assert good.lines == ["ok    port 127.0.0.1:8000: free"]
    assert good.as_json()["todo"] is None
    assert bad.as_json()["state"] == "fail"


def test_each_is_shown_as_soon_as_it_is_found() -> None:
    shown: list[Check] = []
    report = Report(shown.append)
    report.ok("a", "x", "fine")
    assert len(shown) == 1
    report.warn("b", "x", "hm", "look")
    report.fail("c", "x", "bad", "mend")
    assert [report.count(state) for state in State] == [1, 1, 1]
    assert shown == report.checks


def test_an_error_is_a_row_and_an_interruption_the_end() -> None:
    report = new_report()
    with report.trouble("key", "alice"):
        raise KeyFileError("cannot read it", why="Permission denied", hint="ls -l")
    check = only(report)
    assert (check.found, check.todo) == ("cannot read it; Permission denied", "ls -l")
    with pytest.raises(Interrupted), report.trouble("key", "alice"):
        raise Interrupted("interrupted")
