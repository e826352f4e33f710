"""How errors read."""

import io

import pytest

from rsachat.errors import KeyFileError, RsachatError
from rsachat.ui.report import error_lines, report, trace_lines
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import COLOUR, Tty

ERROR = KeyFileError("no identity 'client' in ./keys", why="there are none", hint="rsachat keygen")
PLAIN = "rsachat: no identity 'client' in ./keys\nthere are none\nhint: rsachat keygen\n"


def test_an_error_has_three_parts() -> None:
    stream = io.StringIO()
    report(ERROR, stream, COLOUR)
    assert stream.getvalue() == PLAIN


def test_parts_that_are_not_known_are_left_out() -> None:
    assert error_lines(RsachatError("it failed")) == ["rsachat: it failed"]


def test_a_terminal_gets_colour_unless_it_is_unwanted() -> None:
    stream = Tty()
    report(ERROR, stream, COLOUR)
    assert stream.getvalue().startswith("\x1b[1;31mrsachat:\x1b[0m no identity")
    assert "\x1b[36mhint:\x1b[0m rsachat keygen\n" in stream.getvalue()
    report(ERROR, quiet := Tty(), COLOUR | {"NO_COLOR": "1"})
    assert quiet.getvalue() == PLAIN


def test_a_closed_stream_is_no_second_error() -> None:
    stream = io.StringIO()
    stream.close()
    report(ERROR, stream, COLOUR)


def test_further_lines_cannot_pass_for_a_hint() -> None:
    lines = error_lines(RsachatError("it said: x\nhint: rm -rf /"))
    assert lines == ["rsachat: it said: x", "  hint: rm -rf /"]


def test_several_reasons_stand_under_each_other() -> None:
    lines = error_lines(RsachatError("it has changed", why="expected a\nfound    b"))
    assert lines == ["rsachat: it has changed", "  expected a", "  found    b"]


def raised(error: RsachatError) -> RsachatError:
    try:
        raise error from OSError(error.what)
    except RsachatError as caught:
        return caught


def test_a_traceback_stands_before_the_error() -> None:
    stream = io.StringIO()
    report(ERROR, stream, COLOUR, trace=raised(RsachatError("it broke")))
    trace = stream.getvalue().removesuffix(PLAIN)
    assert trace.startswith("OSError: it broke\n")
    assert "Traceback (most recent call last):\n" in trace
    assert trace.endswith("rsachat.errors.RsachatError: it broke\n")


def test_an_error_that_was_never_raised_shows_where_it_is_told() -> None:
    first, *places, last = trace_lines(RsachatError("it broke"))
    assert first == "Traceback (most recent call last):"
    assert "test_report.py" in "".join(places)
    assert last == "rsachat.errors.RsachatError: it broke"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_in_an_error_are_safe(text: str) -> None:
    trace = trace_lines(raised(RsachatError(text)))
    for line in error_lines(RsachatError(text, why=text, hint=text)) + trace:
        assert all(is_safe(character) or character in "\u200c\u200d" for character in line)
